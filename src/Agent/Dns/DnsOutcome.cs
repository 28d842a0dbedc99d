namespace Skiff.Agent.Dns;

/// <summary>What came of a question that others were asked.</summary>
internal readonly ref struct DnsOutcome
{
    /// <summary>An answer (<see cref="StoredAnswer"/>); empty when there is none.</summary>
    public ReadOnlySpan<byte> Answer { get; init; }

    /// <summary>How many seconds old the answer is.</summary>
    public uint Age { get; init; }

    /// <summary>Seconds that its records have at least.</summary>
    public uint LeastTtl { get; init; }

    /// <summary>Without an answer: why.</summary>
    public DnsResponseCode Failure { get; init; }

    /// <summary>Without an answer: there is one that we could not get whole; a client may try it by TCP.</summary>
    public bool IsTruncated { get; init; }
}
