using System.Buffers;
using System.Numerics;
using Skiff.Layers.Tar;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Skiff.Layers.Compression;

/// <summary>
/// Decodes zstd (RFC 8878): frames one after the other, skippable ones passed over. A blob of one frame, as most are,
/// can only be taken up again from its beginning: what the library has learned within a frame cannot be written down.
/// </summary>
/// <param name="checkpoint">Where it begins.</param>
/// <param name="windowBytes">Most memory that a frame may ask for; a hostile one asks for up to 2 GiB.</param>
internal sealed class ZstdDecoder(DecoderCheckpoint checkpoint, long windowBytes) : IBlobDecoder, IDisposable
{
    // What the library takes for its limit.
    private const int MinWindowLog = 10, MaxWindowLog = 31;

    private readonly Decompressor _zstd = Open(windowBytes);
    private readonly ZstdFrames _frames = new();
    private DecoderCheckpoint? _checkpoint;
    private long _read = checkpoint.CompressedOffset, _written = checkpoint.PlainOffset;

    // Bytes to come that are known to belong to this frame.
    private int _ahead;
    private long _frameStart = checkpoint.PlainOffset;

    public CompressionKind Kind => CompressionKind.Zstd;

    public long PlainBytes => _written;

    public string? Fault { get; private set; }

    public bool IsComplete => _frames.AtEnd && _ahead == 0;

    public InflateStatus Decode(ReadOnlySpan<byte> input, out int read, Span<byte> output, out int written)
    {
        (read, written, _checkpoint) = (0, 0, null);
        if (Fault is not null) return InflateStatus.Malformed;
        do
        {
            if (!TryStep(input[read..], ref read, output[written..], ref written)) return InflateStatus.Malformed;
        }
        while (read < input.Length && written < output.Length);
        return written == output.Length ? InflateStatus.NeedsOutput : InflateStatus.NeedsInput;
    }

    public bool TryGetCheckpoint(out DecoderCheckpoint checkpoint)
    {
        checkpoint = _checkpoint.GetValueOrDefault();
        return _checkpoint is not null;
    }

    public void Dispose() => _zstd.Dispose();

    // Up to the end of the frame; the library by itself would run on into the next one.
    private bool TryStep(ReadOnlySpan<byte> input, ref int read, Span<byte> output, ref int written)
    {
        if (_ahead == 0) _ahead = _frames.Scan(input);
        // The library only knows powers of two, and keeps its reason for a refusal to itself.
        if (_frames.WindowBytes > (ulong)windowBytes)
            throw IngestLimits.Exceeded(
                "zstd-window", windowBytes, "malformed zstd data: a frame asks for a larger window");
        int most = Math.Min(_ahead, input.Length);
        OperationStatus status = _zstd.UnwrapStream(input[..most], output, out int taken, out int given);
        (read, written, _ahead) = (read + taken, written + given, _ahead - taken);
        (_read, _written) = (_read + taken, _written + given);
        if (status == OperationStatus.InvalidData) Fault = "a frame is damaged";
        // The library keeps the last byte of a frame back until all that it holds has been given.
        else if (taken > 0 && IsComplete) EndFrame();
        return Fault is null;
    }

    // Of a frame whose last block is empty the library compares the size in some calls and not in others.
    private void EndFrame()
    {
        if (_frames.ContentBytes is { } expected && expected != (ulong)(_written - _frameStart))
            Fault = $"a frame has the wrong size: expected {expected} bytes, got {_written - _frameStart}";
        else
            _checkpoint = DecoderCheckpoint.Boundary(Kind, _read, _written);
        _frameStart = _written;
    }

    private static Decompressor Open(long windowBytes)
    {
        var zstd = new Decompressor();
        int log = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((ulong)windowBytes));
        zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, Math.Clamp(log, MinWindowLog, MaxWindowLog));
        return zstd;
    }
}
