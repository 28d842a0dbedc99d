namespace Skiff.Agent.Tests.Cli.Progress;

/// <summary>A clock that a test moves on; its timers run where it does.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private long _nowMs;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => _nowMs;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(dueTime, period);
        var timer = new ManualTimer(this, () => callback(state), (long)period.TotalMilliseconds, _nowMs);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Moves on, and runs each timer whose time has come.</summary>
    public void Advance(long ms)
    {
        for (long end = _nowMs + ms; _nowMs < end;)
        {
            _nowMs = Math.Min(end, _timers.Count == 0 ? end : _timers.Min(timer => timer.NextMs));
            foreach (ManualTimer timer in _timers.ToArray()) timer.Run(_nowMs);
        }
    }

    private sealed class ManualTimer(ManualClock clock, Action run, long periodMs, long nowMs) : ITimer
    {
        public long NextMs { get; private set; } = nowMs + periodMs;

        public void Run(long nowMs)
        {
            if (nowMs < NextMs) return;
            NextMs += periodMs;
            run();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose() => clock._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
