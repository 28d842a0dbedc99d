using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Networks;

/// <summary>
/// Asks the stations of a parent's network whether one of them has an address that a container is to have. RFC 5227
/// would wait for several seconds. A station answers at once, so this waits a moment only: what answers later, or comes
/// later, the container's monitor hears of.
/// </summary>
internal static class AddressProbe
{
    private const int Times = 3, IntervalMs = 40;

    /// <summary>
    /// What asks for all addresses of a container at once, and refuses them when somebody has one; that takes 120 ms
    /// unless somebody answers. Null where there is nobody to ask.
    /// </summary>
    /// <param name="host">Sockets.</param>
    /// <param name="inside">The container's namespace; its interfaces are up then, and have no addresses yet.</param>
    /// <param name="endpoints">The container's places.</param>
    /// <param name="networks">Their networks, in the same order.</param>
    /// <param name="report">Told of the first address that is taken, and by whom, before it is refused.</param>
    public static Action? Of(
        HostSockets host, NetNamespace inside, IReadOnlyList<Endpoint> endpoints, IReadOnlyList<ReadyNetwork> networks,
        Action<NetworkReport> report)
    {
        for (int i = 0; i < endpoints.Count; i++)
            if (IsAsked(endpoints[i], networks[i])) return Probe;
        return null;

        void Probe()
        {
            if (FindConflict(host, inside, endpoints, networks) is not { } conflict) return;
            report(conflict);
            throw new UsageException($"network {conflict.Network!.Name}: address {conflict.Address} is in use by "
                + $"{conflict.Cause ?? "another host"}, whose Ethernet address is {conflict.Mac}; choose another one, "
                + "or keep it out of the network's range (--ip-range, --aux-address)", 125);
        }
    }

    private static NetworkReport? FindConflict(
        HostSockets host, NetNamespace inside, IReadOnlyList<Endpoint> endpoints,
        IReadOnlyList<ReadyNetwork> networks)
    {
        var claims = new List<AddressClaim>();
        var owners = new List<Endpoint>();
        try
        {
            for (int i = 0; i < endpoints.Count; i++)
            {
                if (!IsAsked(endpoints[i], networks[i])) continue;
                foreach (IPAddress address in endpoints[i].Addresses)
                {
                    if (IsOfHost(host, networks[i].Link, address))
                        return Report(endpoints[i], networks[i].Network, address, networks[i].Link.Mac) with
                        {
                            Cause = "this host",
                        };
                    if (TryOpen(inside, endpoints[i], (ReadyParent)networks[i], address) is not { } claim) continue;
                    claims.Add(claim);
                    owners.Add(endpoints[i]);
                }
            }
            if (Ask(claims, out MacAddress mac) is not (>= 0 and var index)) return null;
            Endpoint owner = owners[index];
            NetworkRecord network = networks.First(ready => ready.Network.Id == owner.NetworkId).Network;
            return Report(owner, network, claims[index].Address, mac);
        }
        finally
        {
            foreach (AddressClaim claim in claims) claim.Dispose();
        }
    }

    // A server has asked for what it gives.
    private static bool IsAsked(Endpoint endpoint, ReadyNetwork network) =>
        endpoint is { HasNeighbours: true, Lease: null } && network.Link.HasCarrier;

    // Up to a container's parent its packets do not come.
    private static bool IsOfHost(HostSockets host, in LinkInfo parent, IPAddress address)
    {
        foreach (AddressInfo own in Addresses.List(host.Route))
            if (own.LinkIndex == parent.Index && own.Address.Equals(address)) return true;
        return false;
    }

    // Answers to an ipvlan that has no address yet stay with its parent, whose Ethernet address it has.
    private static AddressClaim? TryOpen(
        NetNamespace inside, Endpoint endpoint, ReadyParent network, IPAddress address)
    {
        if (network.Options.IsIpvlan) return AddressClaim.TryOpen(network.Link, address);
        LinkInfo link = Links.Find(inside.Rtnetlink, endpoint.InterfaceName) ?? throw new LinuxException(
            Errno.ENODEV, "RTM_GETLINK", endpoint.InterfaceName, "ask for an address");
        using (new NetNamespaceScope(inside.Fd)) return AddressClaim.TryOpen(link, address);
    }

    // Which of them somebody has; -1 when none.
    private static int Ask(List<AddressClaim> claims, out MacAddress mac)
    {
        mac = default;
        if (claims.Count == 0) return -1;
        using var epoll = new Epoll();
        for (int i = 0; i < claims.Count; i++) epoll.Add(claims[i].Fd, EpollEvents.EPOLLIN, (ulong)i);
        Span<EpollEvent> events = stackalloc EpollEvent[1];
        for (int time = 0; time < Times; time++)
        {
            // The interface may be down again by now; then nobody answers.
            foreach (AddressClaim claim in claims) claim.Ask();
            long untilMs = System.Environment.TickCount64 + IntervalMs;
            while (untilMs - System.Environment.TickCount64 is > 0 and var leftMs
                && epoll.Wait(events, (int)leftMs) > 0)
            {
                int index = (int)events[0].Data;
                if (claims[index].Hear(out mac)) return index;
            }
        }
        return -1;
    }

    private static NetworkReport Report(
        Endpoint endpoint, NetworkRecord network, IPAddress address, MacAddress mac) =>
        new(NetworkChange.AddressConflict)
        {
            Network = network, ContainerId = endpoint.ContainerId, Interface = endpoint.InterfaceName,
            Address = address.ToString(), Mac = mac.ToString(),
        };
}
