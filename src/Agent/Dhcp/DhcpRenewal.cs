using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Dhcp;

/// <summary>
/// Keeps one address of a running container: asks its server for more time, then every server, and when the lease has
/// ended for a new address (RFC 2131 section 4.4.5). It lives in the monitor's loop; between two questions it has
/// nothing but a timer. Nothing that goes wrong here ends the monitor: it is tried again.
/// </summary>
internal sealed class DhcpRenewal : IDisposable
{
    private const long MinWaitMs = 1000, MaxWaitMs = 60_000, OfferForMs = 8000;

    private readonly EventLoop _loop;
    private readonly Fd _namespace;
    private readonly string _link;
    private readonly DhcpIdentity _who;
    private readonly Func<DhcpLease?, bool> _setUp;
    private DhcpLease? _lease;
    private DhcpExchange? _exchange;
    private LoopTimer? _timer;
    private long _waitMs = MinWaitMs;
    private bool _isSetUp = true;
    private bool _hasEnded; // Whoever is told of a change may end it.

    /// <summary>Begins to look after a lease.</summary>
    /// <param name="loop">The monitor's.</param>
    /// <param name="netNamespace">The container's, an nsfs descriptor; borrowed for as long as this lives.</param>
    /// <param name="link">The interface inside.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="lease">The lease; null when it has ended already.</param>
    /// <param name="setUp">
    /// Told of every new lease, and by null that the address must not be used any more; false when that failed and is
    /// to be told again.
    /// </param>
    public DhcpRenewal(EventLoop loop, Fd netNamespace, string link, DhcpIdentity who, DhcpLease? lease,
        Func<DhcpLease?, bool> setUp)
    {
        (_loop, _namespace, _link, _who, _lease, _setUp) = (loop, netNamespace, link, who, lease, setUp);
        Schedule();
    }

    /// <summary>Ends it, and gives the address back.</summary>
    public void Release()
    {
        Dispose();
        if (_lease is not { } lease) return;
        Try(() =>
        {
            using (new NetNamespaceScope(_namespace))
                if (Index() is { } index) DhcpExchange.Release(index, _who, lease);
        });
    }

    /// <summary>Ends it; the address stays.</summary>
    public void Dispose()
    {
        _hasEnded = true;
        EndExchange();
        _loop.Cancel(_timer);
        _timer = null;
    }

    private long LeftMs(uint seconds) => _lease!.BeganMs + seconds * 1000L - System.Environment.TickCount64;

    // Until T1 nothing is to be done that has not failed.
    private void Schedule()
    {
        if (_lease is not { } lease) At(0);
        else if (!_isSetUp) At(Math.Min(LongerWaitMs(), LeftMs(lease.RenewSeconds)));
        else if (lease.Seconds != DhcpLease.Forever) At(LeftMs(lease.RenewSeconds));
    }

    private void At(long delayMs)
    {
        if (_hasEnded) return;
        _loop.Cancel(_timer);
        // A timer of the loop has at most as many milliseconds as an int.
        _timer = _loop.After(Math.Clamp(delayMs, 0, int.MaxValue), Act);
    }

    private void Act()
    {
        _timer = null;
        if (_lease is { } old && LeftMs(old.Seconds) <= 0) Lose();
        else if (!_isSetUp) SetUp();
        if (_lease is { } lease && LeftMs(lease.RenewSeconds) > 0)
        {
            Schedule();
            return;
        }
        Try(Ask);
        At(NextMs());
    }

    private void Ask()
    {
        // Who has made an offer and says nothing more is not waited for without end.
        if (_exchange is { OfferedBy: not null } && _waitMs >= OfferForMs) EndExchange();
        if (_exchange is null) Begin();
        _exchange?.Send(toServer: _lease is { } lease && LeftMs(lease.RebindSeconds) > 0);
    }

    private void Begin()
    {
        if (_hasEnded) return;
        using (new NetNamespaceScope(_namespace))
        {
            if (Index() is not { } index) return;
            _exchange = DhcpExchange.Begin(index, _who, _lease);
        }
        _loop.Watch(_exchange.Fd, EpollEvents.EPOLLIN, _ => Try(OnPackets));
    }

    // Half of what is left each time; without a lease twice as long each time.
    private long NextMs()
    {
        if (_lease is not { } lease) return LongerWaitMs();
        long leftMs = LeftMs(lease.RebindSeconds);
        if (leftMs <= 0) leftMs = LeftMs(lease.Seconds);
        return Math.Max(leftMs / 2, Math.Min(leftMs, MinWaitMs));
    }

    private long LongerWaitMs()
    {
        long waitMs = _waitMs;
        _waitMs = Math.Min(_waitMs * 2, MaxWaitMs);
        return waitMs;
    }

    private void OnPackets()
    {
        if (_exchange is not { } exchange || !exchange.Receive()) return;
        if (exchange.Lease is { } lease)
        {
            EndExchange();
            _lease = lease;
            _waitMs = MinWaitMs;
            SetUp();
            Schedule();
        }
        else if (exchange.Refusal is not null)
        {
            Lose();
            At(_waitMs);
        }
        else
        {
            exchange.Send();
            At(NextMs());
        }
    }

    private void Lose()
    {
        EndExchange();
        if (_lease is null) return;
        _lease = null;
        _waitMs = MinWaitMs;
        SetUp();
    }

    private void SetUp() => _isSetUp = _setUp(_lease);

    private void EndExchange()
    {
        if (_exchange is null) return;
        _loop.Forget(_exchange.Fd);
        _exchange.Dispose();
        _exchange = null;
    }

    private int? Index()
    {
        using var route = NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE);
        return Links.Find(route, _link)?.Index;
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (LinuxException)
        {
            // The container may have taken the link away, or set it down; the next turn finds out.
        }
    }
}
