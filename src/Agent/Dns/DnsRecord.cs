using System.Buffers.Binary;

namespace Skiff.Agent.Dns;

/// <summary>Where one resource record is in a message, and its fixed fields (RFC 1035 4.1.3).</summary>
internal readonly struct DnsRecord
{
    private const int FixedBytes = 10, TtlOffset = 4, LengthOffset = 8;

    /// <summary>Where its owner's name begins.</summary>
    public required int Start { get; init; }

    /// <summary>Where its name ends and its fixed fields begin.</summary>
    public required int Fields { get; init; }

    /// <summary>Its type.</summary>
    public required DnsType Type { get; init; }

    /// <summary>Its class; in OPT, the sender's size of UDP messages.</summary>
    public required ushort Class { get; init; }

    /// <summary>Seconds, as they are; in OPT, more of the response code, version and flags.</summary>
    public required uint Ttl { get; init; }

    /// <summary>What comes after it.</summary>
    public required int End { get; init; }

    /// <summary>Where its data begin.</summary>
    public int Data => Fields + FixedBytes;

    /// <summary>Where its TTL is.</summary>
    public int TtlAt => Fields + TtlOffset;

    /// <summary>
    /// Reads the record at <paramref name="position"/> and goes past it; what its name and its data say is not looked
    /// at.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int position, out DnsRecord record)
    {
        record = default;
        int start = position, fields = position;
        if (!DnsName.TrySkip(message, ref fields) || fields + FixedBytes > message.Length) return false;
        int end = fields + FixedBytes + DnsHeader.Get(message, fields + LengthOffset);
        if (end > message.Length) return false;
        record = new DnsRecord
        {
            Start = start,
            Fields = fields,
            Type = (DnsType)DnsHeader.Get(message, fields),
            Class = DnsHeader.Get(message, fields + 2),
            Ttl = BinaryPrimitives.ReadUInt32BigEndian(message[(fields + TtlOffset)..]),
            End = end,
        };
        position = end;
        return true;
    }

    /// <summary>
    /// Whether its name can be read, and its data as well where they are of a type that clients take apart.
    /// </summary>
    /// <param name="message">The whole message.</param>
    /// <param name="starts">Where labels begin, of this record's names as well afterwards.</param>
    public bool IsSound(ReadOnlySpan<byte> message, Span<byte> starts)
    {
        Span<byte> scratch = stackalloc byte[DnsName.MaxBytes];
        int position = Start;
        if (!DnsName.TryRead(message, ref position, scratch, out _, starts)) return false;
        ReadOnlySpan<byte> upToEnd = message[..End];
        position = Data;
        return Type switch
        {
            DnsType.A => End - Data == 4,
            DnsType.AAAA => End - Data == 16,
            DnsType.NS or DnsType.CNAME or DnsType.PTR or DnsType.DNAME =>
                DnsName.TryRead(upToEnd, ref position, scratch, out _, starts) && position == End,
            DnsType.MX => IsNameAfter(upToEnd, 2, scratch, starts),
            DnsType.SRV => IsNameAfter(upToEnd, 6, scratch, starts),
            DnsType.SOA => DnsName.TryRead(upToEnd, ref position, scratch, out _, starts)
                && DnsName.TryRead(upToEnd, ref position, scratch, out _, starts) && End - position == 20,
            DnsType.TXT => AreTexts(message[Data..End]),
            _ => true,
        };
    }

    private bool IsNameAfter(ReadOnlySpan<byte> message, int bytes, Span<byte> scratch, Span<byte> starts)
    {
        int position = Data + bytes;
        return position < End && DnsName.TryRead(message, ref position, scratch, out _, starts) && position == End;
    }

    private static bool AreTexts(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return false;
        while (!data.IsEmpty)
        {
            if (data[0] >= data.Length) return false;
            data = data[(data[0] + 1)..];
        }
        return true;
    }
}
