using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Monitor.Proxy;

/// <summary>
/// A client's connection and the one to the container that was made for it. Each direction ends by itself; when both
/// have, or something fails, it is over.
/// </summary>
internal sealed class ProxiedConnection : IDisposable
{
    private readonly EventLoop _loop;
    private readonly Action<ProxiedConnection> _over;
    private readonly Fd _client, _server;
    private readonly SpliceFlow _up, _down;
    private EpollEvents _clientEvents, _serverEvents;
    private bool _isConnecting = true;

    /// <summary>Begins to look after two sockets, which become its own.</summary>
    /// <param name="loop">Where it lives.</param>
    /// <param name="pipes">What moves its bytes.</param>
    /// <param name="client">The client's; connected.</param>
    /// <param name="server">The container's; still connecting.</param>
    /// <param name="over">Told when it is over; it has disposed of itself then.</param>
    public ProxiedConnection(
        EventLoop loop, SplicePipes pipes, Fd client, Fd server, Action<ProxiedConnection> over)
    {
        (_loop, _client, _server, _over) = (loop, client, server, over);
        _up = new SpliceFlow(pipes, client, server);
        _down = new SpliceFlow(pipes, server, client);
        InternetSocket.SendAtOnce(client);
        InternetSocket.SendAtOnce(server);
        Watch(_server, ref _serverEvents, EpollEvents.EPOLLOUT);
    }

    /// <summary>Ends it; both sides learn that they were cut off.</summary>
    public void Dispose()
    {
        _loop.Forget(_client);
        _loop.Forget(_server);
        _up.Dispose();
        _down.Dispose();
        if (_up.HasEnded && _down.HasEnded)
        {
            _client.Dispose();
            _server.Dispose();
            return;
        }
        InternetSocket.Abort(_client);
        InternetSocket.Abort(_server);
    }

    private void OnEvent()
    {
        if (TryGoOn()) return;
        Dispose();
        _over(this);
    }

    private bool TryGoOn()
    {
        if (_isConnecting)
        {
            if (InternetSocket.ErrorOf(_server) != Errno.None) return false;
            _isConnecting = false;
        }
        try
        {
            if (_up.Move() != Errno.None || _down.Move() != Errno.None) return false;
        }
        catch (LinuxException)
        {
            return false;
        }
        if (_up.HasEnded && _down.HasEnded) return false;
        Watch(_client, ref _clientEvents, EventsOf(_up, _down));
        Watch(_server, ref _serverEvents, EventsOf(_down, _up));
        return true;
    }

    private static EpollEvents EventsOf(SpliceFlow from, SpliceFlow to) =>
        (from.Reads ? EpollEvents.EPOLLIN : 0) | (to.Writes ? EpollEvents.EPOLLOUT : 0);

    // One that nothing is wanted of is not watched at all: a hang-up would be told again and again.
    private void Watch(Fd socket, ref EpollEvents now, EpollEvents wanted)
    {
        if (wanted == now) return;
        if (wanted == 0) _loop.Forget(socket);
        else if (now == 0) _loop.Watch(socket, wanted, _ => OnEvent());
        else _loop.Rewatch(socket, wanted);
        now = wanted;
    }
}
