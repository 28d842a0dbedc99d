using System.Buffers;
using System.Net.Sockets;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;

namespace Skiff.Agent.Api;

/// <summary>
/// A connection to a container's monitor that waits without a thread: output and the end of the run come by it, input
/// goes in by it. When the monitor is killed it goes on with the next one.
/// </summary>
internal sealed class RunStream : IDisposable
{
    private readonly ContainerLink _link;
    private MonitorClient? _client;
    private Socket? _socket;

    /// <summary>Takes a connection over.</summary>
    public RunStream(ContainerLink link) => _link = link;

    /// <summary>Connects; null when the container is not active.</summary>
    public static RunStream? TryOpen(Engine engine, ContainerConfig config, ContainerState state) =>
        ContainerLink.TryOpen(engine, config, state) is { } link ? new RunStream(link) : null;

    /// <summary>Says something that also the next monitor has to know.</summary>
    public void Remember(byte[] packet) => _link.Remember(packet);

    /// <summary>Says something.</summary>
    /// <param name="packet">It.</param>
    /// <param name="left">Whoever says it has gone.</param>
    /// <exception cref="OperationCanceledException">It has.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> packet, CancellationToken left = default)
    {
        try
        {
            await Socket().SendAsync(packet, SocketFlags.None, left);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Whoever receives learns of it, and goes on with the next monitor or ends.
        }
    }

    /// <summary>
    /// Receives until the run ends.
    /// </summary>
    /// <param name="take">Gets each piece of output with its stream, 1 or 2; null when nobody wants it.</param>
    /// <param name="left">Whoever waits has gone.</param>
    /// <exception cref="OperationCanceledException">It has.</exception>
    public async Task<RunEnd> ReceiveAsync(Func<int, ReadOnlyMemory<byte>, ValueTask>? take, CancellationToken left)
    {
        // Whoever waits has no buffer for what is to come.
        byte[] first = new byte[1];
        while (true)
        {
            if (await TryReceiveAsync(first, SocketFlags.Peek, left) == 0)
            {
                if (await ApiServer.RunAsync(TryReconnect) is { } ended) return ended;
                continue;
            }
            byte[] buffer = ArrayPool<byte>.Shared.Rent(Packet.MaxBytes);
            try
            {
                int count = await TryReceiveAsync(buffer, SocketFlags.None, left);
                if (count > 0 && await TakeAsync(buffer.AsMemory(0, count), take) is { } end) return end;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket?.Dispose();
        _link.Dispose();
    }

    // The end, if the packet tells of it.
    private static async ValueTask<RunEnd?> TakeAsync(
        ReadOnlyMemory<byte> packet, Func<int, ReadOnlyMemory<byte>, ValueTask>? take)
    {
        switch ((PacketType)packet.Span[0])
        {
            case PacketType.Stdout or PacketType.Stderr when take is not null:
                await take((PacketType)packet.Span[0] == PacketType.Stdout ? 1 : 2, packet[1..]);
                break;
            case PacketType.Exited:
                var (code, doubt) = Packet.ReadExited(packet.Span[1..]);
                return new RunEnd(code, doubt);
        }
        return null;
    }

    private async ValueTask<int> TryReceiveAsync(byte[] buffer, SocketFlags flags, CancellationToken left)
    {
        while (true)
            try
            {
                return await Socket().ReceiveAsync(buffer.AsMemory(), flags, left);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // The monitor went with input unread. That is told once, and before the end of the run, which it sent.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return 0;
            }
    }

    private RunEnd? TryReconnect() => _link.TryReconnect(out int code) ? null : new RunEnd(code, _link.Doubt);

    // A view of the connection that there is now.
    private Socket Socket()
    {
        if (_client == _link.Client && _socket is not null) return _socket;
        _socket?.Dispose();
        _client = _link.Client;
        return _socket = new Socket(new SafeSocketHandle(_client.Socket.Fd.Number, ownsHandle: false));
    }
}
