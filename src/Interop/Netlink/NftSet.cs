namespace Skiff.Interop.Netlink;

/// <summary>The form of a set or map. Fields of a concatenated key or value are padded to 4 bytes each.</summary>
public readonly record struct NftSet
{
    /// <summary>The name, unique in its table.</summary>
    public required string Name { get; init; }

    /// <summary>The key's fields, in order.</summary>
    public required NftDataType[] Key { get; init; }

    /// <summary>The value's fields; empty for a set. <see cref="NftDataType.Verdict"/> alone: a chain.</summary>
    public NftDataType[] Value { get; init; }

    /// <summary>
    /// Elements are the boundaries of ranges: a start, and an end marked as such that is not part of it. With several
    /// fields an element has the last of its range beside the first (Linux 5.6).
    /// </summary>
    public bool IsInterval { get; init; }

    /// <summary>Elements may go by themselves after a time of their own.</summary>
    public bool HasTimeouts { get; init; }
}
