namespace Skiff.Layers.Content;

/// <summary>A stream that is read once, front to back.</summary>
internal abstract class ForwardStream : SequentialStream
{
    public sealed override bool CanRead => true;
    public sealed override bool CanWrite => false;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
}
