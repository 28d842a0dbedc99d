using System.Net.Sockets;

namespace Skiff.Agent.Api.Http;

/// <summary>
/// A client's connection that ends when the client does not read: whoever has something to write waits no longer than
/// this for a piece of it to be taken. It waits as long as it likes when there is nothing to write.
/// </summary>
/// <param name="socket">The connection, which it owns.</param>
/// <param name="timeoutMs">For each piece.</param>
internal sealed class ClientStream(Socket socket, int timeoutMs) : NetworkStream(socket, ownsSocket: true)
{
    private const int PieceBytes = 64 << 10;

    /// <inheritdoc/>
    /// <exception cref="IOException">The client has gone, or does not read; the connection is closed then.</exception>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            ReadOnlyMemory<byte> piece = buffer[..Math.Min(buffer.Length, PieceBytes)];
            ValueTask write = base.WriteAsync(piece, cancellationToken);
            if (write.IsCompleted) await write;
            else await InTimeAsync(write.AsTask());
            buffer = buffer[piece.Length..];
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">As of the other one.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        WriteTimeout = timeoutMs;
        try
        {
            for (; !buffer.IsEmpty; buffer = buffer[Math.Min(buffer.Length, PieceBytes)..])
                base.Write(buffer[..Math.Min(buffer.Length, PieceBytes)]);
        }
        catch (IOException)
        {
            Dispose();
            throw;
        }
    }

    private async Task InTimeAsync(Task write)
    {
        try
        {
            await write.WaitAsync(TimeSpan.FromMilliseconds(timeoutMs));
        }
        catch (TimeoutException)
        {
            // That ends the write, too, whose buffer is its caller's again only then.
            Dispose();
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new IOException($"the client has read nothing for {timeoutMs / 1000} s");
        }
    }
}
