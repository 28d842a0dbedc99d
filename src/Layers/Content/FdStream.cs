using Skiff.Interop;

namespace Skiff.Layers.Content;

/// <summary>
/// A file as a stream to read front to back, for those who want one: decompressors and the wire. Owns the descriptor.
/// </summary>
/// <param name="fd">The file.</param>
/// <param name="most">Where it ends, if before the file does.</param>
internal sealed class FdStream(Fd fd, long? most = null) : ForwardStream
{
    private long _position;

    public override long Length => most ?? Files.Stat(fd).Size;
    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        if (most is { } end && end - _position < buffer.Length) buffer = buffer[..(int)(end - _position)];
        int count = Files.Read(fd, buffer);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) fd.Dispose();
        base.Dispose(disposing);
    }
}
