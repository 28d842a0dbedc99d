using System.Net.Sockets;
using Skiff.Interop;

namespace Skiff.Agent.Api.Http;

/// <summary>
/// HTTP/1.1 for the API. Kestrel is an eighth of the binary and takes no connection over from a POST with a body, which
/// is what <c>docker exec</c> sends: docs/decisions/027.
/// </summary>
/// <param name="handle">Answers a request.</param>
/// <param name="log">Takes a line about what went wrong.</param>
internal sealed class HttpServer(Func<Exchange, Task> handle, Action<string> log) : IDisposable
{
    /// <summary>Connections at once; each has a descriptor, and waits for little memory.</summary>
    public const int MaxConnections = 4096;

    private const int LeaveMs = 2000;
    private const int MaxUnreadBytes = 1 << 20;

    private static readonly byte[] s_busy = [.. "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n"u8,
        .. "Content-Length: 21\r\nConnection: close\r\n\r\ntoo many connections\n"u8];

    private readonly CancellationTokenSource _ended = new();
    private readonly List<Listener> _listeners = [];
    private int _connections;

    /// <summary>Connections that are there now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Cancelled when the server ends.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Begins to serve clients of a listener, which the server owns from now on.</summary>
    public void Serve(Listener listener)
    {
        _listeners.Add(listener);
        _ = AcceptAsync(listener);
    }

    /// <summary>Ends all connections.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        foreach (Listener listener in _listeners) listener.Dispose();
    }

    private async Task AcceptAsync(Listener listener)
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                Socket socket = await listener.AcceptAsync(_ended.Token);
                if (Interlocked.Increment(ref _connections) > MaxConnections) Refuse(socket);
                else _ = ServeAsync(socket);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // No descriptor, or a client that went away before it was seen.
                log($"accepting a client at {listener.Path}: {e.Message}");
                await Task.Delay(100, CancellationToken.None);
            }
        }
    }

    // To close what the client still writes to would reset the connection, and the answer with it.
    private static async Task LeaveAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(LeaveMs);
        byte[] buffer = new byte[4096];
        try
        {
            for (int left = MaxUnreadBytes; left > 0;)
                left -= await socket.ReceiveAsync(buffer, limit.Token) is > 0 and var count ? count : left;
        }
        catch (OperationCanceledException)
        {
            // It has had time enough.
        }
    }

    // POLLHUP of a stream socket: both directions are closed (poll(2), unix(7), tcp(7)).
    private static bool IsHungUp(Socket socket)
    {
        using Fd fd = Fd.Borrow((int)socket.Handle);
        return Files.Poll(fd, PollEvents.None, 0).HasFlag(PollEvents.POLLHUP);
    }

    private void Refuse(Socket socket)
    {
        socket.Blocking = false;
        socket.Send(s_busy, SocketFlags.None, out _);
        socket.Dispose();
        Interlocked.Decrement(ref _connections);
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            await new Connection(stream, () => IsHungUp(socket), handle, _ended.Token).RunAsync();
            socket.Shutdown(SocketShutdown.Send);
            await LeaveAsync(socket);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // It went away.
        }
        catch (Exception e)
        {
            log($"serving a client: {e}");
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }
}
