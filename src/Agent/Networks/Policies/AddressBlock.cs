using System.Net;
using System.Net.Sockets;

namespace Skiff.Agent.Networks.Policies;

/// <summary>Addresses, with exceptions.</summary>
/// <param name="Network">These.</param>
/// <param name="Except">Without those, which lie in it.</param>
internal sealed record AddressBlock(IPNetwork Network, IPNetwork[] Except)
{
    private static readonly IPNetwork[] s_private =
    [
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"),
    ];

    /// <summary>The private addresses of one version of IP: what <see cref="PolicyEntity.Lan"/> is about.</summary>
    public static IEnumerable<IPNetwork> Private(bool ipv6) => s_private.Where(network => IsIpv6Of(network) == ipv6);

    /// <summary>Of which version of IP it is.</summary>
    public bool IsIpv6 => IsIpv6Of(Network);

    /// <summary>Whether it has this address.</summary>
    public bool Has(IPAddress address) =>
        Network.Contains(address) && !Array.Exists(Except, except => except.Contains(address));

    private static bool IsIpv6Of(IPNetwork network) =>
        network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
}
