using System.Net;
using System.Net.Sockets;

namespace Skiff.Agent.Networks;

/// <summary>One subnet of a network, and what of it is given to containers.</summary>
/// <param name="Subnet">All of it.</param>
internal sealed record AddressPool(IPNetwork Subnet)
{
    /// <summary>The part that containers get addresses from; null is all of it.</summary>
    public IPNetwork? Range { get; init; }

    /// <summary>The bridge's own address, or that of a router; null for a subnet without a way out.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Addresses of others in it, by name: no container gets one.</summary>
    public Dictionary<string, IPAddress> Auxiliary { get; init; } = [];

    /// <summary>IPv6.</summary>
    public bool IsIpv6 => Subnet.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>The engine's default: the subnet's first address is the gateway's.</summary>
    public static AddressPool Of(IPNetwork subnet) =>
        new(subnet) { Gateway = AddressNumber.At(subnet, 1) };

    /// <summary>
    /// What a container may get: addresses of the network, from the first to the last of these places in it. The
    /// subnet's own and the broadcast address are none.
    /// </summary>
    public (IPNetwork Network, ulong First, ulong Last) Assignable()
    {
        IPNetwork network = Range ?? Subnet;
        ulong last = AddressNumber.LastOf(network), lastOfSubnet = AddressNumber.LastOf(Subnet);
        // RFC 3021: of two addresses both are hosts.
        if (lastOfSubnet <= 1) return (network, 0, last);
        bool hasBroadcast = !IsIpv6
            && AddressNumber.At(network, last).Equals(AddressNumber.At(Subnet, lastOfSubnet));
        return (network, network.BaseAddress.Equals(Subnet.BaseAddress) ? 1UL : 0, hasBroadcast ? last - 1 : last);
    }
}
