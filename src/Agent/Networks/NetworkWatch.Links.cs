using System.Net;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>Links, addresses and routes.</summary>
internal sealed partial class NetworkWatch
{
    // Beyond it, all routes are looked at instead of the new ones.
    private const int MaxCandidates = 64;

    private readonly Dictionary<int, WatchedLink> _links = []; // Bridges, and ends of containers' veths.
    private readonly HashSet<string> _suspects = [];           // Veths whose state has changed.
    private readonly HashSet<string> _down = [];               // Veths that are reported as down.
    private readonly List<WatchedPrefix> _candidates = [];     // Of routes and addresses that are new.
    private readonly HashSet<string> _clashes = [];            // Reported, as long as they last.
    private string? _uplink;
    private int _uplinkIndex;

    private void OnRoute(RouteNotice notice)
    {
        switch (notice.Kind)
        {
            case RouteNoticeKind.Link:
            case RouteNoticeKind.LinkGone:
                OnLink(notice.Link, notice.Kind == RouteNoticeKind.LinkGone);
                break;
            case RouteNoticeKind.Address when notice.Address is { } address:
                OnAddress(address);
                break;
            case RouteNoticeKind.AddressGone when notice.Address is { } address:
                if (_links.TryGetValue(address.LinkIndex, out WatchedLink? link) && link.IsBridge)
                    _concern |= Concern.Bridges;
                Forget(address.LinkIndex);
                break;
            case RouteNoticeKind.Route or RouteNoticeKind.RouteGone when notice.Route is { } route:
                if (route.Destination.PrefixLength == 0) _concern |= Concern.Uplink;
                else if (notice.Kind == RouteNoticeKind.Route) Suspect(route.Destination, route.LinkIndex);
                else Forget(route.LinkIndex);
                break;
            case RouteNoticeKind.Settings:
                _concern |= Concern.Forwarding;
                break;
        }
    }

    private void OnLink(in LinkInfo link, bool isGone)
    {
        if (link.Index == _uplinkIndex) _concern |= Concern.Uplink;
        if (isGone) Forget(link.Index);
        if (WatchedLink.Of(link) is not { } now) return;
        _links.TryGetValue(link.Index, out WatchedLink? before);
        if (isGone) _links.Remove(link.Index);
        else _links[link.Index] = now;
        // One that is new is somebody's work in progress.
        if (before is null) return;
        if (now.IsBridge)
        {
            if (isGone || before.IsUp && !now.IsUp) _concern |= Concern.Bridges;
            return;
        }
        if (!isGone && before.Master != 0 && now.Master != before.Master) _concern |= Concern.Bridges;
        bool works = !isGone && now.Works;
        if (works == before.Works || works && !_down.Contains(now.Name)) return;
        _suspects.Add(now.Name);
        _concern |= Concern.Endpoints;
    }

    private void OnAddress(in AddressInfo address)
    {
        if (address.IsDuplicate) ReportDuplicate(address);
        Suspect(new IPNetwork(address.Address, address.Address.GetAddressBytes().Length * 8), address.LinkIndex);
    }

    private void ReportDuplicate(in AddressInfo address)
    {
        using var host = new HostSockets();
        Report(new NetworkReport(NetworkChange.AddressConflict)
        {
            Address = address.Address.ToString(), Interface = Links.Find(host.Route, address.LinkIndex)?.Name,
        });
    }

    private void Suspect(IPNetwork prefix, int linkIndex)
    {
        if (prefix.BaseAddress.IsIPv6LinkLocal || prefix.BaseAddress.IsIPv6Multicast || SubnetPool.IsDefault(prefix))
            return;
        _concern = _candidates.Count < MaxCandidates ? _concern | Concern.Pools : Concern.All;
        if (_candidates.Count < MaxCandidates) _candidates.Add(new WatchedPrefix(prefix, linkIndex));
    }

    private void Forget(int linkIndex)
    {
        if (_clashes.Count > 0)
            _clashes.RemoveWhere(clash => clash.EndsWith($" {linkIndex}", StringComparison.Ordinal));
    }

    private void LearnLinks(HostSockets host)
    {
        _links.Clear();
        foreach (LinkInfo link in Links.List(host.Route))
            if (WatchedLink.Of(link) is { } watched) _links[link.Index] = watched;
    }

    private void LookAtBridges(HostSockets host)
    {
        foreach (NetworkReport report in _bridge.Repair(host)) Report(report);
    }

    private void LookAtEndpoints(HostSockets host, bool atAll)
    {
        // Nobody is half-way in or out of a network then.
        using FileLock held = _endpoints.Lock(exclusive: true);
        List<Endpoint> ends = atAll ? _endpoints.List() : [];
        if (!atAll)
            foreach (string veth in _suspects)
            {
                if (_endpoints.FindByVeth(veth) is { } end) ends.Add(end);
                else _down.Remove(veth);
            }
        foreach (Endpoint end in ends) LookAt(host, end);
        _suspects.Clear();
    }

    private void LookAt(HostSockets host, Endpoint end)
    {
        if (end.HostVeth.Length == 0) return;
        string? problem = Links.Find(host.Route, end.HostVeth) is not { } link ? "deleted"
            : !link.IsUp ? "down" : !link.HasCarrier ? "no carrier" : null;
        bool isReported = problem is null ? _down.Remove(end.HostVeth)
            : _isRunning(end.ContainerId) && _down.Add(end.HostVeth);
        if (!isReported) return;
        Report(new NetworkReport(problem is null ? NetworkChange.EndpointUp : NetworkChange.EndpointDown)
        {
            Network = _networks.FindById(end.NetworkId), ContainerId = end.ContainerId, Interface = end.HostVeth,
            Cause = problem,
        });
    }

    private void LookAtUplink(HostSockets host)
    {
        string? before = _uplink;
        (_uplink, int index) = FindUplink(host);
        // The link that it was may come back.
        if (index != 0) _uplinkIndex = index;
        if (_uplink == before) return;
        Report(new NetworkReport(_uplink is null ? NetworkChange.HostLinkDown : NetworkChange.HostLinkUp)
        {
            Interface = _uplink ?? before,
        });
    }

    // The link of the default route, of IPv4 if there is one; without a name when nobody is at its other end.
    private static (string? Name, int Index) FindUplink(HostSockets host)
    {
        int index = 0;
        bool isIpv6 = true;
        foreach (RouteInfo route in Routes.List(host.Route))
            if (route is { Destination.PrefixLength: 0, LinkIndex: > 0 } && (index == 0 || isIpv6))
            {
                bool ipv6 = RulesetFamily.Ipv6.Has(route.Destination.BaseAddress);
                if (index == 0 || !ipv6) (index, isIpv6) = (route.LinkIndex, ipv6);
            }
        if (index == 0 || Links.Find(host.Route, index) is not { } link) return (null, index);
        return (link is { IsUp: true, HasCarrier: true } ? link.Name : null, index);
    }

    private void LookAtPools(HostSockets host, bool atAll)
    {
        List<WatchedPrefix> candidates = atAll ? AllPrefixes(host) : [.. _candidates];
        List<NetworkRecord> networks = _networks.List();
        foreach (WatchedPrefix candidate in candidates)
            foreach (NetworkRecord network in networks)
                foreach (AddressPool pool in network.Pools)
                    if (SubnetPool.OverlapsAny(pool.Subnet, [candidate.Prefix]))
                        ReportClash(host, networks, network, pool, candidate);
        _candidates.Clear();
    }

    private static List<WatchedPrefix> AllPrefixes(HostSockets host)
    {
        var all = new List<WatchedPrefix>();
        foreach (RouteInfo route in Routes.List(host.Route))
            if (!SubnetPool.IsDefault(route.Destination))
                all.Add(new WatchedPrefix(route.Destination, route.LinkIndex));
        foreach (AddressInfo address in Addresses.List(host.Route))
            all.Add(new WatchedPrefix(
                new IPNetwork(address.Address, address.Address.GetAddressBytes().Length * 8), address.LinkIndex));
        return all;
    }

    private void ReportClash(
        HostSockets host, List<NetworkRecord> networks, NetworkRecord network, AddressPool pool,
        WatchedPrefix candidate)
    {
        string name = Links.Find(host.Route, candidate.LinkIndex)?.Name ?? "";
        // What its own bridge has, or that of a network that clashes as well, which is told of at its creation.
        if (networks.Exists(other => other.Driver == "bridge" && _names.BridgeOf(other) == name)) return;
        // An address comes with a route: one report for both.
        if (!_clashes.Add($"{network.Id} {candidate.LinkIndex}")) return;
        Report(new NetworkReport(NetworkChange.PoolClash)
        {
            Network = network, Interface = name, Address = candidate.Prefix.ToString(), Cause = pool.Subnet.ToString(),
        });
    }
}
