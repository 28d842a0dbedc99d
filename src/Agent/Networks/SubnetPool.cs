using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// The subnets that the engine may choose for a network. The default bridge gets one of Docker's; a network that a user
/// makes gets 254 addresses of the same ranges, so that there are enough for thousands of them.
/// </summary>
internal static class SubnetPool
{
    private const int UserPrefix = 24;
    private const uint UserSize = 1u << (32 - UserPrefix);

    private static readonly IPNetwork[] s_userRanges =
    [
        IPNetwork.Parse("172.18.0.0/15"), IPNetwork.Parse("172.20.0.0/14"), IPNetwork.Parse("172.24.0.0/13"),
        IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("10.192.0.0/11"),
    ];

    /// <summary>The first subnet for the default bridge that touches none of <paramref name="used"/>.</summary>
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
        throw Exhausted();
    }

    /// <summary>The first subnet for a network of a user's that touches none of <paramref name="used"/>.</summary>
    public static IPNetwork ChooseForUser(IReadOnlyList<IPNetwork> used)
    {
        foreach (IPNetwork range in s_userRanges)
        {
            bool[] taken = new bool[(AddressNumber.LastOf(range) + 1) / UserSize];
            foreach (IPNetwork network in used) Mark(taken, range, network);
            for (uint place = 0; place < taken.Length; place++)
                if (!taken[place]) return new IPNetwork(AddressNumber.At(range, place * UserSize), UserPrefix);
        }
        throw Exhausted();
    }

    /// <summary>
    /// A unique local subnet of 64 bits, random as RFC 4193 section 3.2 wants it, that touches none of
    /// <paramref name="used"/>.
    /// </summary>
    public static IPNetwork ChooseUniqueLocal(IReadOnlyList<IPNetwork> used)
    {
        while (true)
        {
            byte[] address = new byte[16];
            RandomBytes.Fill(address.AsSpan(1, 5));
            address[0] = 0xfd;
            var subnet = new IPNetwork(new IPAddress(address), 64);
            if (!OverlapsAny(subnet, used)) return subnet;
        }
    }

    /// <summary>
    /// Whether a route is a default route, which says nothing about who has the addresses. VPNs make two halves of one,
    /// which win over the one that is there.
    /// </summary>
    public static bool IsDefault(IPNetwork destination) => destination.PrefixLength <= 1;

    /// <summary>What the host's routes and addresses occupy, default routes left out.</summary>
    public static List<IPNetwork> Used(NetlinkSocket route)
    {
        var used = new List<IPNetwork>();
        foreach (RouteInfo r in Routes.List(route))
            if (!IsDefault(r.Destination)) used.Add(r.Destination);
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

    // One look at each network is enough when there are thousands.
    private static void Mark(bool[] taken, IPNetwork range, IPNetwork network)
    {
        if (network.BaseAddress.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork) return;
        long start = AddressNumber.Of(range.BaseAddress), first = AddressNumber.Of(network.BaseAddress) - start;
        long last = Math.Min(first + (long)AddressNumber.LastOf(network), (long)AddressNumber.LastOf(range));
        for (long place = Math.Max(first, 0) / UserSize; place <= last / UserSize && last >= 0; place++)
            taken[place] = true;
    }

    private static UsageException Exhausted() => new(
        "all predefined address pools have been fully subnetted; remove networks that nobody uses (network prune), or "
        + "name a subnet (--subnet)");
}
