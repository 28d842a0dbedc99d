using System.Buffers;
using System.IO.Pipelines;

namespace Skiff.Layers.Compression;

/// <summary>
/// The reading end of a pipe as a blocking stream, for decompressors that pull. Holds one read result until it is used
/// up, so that small reads cost a copy and no lock. Does not complete the reader.
/// </summary>
internal sealed class PipeSource(PipeReader reader) : Stream
{
    private ReadOnlySequence<byte> _buffer;
    private bool _holds;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set =>
        throw new NotSupportedException(); }

    /// <summary>Blocks until there are bytes; 0 at the end. What broke the writer is thrown here.</summary>
    public override int Read(Span<byte> destination)
    {
        while (_buffer.IsEmpty)
        {
            if (_holds) reader.AdvanceTo(_buffer.End);
            ReadResult result = Blocking.Wait(reader.ReadAsync());
            (_buffer, _holds) = (result.Buffer, true);
            if (_buffer.IsEmpty && result.IsCompleted) return 0;
        }
        ReadOnlySpan<byte> first = _buffer.FirstSpan;
        int count = Math.Min(first.Length, destination.Length);
        first[..count].CopyTo(destination);
        _buffer = _buffer.Slice(count);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
