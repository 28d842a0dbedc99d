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
        new(subnet) { Gateway = AddressNumber.ToAddress(AddressNumber.Of(subnet.BaseAddress) + 1, subnet) };

    /// <summary>
    /// The first and last address that a container may get. The subnet's own and the broadcast address are none.
    /// </summary>
    public (UInt128 First, UInt128 Last) Assignable()
    {
        (UInt128 first, UInt128 last) = AddressNumber.Ends(Range ?? Subnet);
        (UInt128 lowest, UInt128 highest) = AddressNumber.Ends(Subnet);
        // RFC 3021: of two addresses both are hosts.
        if (highest - lowest <= 1) return (first, last);
        return (first == lowest ? first + 1 : first, last == highest && !IsIpv6 ? last - 1 : last);
    }
}
