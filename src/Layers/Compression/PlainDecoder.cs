namespace Skiff.Layers.Compression;

/// <summary>A blob that is not compressed: copies.</summary>
/// <param name="checkpoint">Where it begins.</param>
internal sealed class PlainDecoder(DecoderCheckpoint checkpoint) : IBlobDecoder
{
    private DecoderCheckpoint _checkpoint = checkpoint;

    public CompressionKind Kind => CompressionKind.None;

    public long PlainBytes => _checkpoint.PlainOffset;

    public string? Fault => null;

    public bool IsComplete => true;

    public InflateStatus Decode(ReadOnlySpan<byte> input, out int read, Span<byte> output, out int written)
    {
        read = written = Math.Min(input.Length, output.Length);
        input[..read].CopyTo(output);
        _checkpoint = DecoderCheckpoint.Boundary(
            Kind, _checkpoint.CompressedOffset + read, _checkpoint.PlainOffset + written);
        return read == input.Length ? InflateStatus.NeedsInput : InflateStatus.NeedsOutput;
    }

    public bool TryGetCheckpoint(out DecoderCheckpoint checkpoint)
    {
        checkpoint = _checkpoint;
        return true;
    }
}
