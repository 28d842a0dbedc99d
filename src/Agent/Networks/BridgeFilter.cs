using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// Whether packets between containers of one network, which only pass a bridge, come by the rules, too. That costs some
/// of their speed, so it is so while there are policies only. The kernel's module br_netfilter does it: bridges of
/// others are left out of it unless they were in already.
/// </summary>
internal static class BridgeFilter
{
    private const string Settings = "/proc/sys/net/bridge";

    /// <summary>Makes sure that the kernel can do it.</summary>
    /// <exception cref="UsageException">It cannot.</exception>
    public static void Require()
    {
        if (Files.Exists(Settings)) return;
        Errno errno = KernelModules.TryLoad("net/bridge/br_netfilter");
        if (errno != Errno.None || !Files.Exists(Settings)) throw new UsageException(
            "network policies need the kernel module br_netfilter, and it cannot be loaded"
            + $" ({(errno == Errno.None ? "it does nothing here" : errno)}): try modprobe br_netfilter");
        // It begins with all bridges of the host.
        foreach (string name in (ReadOnlySpan<string>)["arptables", "iptables", "ip6tables"])
            Forwarding.Write($"{Settings}/bridge-nf-call-{name}", '0');
    }

    /// <summary>Sets it for a bridge.</summary>
    public static void Set(HostSockets host, string bridge, bool on)
    {
        using var batch = new NetlinkBatch();
        Links.Set(batch, bridge, new LinkChange { BridgedIsFiltered = on });
        host.Route.Execute(batch);
    }
}
