using Skiff.Agent.Containers;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Manager;

/// <summary>
/// Keeps the terminals of running containers open, as the agent does: a terminal hangs up when nobody holds its master
/// side any more, so that a monitor that is killed would take it along.
/// </summary>
internal sealed class TerminalKeeper(EventLoop loop, ContainerStore store) : IDisposable
{
    private readonly Dictionary<string, (MonitorClient Monitor, int Pid, Fd? Terminal)> _kept = [];
    private readonly byte[] _buffer = new byte[Packet.MaxBytes];

    /// <summary>Asks a container's monitor for the terminal of this run, and of each later one.</summary>
    public void Ask(string id)
    {
        if (MonitorClient.TryConnect(store, id) is not { } monitor) return;
        if (_kept.Remove(id, out var before)) Close(before.Monitor, before.Terminal);
        _kept.Add(id, (monitor, 0, null));
        monitor.Socket.TrySend([(byte)PacketType.Keep], []);
        loop.Watch(monitor.Socket.Fd, EpollEvents.EPOLLIN, _ => OnPacket(id));
    }

    /// <summary>The terminal of the run whose first process is <paramref name="pid"/>, if it is kept here.</summary>
    public Fd? Find(string id, int pid) =>
        _kept.TryGetValue(id, out var kept) && kept.Pid == pid ? kept.Terminal : null;

    /// <summary>Lets go of a container's terminal.</summary>
    public void Forget(string id)
    {
        if (_kept.Remove(id, out var kept)) Close(kept.Monitor, kept.Terminal);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (string id in _kept.Keys.ToArray()) Forget(id);
    }

    private void OnPacket(string id)
    {
        (MonitorClient monitor, _, Fd? terminal) = _kept[id];
        var fds = new List<Fd>(1);
        if (monitor.Socket.TryReceive(_buffer, out int count, fds) != Errno.None || count == 0)
        {
            // It has ended, or was killed: what is to become of the terminal is for whoever finds that out to say.
            loop.Forget(monitor.Socket.Fd);
            return;
        }
        if ((PacketType)_buffer[0] != PacketType.Kept || fds.Count != 1)
        {
            foreach (Fd fd in fds) fd.Dispose();
            return;
        }
        terminal?.Dispose();
        _kept[id] = (monitor, Packet.ReadNumber(_buffer.AsSpan(1)), fds[0]);
    }

    private void Close(MonitorClient monitor, Fd? terminal)
    {
        loop.Forget(monitor.Socket.Fd);
        monitor.Dispose();
        terminal?.Dispose();
    }
}
