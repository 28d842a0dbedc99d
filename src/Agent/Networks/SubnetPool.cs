using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>The subnets that the engine may choose for a network, the same ones as Docker's.</summary>
internal static class SubnetPool
{
    /// <summary>The first subnet of the pool that touches none of <paramref name="used"/>.</summary>
    public static IPNetwork Choose(IReadOnlyList<IPNetwork> used)
    {
        for (int second = 17; second <= 31; second++)
        {
            var subnet = new IPNetwork(new IPAddress([172, (byte)second, 0, 0]), 16);
            if (!OverlapsAny(subnet, used)) return subnet;
        }
        for (int third = 0; third < 256; third += 16)
        {
            var subnet = new IPNetwork(new IPAddress([192, 168, (byte)third, 0]), 20);
            if (!OverlapsAny(subnet, used)) return subnet;
        }
        throw new UsageException("all predefined address pools have been fully subnetted");
    }

    /// <summary>What the host's routes and addresses occupy, default routes left out.</summary>
    public static List<IPNetwork> Used(NetlinkSocket route)
    {
        var used = new List<IPNetwork>();
        foreach (RouteInfo r in Routes.List(route))
            if (r.Destination.PrefixLength > 0) used.Add(r.Destination);
        foreach (AddressInfo a in Addresses.List(route))
            used.Add(new IPNetwork(a.Address, a.Address.GetAddressBytes().Length * 8));
        return used;
    }

    /// <summary>Whether one of the networks shares an address with <paramref name="subnet"/>.</summary>
    public static bool OverlapsAny(IPNetwork subnet, IReadOnlyList<IPNetwork> networks)
    {
        foreach (IPNetwork other in networks)
            if (subnet.Contains(other.BaseAddress) || other.Contains(subnet.BaseAddress)) return true;
        return false;
    }

    /// <summary>The subnet's first address, the bridge's own.</summary>
    public static IPAddress GatewayOf(IPNetwork subnet)
    {
        byte[] bytes = subnet.BaseAddress.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes);
    }
}
