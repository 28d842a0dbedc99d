using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.RuntimeSpec;

/// <summary>
/// linux.netDevices: devices of the host that become the container's, with the addresses that they have; the kernel
/// takes those away when a device moves.
/// </summary>
internal static class NetDevices
{
    /// <summary>Moves them into the network namespace of a process, and turns them on.</summary>
    public static void Move((string Name, string NewName)[] devices, int pid)
    {
        using NetlinkSocket host = NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE);
        using NetNamespace inside = NetNamespace.Open(pid);
        foreach (var (name, newName) in devices)
        {
            LinkInfo link = Links.Find(host, name) ?? throw new UsageException(
                $"linux.netDevices: there is no device {name} on the host");
            Move(host, inside, link, newName.Length > 0 ? newName : name);
        }
    }

    private static void Move(NetlinkSocket host, NetNamespace inside, LinkInfo link, string newName)
    {
        List<AddressInfo> addresses =
            [.. Addresses.List(host).Where(a => a.LinkIndex == link.Index && !IsMadeByKernel(a.Address))];
        using var batch = new NetlinkBatch();
        Links.Set(batch, link.Index, new LinkChange { Name = newName, Namespace = inside.Fd }, link.Name);
        host.Execute(batch);
        LinkInfo moved = Links.Find(inside.Rtnetlink, newName)
            ?? throw new UsageException($"linux.netDevices: {link.Name} has gone on its way into the container");
        using var settings = new NetlinkBatch();
        foreach (AddressInfo address in addresses)
            Addresses.Add(settings, moved.Index, address.Address, address.PrefixLength);
        Links.Set(settings, moved.Index, new LinkChange { Up = true }, newName);
        inside.Rtnetlink.Execute(settings);
    }

    private static bool IsMadeByKernel(IPAddress address) => address.IsIPv6LinkLocal;
}
