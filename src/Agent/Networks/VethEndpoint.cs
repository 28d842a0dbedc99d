using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>The veth pair of one endpoint.</summary>
internal static class VethEndpoint
{
    /// <summary>Makes the pair, its near end a port of the bridge.</summary>
    public static void Create(NetlinkSocket host, in LinkInfo bridge, Endpoint endpoint, Fd containerNamespace)
    {
        using var batch = new NetlinkBatch();
        Links.AddVeth(batch, new VethPair
        {
            Name = endpoint.HostVeth,
            Master = bridge.Index,
            Mtu = bridge.Mtu,
            PeerName = endpoint.InterfaceName,
            PeerMac = endpoint.Mac,
            PeerNamespace = containerNamespace,
        });
        // With br_netfilter a packet to the container's own published port goes back out of the port it came in by.
        bool? hairpin = endpoint.Ports.Count > 0 ? true : null;
        Links.Set(batch, endpoint.HostVeth, new LinkChange { Up = true, Hairpin = hairpin, NoLinkLocal = HasIpv6 });
        if (host.TryExecute(batch) is not { Errno: not Errno.None } error) return;
        // The pair may have been made before the second request failed.
        if (error.Index > 0) Delete(host, endpoint);
        throw error.ToException().While($"attach container {endpoint.ContainerId} to network {endpoint.NetworkName}");
    }

    /// <summary>Sets up the container's side: loopback, the interface, its address, the default route.</summary>
    public static void Configure(NetlinkSocket inside, Endpoint endpoint)
    {
        LinkInfo link = Links.Find(inside, endpoint.InterfaceName)
            ?? throw new LinuxException(
                Errno.ENODEV, "RTM_GETLINK", endpoint.InterfaceName, "configure the container's interface");
        using var batch = new NetlinkBatch();
        Links.Set(batch, 1, new LinkChange { Up = true }, "lo");
        Links.Set(batch, link.Index, new LinkChange { Up = true, NoLinkLocal = HasIpv6 }, endpoint.InterfaceName);
        Addresses.Add(batch, link.Index, endpoint.Address, endpoint.PrefixLength);
        Routes.AddDefault(batch, endpoint.Gateway, link.Index);
        if (inside.TryExecute(batch) is { Errno: not Errno.None } error)
            throw error.ToException().While($"configure the network of container {endpoint.ContainerId}");
    }

    /// <summary>Deletes the pair; fine when it is gone.</summary>
    public static void Delete(NetlinkSocket host, Endpoint endpoint) => DeleteLink(host, endpoint.HostVeth);

    /// <summary>Deletes a link; fine when there is none.</summary>
    public static void DeleteLink(NetlinkSocket host, string name)
    {
        using var batch = new NetlinkBatch();
        Links.Delete(batch, name);
        NetlinkError error = host.TryExecute(batch);
        if (error.Errno is not (Errno.None or Errno.ENODEV)) throw error.ToException();
    }

    // A kernel started without IPv6 refuses to be told about its link-local addresses.
    private static bool HasIpv6 => Files.Exists("/proc/net/if_inet6");
}
