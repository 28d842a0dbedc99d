using Skiff.Layers.Content;

namespace Skiff.Layers.Archives;

/// <summary>A stream whose first bytes were read, to look at them, and come first again. Owns the stream.</summary>
internal sealed class PeekedStream(ReadOnlyMemory<byte> head, Stream rest) : ForwardStream
{
    private ReadOnlyMemory<byte> _head = head;
    private long _position;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = Math.Min(count, _head.Length);
        if (read == 0) read = rest.Read(buffer, offset, count);
        else _head[..read].CopyTo(buffer.AsMemory(offset));
        _head = _head[Math.Min(read, _head.Length)..];
        _position += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) rest.Dispose();
        base.Dispose(disposing);
    }
}
