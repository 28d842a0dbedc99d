using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// Hears of every change to the host's network, and puts back what others take from the engine. What it hears only
/// says where to look: <see cref="Look"/> compares the kernel with the records, so it may come late, twice, or for
/// nothing. The engine's own transactions are known by the numbers of their requests (<see
/// cref="NetlinkMessage.IsOwn"/>) and by the records that they leave; they make no work here.
/// </summary>
internal sealed partial class NetworkWatch : IDisposable
{
    private readonly NetworkNames _names;
    private readonly NetworkStore _networks;
    private readonly EndpointStore _endpoints;
    private readonly Bridge _bridge;
    private readonly Func<string, bool> _isRunning;
    private readonly Action<NetworkReport> _report;
    private readonly NetlinkListener _route = NetlinkListener.ForRoutes();
    private readonly NetlinkListener _tables = NetlinkListener.ForTables();
    private readonly ResolverWatch _resolver = new();
    private Concern _concern;

    /// <summary>Begins to listen; what has happened before is found by the first <see cref="Look"/>.</summary>
    public NetworkWatch(
        NetworkNames names, NetworkStore networks, EndpointStore endpoints, Bridge bridge,
        Func<string, bool> isRunning, Action<NetworkReport> report)
    {
        (_names, _networks, _endpoints, _bridge) = (names, networks, endpoints, bridge);
        (_isRunning, _report) = (isRunning, report);
        using var host = new HostSockets();
        LearnLinks(host);
        (_uplink, _uplinkIndex) = FindUplink(host);
        _concern = Concern.All;
    }

    [Flags]
    private enum Concern
    {
        None = 0, Rules = 1, Bridges = 2, Endpoints = 4, Uplink = 8, Pools = 16, Forwarding = 32, Resolver = 64,
        Forward = 128, All = 255,
    }

    /// <summary>To be watched for input; <see cref="Take"/> when there is some.</summary>
    public IReadOnlyList<Fd> Fds => [_route.Fd, _tables.Fd, _resolver.Fd];

    /// <summary>Takes in what has been heard; whether there is something to look at.</summary>
    public bool Take()
    {
        NetworkWatch self = this;
        bool isComplete = _route.Read(static (message, ref self) => self.OnRoute(new RouteNotice(message)), ref self);
        isComplete &= _tables.Read(static (message, ref self) => self.OnTable(message), ref self);
        if (!isComplete) _concern = Concern.All;
        if (_resolver.Take()) _concern |= Concern.Resolver;
        return _concern != Concern.None;
    }

    /// <summary>Looks at what gave rise to concern, repairs and reports; what fails is looked at again next time.
    /// </summary>
    /// <exception cref="AggregateException">Something could not be repaired.</exception>
    public void Look()
    {
        using var host = new HostSockets();
        Concern concern = _concern;
        _concern = Concern.None;
        var failures = new List<Exception>();
        if (concern == Concern.All) LearnLinks(host);
        Look(Concern.Rules, LookAtRules);
        Look(Concern.Bridges, LookAtBridges);
        Look(Concern.Forward, LookAtForward);
        Look(Concern.Endpoints, host => LookAtEndpoints(host, concern == Concern.All));
        Look(Concern.Uplink, LookAtUplink);
        Look(Concern.Pools, host => LookAtPools(host, concern == Concern.All));
        Look(Concern.Forwarding, _ => LookAtForwarding());
        Look(Concern.Resolver, _ => LookAtResolver());
        if (failures.Count > 0) throw new AggregateException("look after networks", failures);

        void Look(Concern one, Action<HostSockets> look)
        {
            if ((concern & one) == 0) return;
            try
            {
                look(host);
            }
            catch (Exception e) when (e is LinuxException or Manager.UsageException)
            {
                _concern |= one;
                failures.Add(e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _route.Dispose();
        _tables.Dispose();
        _resolver.Dispose();
    }

    private void Report(NetworkReport report) => _report(report.Network is not null ? report
        : report with { Network = _networks.FindByName("host") });

    private void LookAtResolver()
    {
        if (_resolver.HasChanged()) Report(new NetworkReport(NetworkChange.ResolverChanged));
    }
}
