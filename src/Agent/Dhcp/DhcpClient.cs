using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Dhcp;

/// <summary>What is done before a container starts, or when it joins or leaves a network while it runs.</summary>
internal static class DhcpClient
{
    private static readonly int[] s_waitsMs = [1000, 2000, 4000];

    /// <summary>Asks for an address and waits for it; 14 seconds at the most.</summary>
    /// <param name="inside">Where the link is.</param>
    /// <param name="link">Its name there; it is up.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="network">The network, for errors.</param>
    /// <exception cref="UsageException">Nobody has given one.</exception>
    public static DhcpLease Acquire(NetNamespace inside, string link, DhcpIdentity who, string network)
    {
        using DhcpExchange exchange = Begin(inside, link, who);
        string what = "no DHCP server answers";
        for (int attempt = 0; attempt < s_waitsMs.Length; attempt++)
        {
            if (exchange.Send() is not Errno.None and var errno)
                throw new LinuxException(errno, "sendmsg", link, $"ask for an address on network {network}");
            if (!Wait(exchange, s_waitsMs[attempt])) continue;
            if (exchange.Lease is { } lease) return lease;
            if (exchange.Refusal is { } refusal) throw new UsageException($"network {network}: the DHCP server "
                + $"{refusal.Server} refuses the address that it has offered"
                + (refusal.Message.Length > 0 ? $": {refusal.Message}" : ""), 125);
            // An offer: it is taken with as much patience.
            what = $"the DHCP server {exchange.OfferedBy} has offered an address and says nothing more";
            attempt = -1;
        }
        throw new UsageException($"network {network}: {what}, though asked {s_waitsMs.Length} times"
            + (exchange.Problem is { } problem ? $"; an answer could not be used: {problem}" : "")
            + "; check that a server serves the network that its parent interface is on", 125);
    }

    /// <summary>Gives an address back, if the link is still there to say so.</summary>
    public static void Release(NetNamespace inside, string link, DhcpIdentity who, DhcpLease lease)
    {
        if (Links.Find(inside.Rtnetlink, link) is not { } found) return;
        using (new NetNamespaceScope(inside.Fd)) DhcpExchange.Release(found.Index, who, lease);
    }

    private static DhcpExchange Begin(NetNamespace inside, string link, DhcpIdentity who)
    {
        int index = Links.Find(inside.Rtnetlink, link)?.Index
            ?? throw new LinuxException(Errno.ENODEV, "RTM_GETLINK", link, "ask for an address");
        using (new NetNamespaceScope(inside.Fd)) return DhcpExchange.Begin(index, who, own: null);
    }

    // Answers of others, and ones that cannot be used, take nothing of the time.
    private static bool Wait(DhcpExchange exchange, int waitMs)
    {
        long untilMs = System.Environment.TickCount64 + waitMs;
        while (untilMs - System.Environment.TickCount64 is > 0 and var leftMs)
            if (Files.Poll(exchange.Fd, PollEvents.POLLIN, (int)leftMs) != PollEvents.None && exchange.Receive())
                return true;
        return false;
    }
}
