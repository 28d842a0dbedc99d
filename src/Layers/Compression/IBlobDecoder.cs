namespace Skiff.Layers.Compression;

/// <summary>
/// Turns a blob's bytes into plain ones, a buffer at a time. Can stop at any byte of its input and of its output.
/// </summary>
public interface IBlobDecoder
{
    /// <summary>What it decodes.</summary>
    CompressionKind Kind { get; }

    /// <summary>Plain bytes so far, from the blob's beginning.</summary>
    long PlainBytes { get; }

    /// <summary>Why the data was refused, in a few words.</summary>
    string? Fault { get; }

    /// <summary>Whether the blob may end here.</summary>
    bool IsComplete { get; }

    /// <summary>
    /// Decodes until the input is used up (<see cref="InflateStatus.NeedsInput"/>; whether more has to come tells
    /// <see cref="IsComplete"/>), or the output is full (<see cref="InflateStatus.NeedsOutput"/>). Bytes of
    /// <paramref name="output"/> behind <paramref name="written"/> may be overwritten.
    /// </summary>
    InflateStatus Decode(ReadOnlySpan<byte> input, out int read, Span<byte> output, out int written);

    /// <summary>
    /// A place from which decoding can be taken up again: here, or further back among the plain bytes that the last
    /// <see cref="Decode"/> has written. False if there is none.
    /// </summary>
    bool TryGetCheckpoint(out DecoderCheckpoint checkpoint);
}
