namespace Skiff.Layers.Compression;

/// <summary>Why <see cref="Inflater.Run"/> has returned.</summary>
public enum InflateStatus
{
    /// <summary>All input is used up in the middle of a block.</summary>
    NeedsInput,

    /// <summary>All output is filled in the middle of a block.</summary>
    NeedsOutput,

    /// <summary>A block has ended and another follows.</summary>
    BlockEnd,

    /// <summary>The last block has ended; what follows starts at the next byte.</summary>
    StreamEnd,

    /// <summary>The data is not DEFLATE; <see cref="Inflater.Fault"/> says why. Final.</summary>
    Malformed,
}
