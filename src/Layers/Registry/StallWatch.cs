namespace Skiff.Layers.Registry;

/// <summary>
/// Ends the waiting for a connection on which nothing moves. As long as others to the host get on, this one may only be
/// waiting for its share of the link: it is stalled when the whole link is, or after a much longer time.
/// </summary>
internal sealed class StallWatch : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LinkActivity _link;
    private readonly int _linkMs, _longestMs;
    private readonly CancellationTokenSource _end;
    private readonly Timer _timer;
    private long _since;
    private bool _isOn, _isOver;

    /// <param name="link">All connections to the host.</param>
    /// <param name="linkMs">How long nothing may move on any of them.</param>
    /// <param name="longestMs">How long nothing may move on this one.</param>
    /// <param name="cancellation">Ends the waiting as well.</param>
    public StallWatch(LinkActivity link, int linkMs, int longestMs, CancellationToken cancellation)
    {
        (_link, _linkMs, _longestMs) = (link, linkMs, longestMs);
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _timer = new Timer(static watch => ((StallWatch)watch!).Look(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Cancelled when there is no use in waiting.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>How long the waiting has lasted.</summary>
    public long WaitedMs => Environment.TickCount64 - _since;

    /// <summary>Waiting begins, or begins anew since something has moved here. Does nothing after disposal: a body may
    /// still be sent when the registry has answered.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_isOver) return;
            (_since, _isOn) = (Environment.TickCount64, true);
            _timer.Change(_linkMs, Timeout.Infinite);
        }
    }

    /// <summary>Nobody waits any more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (!_isOn) return;
            _isOn = false;
            _timer.Change(Timeout.Infinite, Timeout.Infinite);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            (_isOn, _isOver) = (false, true);
            _timer.Dispose();
            _end.Dispose();
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            // The timer may have gone off while the waiting ended.
            if (!_isOn) return;
            long waitedMs = WaitedMs, leftMs = Math.Min(
                _linkMs - Math.Min(waitedMs, _link.QuietMs), _longestMs - waitedMs);
            _isOn = leftMs > 0;
            if (_isOn) _timer.Change(leftMs, Timeout.Infinite);
            else _end.Cancel();
        }
    }
}
