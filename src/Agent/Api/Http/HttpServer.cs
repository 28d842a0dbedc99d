using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Skiff.Interop;

namespace Skiff.Agent.Api.Http;

/// <summary>
/// HTTP/1.1 for the API. Kestrel is an eighth of the binary and takes no connection over from a POST with a body, which
/// is what <c>docker exec</c> sends: docs/decisions/027.
/// </summary>
/// <param name="log">Takes a line about what went wrong.</param>
internal sealed class HttpServer(Action<string> log) : IDisposable
{
    // So many that are refused are given the time to read why; more are not waited for.
    private const int MaxLeaving = 256;
    private const int LeaveMs = 2000;
    private const int MaxUnreadBytes = 1 << 20;

    private readonly CancellationTokenSource _ended = new();
    private readonly List<(Listener Listener, Func<Exchange, Task> Handle, Task Accepting)> _listeners = [];
    private CancellationTokenSource _paused = new();
    private int _connections, _leaving;
    private long _clients;

    /// <summary>Connections at once; each has a descriptor, and waits for little memory.</summary>
    public int MaxConnections { get; set; }

    /// <summary>How long a client may take for a head, or a body of JSON; for the next clients.</summary>
    public int TimeoutMs { get; set; }

    /// <summary>Connections that are there now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections that there have been.</summary>
    public long Clients => Volatile.Read(ref _clients);

    /// <summary>Cancelled when the server ends.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Begins to serve clients of a listener, which the server owns from now on.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="handle">Answers a request.</param>
    public void Serve(Listener listener, Func<Exchange, Task> handle) =>
        _listeners.Add((listener, handle, AcceptAsync(listener, handle)));

    /// <summary>
    /// Stops to take clients unless there are some. Those who come then wait in the socket for whoever listens next.
    /// </summary>
    public async Task<bool> TryRestAsync()
    {
        await _paused.CancelAsync();
        foreach (var (_, _, accepting) in _listeners) await accepting;
        if (Connections == 0) return true;
        _paused = new CancellationTokenSource();
        for (int i = 0; i < _listeners.Count; i++)
            _listeners[i] = _listeners[i] with
            {
                Accepting = AcceptAsync(_listeners[i].Listener, _listeners[i].Handle),
            };
        return false;
    }

    /// <summary>Serves nobody there any more; those who are there lose their connections.</summary>
    public void Close(Listener listener)
    {
        _listeners.RemoveAll(one => one.Listener == listener);
        listener.Dispose();
    }

    /// <summary>Ends all connections.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        foreach (var (listener, _, _) in _listeners) listener.Dispose();
    }

    private async Task AcceptAsync(Listener listener, Func<Exchange, Task> handle)
    {
        while (true)
        {
            try
            {
                Socket socket = await listener.AcceptAsync(_paused.Token);
                Interlocked.Increment(ref _clients);
                if (Interlocked.Increment(ref _connections) > MaxConnections) _ = RefuseAsync(socket);
                else _ = ServeAsync(socket, listener, handle);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // No descriptor, or a client that went away before it was seen.
                log($"accepting a client at {listener.Settings.Address}: {e.Message}");
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

    private async Task RefuseAsync(Socket socket)
    {
        Interlocked.Decrement(ref _connections);
        bool stays = Interlocked.Increment(ref _leaving) <= MaxLeaving;
        try
        {
            using (socket)
            {
                socket.Blocking = false;
                socket.Send(Connection.Refusal(503, $"too many clients: at most {MaxConnections} at once "
                    + "(max-connections)"), SocketFlags.None, out _);
                socket.Shutdown(SocketShutdown.Send);
                if (stays) await LeaveAsync(socket);
            }
        }
        catch (SocketException)
        {
            // It went away.
        }
        finally
        {
            Interlocked.Decrement(ref _leaving);
        }
    }

    private async Task ServeAsync(Socket socket, Listener listener, Func<Exchange, Task> handle)
    {
        try
        {
            using var stream = new ClientStream(socket, TimeoutMs * Exchange.Patience);
            if (listener.Tls is { } tls) await ServeSafelyAsync(await tls.AcceptAsync(stream, listener.Ended));
            else await new Connection(stream, () => IsHungUp(socket), handle, TimeoutMs, listener.Ended).RunAsync();
            socket.Shutdown(SocketShutdown.Send);
            await LeaveAsync(socket);
        }
        catch (AuthenticationException e)
        {
            log($"{listener.Settings.Address}: a client was not let in: {(e.InnerException ?? e).Message}");
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException
            or OperationCanceledException)
        {
            // It went away, or did not come to the point.
        }
        catch (Exception e)
        {
            log($"serving a client: {e}");
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }

        async Task ServeSafelyAsync(SslStream safe)
        {
            await new Connection(safe, () => IsHungUp(socket), handle, TimeoutMs, listener.Ended).RunAsync();
            await safe.ShutdownAsync();
        }
    }
}
