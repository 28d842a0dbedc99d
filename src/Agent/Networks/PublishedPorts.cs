using System.Net;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

/// <summary>Which of the host's ports lead to which of a container's endpoints.</summary>
internal sealed class PublishedPorts(StateRoots roots)
{
    private readonly PortReservations _reservations = new(roots);

    /// <summary>
    /// Reserves what a container publishes at the endpoints that have its default routes; all or nothing. Where it has
    /// none, or they lead to another network than a bridge, nothing is published, as with Docker.
    /// </summary>
    /// <param name="containerId">The container.</param>
    /// <param name="endpoints">All of its endpoints.</param>
    /// <param name="networks">Their networks, in the same order.</param>
    /// <param name="ports">What is to be published.</param>
    /// <param name="unwinding">Learns how to take them back.</param>
    public IReadOnlyList<Endpoint> Reserve(
        string containerId, IReadOnlyList<Endpoint> endpoints, IReadOnlyList<ReadyNetwork> networks,
        IReadOnlyList<PortMapping> ports, Unwinding unwinding)
    {
        if (ports.Count == 0) return endpoints;
        Endpoint[] assigned = Gateways.Assign(endpoints);
        int gateway = Array.FindIndex(assigned, end => end.IsGateway);
        int gateway6 = Array.FindIndex(assigned, end => end.IsIpv6Gateway);
        if (BridgeAt(gateway) is null && BridgeAt(gateway6) is null && networks.Any(network => network is ReadyParent))
            return assigned;
        var reserved = new List<PortMapping>();
        foreach (PortMapping port in ports)
            foreach (bool ipv6 in (ReadOnlySpan<bool>)[false, true])
            {
                int index = ipv6 ? gateway6 : gateway;
                ReadyBridge? bridge = BridgeAt(index);
                if (index >= 0 && bridge is null || Wanted(port, ipv6, bridge) is not { } wanted) continue;
                // Where others have a route to the container there is nothing to translate.
                reserved.Add(bridge?.Options.GatewayMode(ipv6) == "routed"
                    ? wanted with { HostPort = 0, HostPortEnd = 0 }
                    : Take(containerId, wanted, reserved, unwinding));
            }
        // Gateways.Assign gives each to whom it belongs.
        assigned[0] = assigned[0] with { Ports = reserved };
        return assigned;

        ReadyBridge? BridgeAt(int index) => index < 0 ? null : networks[index] as ReadyBridge;
    }

    /// <summary>Gives ports back; those that the container does not own stay as they are.</summary>
    public void Release(string containerId, IReadOnlyList<PortMapping> ports) =>
        _reservations.Release(containerId, ports);

    /// <summary>Gives back every port whose owner <paramref name="isLive"/> denies.</summary>
    public void Prune(Func<string, bool> isLive) => _reservations.Prune(isLive);

    private PortMapping Take(
        string containerId, PortMapping wanted, List<PortMapping> reserved, Unwinding unwinding)
    {
        // One that the engine chooses is to be the same for both versions of IP.
        if (wanted.HostPort == 0 && reserved.Count > 0 && reserved[^1] is { } last
            && last.ContainerPort == wanted.ContainerPort && last.Protocol == wanted.Protocol
            && last.HostAddress.AddressFamily != wanted.HostAddress.AddressFamily)
        {
            try
            {
                return Take(containerId, wanted with { HostPort = last.HostPort, HostPortEnd = last.HostPort },
                    unwinding);
            }
            catch (UsageException)
            {
                // Somebody has that one.
            }
        }
        return Take(containerId, wanted, unwinding);
    }

    private PortMapping Take(string containerId, PortMapping wanted, Unwinding unwinding)
    {
        PortMapping[] taken = _reservations.Reserve(containerId, [wanted]);
        unwinding.Push(() => _reservations.Release(containerId, taken));
        return taken[0];
    }

    // The mapping as one version of IP has it; null when it has none.
    private static PortMapping? Wanted(PortMapping port, bool ipv6, ReadyBridge? bridge)
    {
        bool isAny = port.HostAddress.Equals(IPAddress.Any);
        bool isOwn = RulesetFamily.Ipv6.Has(port.HostAddress) == ipv6;
        if (!isOwn && !isAny) return null;
        if (bridge is not { } ready)
            return ipv6 && isOwn && !isAny ? throw new UsageException(
                $"cannot publish {port}: the network has no IPv6 addresses") : null;
        IPAddress address = !isAny ? port.HostAddress : ready.Options.HostBinding is { } binding
            ? binding : ipv6 ? IPAddress.IPv6Any : IPAddress.Any;
        return RulesetFamily.Ipv6.Has(address) == ipv6 ? port with { HostAddress = address } : null;
    }
}
