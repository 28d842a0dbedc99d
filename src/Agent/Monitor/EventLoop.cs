using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Monitor;

/// <summary>
/// One thread, one epoll. Each watched descriptor has a handler; a handler may watch, rewatch and forget any
/// descriptor, itself included.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private const long BusyBytes = 1 << 20;

    private readonly Epoll _epoll = new();
    private readonly Dictionary<int, (Fd Fd, Action<EpollEvents> Handler)> _watched = [];
    private readonly List<LoopTimer> _timers = []; // A handful at most.
    private bool _ended;

    /// <summary>
    /// Calls <paramref name="handler"/> whenever one of <paramref name="events"/> (or a hang-up or error) is there.
    /// </summary>
    public void Watch(Fd fd, EpollEvents events, Action<EpollEvents> handler)
    {
        _watched[fd.Number] = (fd, handler);
        _epoll.Add(fd, events, (ulong)fd.Number);
    }

    /// <summary>Changes what is waited for; none of it leaves hang-up and error.</summary>
    public void Rewatch(Fd fd, EpollEvents events) => _epoll.Modify(fd, events, (ulong)fd.Number);

    /// <summary>Stops watching; the descriptor stays open. Unknown ones are fine.</summary>
    public void Forget(Fd fd)
    {
        if (_watched.Remove(fd.Number)) _epoll.Remove(fd);
    }

    /// <summary>Calls <paramref name="action"/> once, after <paramref name="delayMs"/>.</summary>
    public LoopTimer After(long delayMs, Action action)
    {
        var timer = new LoopTimer(System.Environment.TickCount64 + delayMs, action);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Takes a timer back; null, and one that has had its turn, are fine.</summary>
    public void Cancel(LoopTimer? timer)
    {
        if (timer is not null) _timers.Remove(timer);
    }

    /// <summary>Makes <see cref="Run"/> return after the present round.</summary>
    public void End() => _ended = true;

    /// <summary>Handles events until <see cref="End"/>.</summary>
    /// <param name="idle">
    /// Called whenever nothing has happened for a while after something did. One that is never idle gets there as well,
    /// with every MiB that its handlers have allocated.
    /// </param>
    /// <param name="firstIdleMs">Milliseconds of the first while: what a start needed is over soon.</param>
    /// <param name="idleMs">Milliseconds of every later one.</param>
    public void Run(Action idle, int firstIdleMs, int idleMs)
    {
        int nextIdleMs = firstIdleMs, idleInMs = firstIdleMs;
        long busyAt = GC.GetAllocatedBytesForCurrentThread() + BusyBytes;
        Span<EpollEvent> events = stackalloc EpollEvent[16];
        while (!_ended)
        {
            int timerInMs = NextTimerMs();
            bool timerFirst = timerInMs >= 0 && (idleInMs < 0 || timerInMs <= idleInMs);
            int count = _epoll.Wait(events, timerFirst ? timerInMs : idleInMs);
            if (count == 0 && !timerFirst || GC.GetAllocatedBytesForCurrentThread() >= busyAt)
            {
                (idleInMs, nextIdleMs) = (-1, idleMs);
                idle();
                busyAt = GC.GetAllocatedBytesForCurrentThread() + BusyBytes;
                if (count == 0) continue;
            }
            idleInMs = nextIdleMs;
            for (int i = 0; i < count && !_ended; i++)
                // An earlier handler of this round may have forgotten this descriptor.
                if (_watched.TryGetValue((int)events[i].Data, out var watch))
                    watch.Handler(events[i].Events);
            RunTimers();
        }
    }

    private int NextTimerMs()
    {
        long next = long.MaxValue;
        foreach (LoopTimer timer in _timers) next = Math.Min(next, timer.DueMs);
        return next == long.MaxValue ? -1
            : (int)Math.Clamp(next - System.Environment.TickCount64, 0, int.MaxValue);
    }

    private void RunTimers()
    {
        long now = System.Environment.TickCount64;
        while (!_ended && Due(now) is { } due)
        {
            _timers.Remove(due);
            due.Action();
        }
    }

    // Without a lambda, which would allocate in each round.
    private LoopTimer? Due(long now)
    {
        foreach (LoopTimer timer in _timers)
            if (timer.DueMs <= now) return timer;
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _epoll.Dispose();
}
