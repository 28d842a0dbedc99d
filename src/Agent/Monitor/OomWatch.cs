using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Events;

namespace Skiff.Agent.Monitor;

/// <summary>
/// Tells when the kernel kills processes of a container for memory, also when it lives on. Costs a descriptor, and
/// nothing while nothing happens.
/// </summary>
internal sealed class OomWatch : IDisposable
{
    private readonly EventLoop _loop;
    private readonly Fd _events;
    private readonly Action _killed;
    private long _seen;

    private OomWatch(EventLoop loop, Fd events, Action killed)
    {
        (_loop, _events, _killed) = (loop, events, killed);
        _seen = Cgroup.ReadOomKillCount(events) ?? 0;
        loop.Watch(events, EpollEvents.EPOLLPRI, _ => Look());
    }

    /// <summary>Begins; null where the host does not account for memory.</summary>
    /// <param name="loop">Where it runs.</param>
    /// <param name="cgroup">The container's.</param>
    /// <param name="killed">Called once for all kills that happened together.</param>
    public static OomWatch? Start(EventLoop loop, Cgroup cgroup, Action killed) =>
        cgroup.TryOpenMemoryEvents() is { } events ? new OomWatch(loop, events, killed) : null;

    /// <summary>Looks now: before an end is told, what led to it.</summary>
    public void Look()
    {
        if (Cgroup.ReadOomKillCount(_events) is not { } count || count == _seen) return;
        _seen = count;
        _killed();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Forget(_events);
        _events.Dispose();
    }
}
