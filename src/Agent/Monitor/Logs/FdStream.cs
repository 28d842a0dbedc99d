using Skiff.Interop;
using Skiff.Layers.Content;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>A descriptor as a stream, for compressors. Does not own it.</summary>
internal sealed class FdStream(Fd fd) : SequentialStream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => Files.Read(fd, buffer);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => Files.WriteAll(fd, buffer);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
}
