using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Compression;

/// <summary>
/// Decompresses what is pushed through it, whatever it is by its first bytes (gzip, zstd, or nothing of both), for
/// callers that have no pipe and no threads.
/// </summary>
/// <param name="plain">Gets the plain bytes.</param>
/// <param name="limits">How much a zstd frame may ask for.</param>
internal sealed class DecodingSink(TarSink plain, IngestLimits limits) : IDisposable
{
    private readonly byte[] _output = new byte[64 << 10];
    private readonly byte[] _head = new byte[CompressionMagic.Length];
    private int _headLength;
    private IBlobDecoder? _decoder;

    /// <summary>Takes the next compressed bytes.</summary>
    /// <exception cref="ImageException">They are malformed.</exception>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (_decoder is null)
        {
            int missing = Math.Min(bytes.Length, _head.Length - _headLength);
            bytes[..missing].CopyTo(_head.AsSpan(_headLength));
            _headLength += missing;
            if (_headLength < _head.Length) return;
            Start();
            bytes = bytes[missing..];
        }
        Decode(bytes);
    }

    /// <summary>Says that there are no more bytes.</summary>
    /// <exception cref="ImageException">They end early.</exception>
    internal void Complete()
    {
        if (_decoder is null) Start();
        if (!_decoder!.IsComplete) throw Malformed("it ends early");
    }

    /// <inheritdoc/>
    public void Dispose() => (_decoder as IDisposable)?.Dispose();

    private void Start()
    {
        ReadOnlySpan<byte> head = _head.AsSpan(0, _headLength);
        _decoder = BlobDecoder.For(CompressionMagic.Detect(head), limits);
        Decode(head);
    }

    private void Decode(ReadOnlySpan<byte> input)
    {
        InflateStatus status;
        do
        {
            status = _decoder!.Decode(input, out int read, _output, out int written);
            if (status == InflateStatus.Malformed) throw Malformed(_decoder.Fault!);
            input = input[read..];
            plain(_output.AsSpan(0, written));
        }
        while (status != InflateStatus.NeedsInput);
    }

    private ImageException Malformed(string fault) =>
        new($"malformed {_decoder!.Kind.ToString().ToLowerInvariant()} data: {fault}");
}
