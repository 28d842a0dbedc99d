namespace Skiff.System.Tests;

/// <summary>What a <see cref="FaultProxy"/> makes go wrong.</summary>
public enum LinkFault
{
    /// <summary>A connection falls silent in the middle of a blob.</summary>
    Stall,

    /// <summary>A connection is reset in the middle of a blob.</summary>
    Cut,

    /// <summary>Each kind of request is first answered by 429, with a second in Retry-After.</summary>
    TooManyRequests,

    /// <summary>Each kind of request is first answered by 503.</summary>
    ServerError,

    /// <summary>One byte of a blob is another one.</summary>
    WrongBytes,

    /// <summary>All blobs share 64 kB/s.</summary>
    Slow,
}
