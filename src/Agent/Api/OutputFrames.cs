using System.Buffers;
using System.Buffers.Binary;

namespace Skiff.Agent.Api;

/// <summary>
/// The output of a container without a terminal, both streams in one (Engine API, ContainerAttach, "Stream format"): in
/// front of each piece eight bytes, the stream, three zeros, and the length, most significant byte first. With a
/// terminal: as it is.
/// </summary>
/// <param name="output">To the client.</param>
/// <param name="raw">With a terminal.</param>
internal sealed class OutputFrames(Stream output, bool raw)
{
    private const int HeadBytes = 8;

    /// <summary>The media type of it.</summary>
    public static string MediaType(bool raw, Version version) =>
        raw || version < new Version(1, 42) ? "application/vnd.docker.raw-stream"
            : "application/vnd.docker.multiplexed-stream";

    /// <summary>Writes a piece.</summary>
    public ValueTask WriteAsync(int stream, ReadOnlyMemory<byte> bytes) =>
        raw ? output.WriteAsync(bytes) : WriteFrameAsync(stream, bytes);

    // Most clients wait most of the time: none has a buffer of its own.
    private async ValueTask WriteFrameAsync(int stream, ReadOnlyMemory<byte> bytes)
    {
        int length = HeadBytes + bytes.Length;
        byte[] frame = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            frame.AsSpan(0, HeadBytes).Clear();
            frame[0] = (byte)stream;
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), bytes.Length);
            bytes.Span.CopyTo(frame.AsSpan(HeadBytes));
            await output.WriteAsync(frame.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }
}
