namespace Skiff.Agent.Dns;

/// <summary>
/// What makes two questions the same: name in lower case, type, class, and the flags that change answers.
/// </summary>
internal static class QuestionKey
{
    /// <summary>The most bytes of a key.</summary>
    public const int MaxBytes = DnsName.MaxBytes + 5;

    /// <summary>Appends the rest to the name that <paramref name="key"/> begins with; the key's length.</summary>
    public static int Complete(Span<byte> key, in DnsQuery query)
    {
        Span<byte> rest = key[query.NameLength..];
        DnsHeader.Set(rest, 0, (int)query.Type);
        DnsHeader.Set(rest, 2, query.Class);
        rest[4] = (byte)((query.DnssecOk ? 1 : 0) | (query.RecursionDesired ? 0 : 2) | query.Flags & DnsHeader.CD);
        return query.NameLength + 5;
    }

    /// <summary>A hash (FNV-1a) that outsiders cannot foresee.</summary>
    public static uint Hash(ReadOnlySpan<byte> key, uint seed)
    {
        uint hash = 2166136261 ^ seed;
        foreach (byte b in key) hash = (hash ^ b) * 16777619;
        return hash ^ hash >> 15;
    }
}
