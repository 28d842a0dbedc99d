using Skiff.Interop;

namespace Skiff.Layers.Content;

/// <summary>
/// A file as a stream to read front to back, for those who want one: decompressors and the wire. Owns the descriptor.
/// </summary>
/// <param name="fd">The file.</param>
/// <param name="head">What was read of it before, to look at it; comes first.</param>
/// <param name="most">Where it ends, if before the file does.</param>
internal sealed class FdStream(Fd fd, ReadOnlyMemory<byte> head = default, long? most = null) : Stream
{
    private ReadOnlyMemory<byte> _head = head;
    private long _position;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => most ?? Files.Stat(fd).Size;
    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        if (most is { } end && end - _position < buffer.Length) buffer = buffer[..(int)(end - _position)];
        int count = Math.Min(buffer.Length, _head.Length);
        if (count == 0) count = Files.Read(fd, buffer);
        else _head.Span[..count].CopyTo(buffer);
        _head = _head[Math.Min(count, _head.Length)..];
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) fd.Dispose();
        base.Dispose(disposing);
    }
}
