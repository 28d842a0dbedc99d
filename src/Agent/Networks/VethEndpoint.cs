using System.Net;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>The veth pairs of a container's endpoints.</summary>
internal static class VethEndpoint
{
    /// <summary>Makes the pairs, their near ends ports of the bridges.</summary>
    /// <param name="host">rtnetlink of the host.</param>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="bridges">The bridges that they become ports of, in the same order.</param>
    /// <param name="containerNamespace">Where the far ends are.</param>
    public static void Create(
        NetlinkSocket host, IReadOnlyList<Endpoint> endpoints, IReadOnlyList<ReadyBridge> bridges,
        Fd containerNamespace)
    {
        using var batch = new NetlinkBatch();
        for (int i = 0; i < endpoints.Count; i++) Add(batch, endpoints[i], bridges[i], containerNamespace);
        if (host.TryExecute(batch) is not { Errno: not Errno.None } error) return;
        // Some may have been made before the request that failed.
        foreach (Endpoint endpoint in endpoints) Delete(host, endpoint);
        Endpoint failed = endpoints[Math.Clamp(error.Index / 2, 0, endpoints.Count - 1)];
        throw error.ToException().While($"attach container {failed.ContainerId} to network {failed.NetworkName}");
    }

    /// <summary>Sets up the container's side: loopback, the interfaces, their addresses, the default routes.</summary>
    public static void Configure(NetlinkSocket inside, IReadOnlyList<Endpoint> endpoints)
    {
        int[] indexes = [.. endpoints.Select(endpoint => IndexOf(inside, endpoint))];
        using var batch = new NetlinkBatch();
        Links.Set(batch, 1, new LinkChange { Up = true }, "lo");
        for (int i = 0; i < indexes.Length; i++) Configure(batch, indexes[i], endpoints[i]);
        for (int i = 0; i < indexes.Length; i++) AddRoutes(batch, indexes[i], endpoints[i], replace: false);
        Execute(inside, batch, endpoints[0]);
    }

    /// <summary>Sets up the interface of a network that a running container has joined.</summary>
    public static void Configure(NetlinkSocket inside, Endpoint endpoint)
    {
        using var batch = new NetlinkBatch();
        Configure(batch, IndexOf(inside, endpoint), endpoint);
        Execute(inside, batch, endpoint);
    }

    /// <summary>Has the default routes go by the endpoints that are the gateways now.</summary>
    public static void Reroute(NetlinkSocket inside, IReadOnlyList<Endpoint> endpoints)
    {
        using var batch = new NetlinkBatch();
        foreach (Endpoint endpoint in endpoints)
            if (endpoint.IsGateway || endpoint.IsIpv6Gateway)
                AddRoutes(batch, IndexOf(inside, endpoint), endpoint, replace: true);
        if (batch.Count > 0) Execute(inside, batch, endpoints[0]);
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

    private static void Add(NetlinkBatch batch, Endpoint endpoint, ReadyBridge bridge, Fd containerNamespace)
    {
        Links.AddVeth(batch, new VethPair
        {
            Name = endpoint.HostVeth,
            Master = bridge.Link.Index,
            Mtu = bridge.Link.Mtu,
            PeerName = endpoint.InterfaceName,
            PeerMac = endpoint.Mac,
            PeerNamespace = containerNamespace,
        });
        Links.Set(batch, endpoint.HostVeth,
            PortOf(endpoint, bridge.IsolatesPorts) with { Up = true, NoLinkLocal = HasIpv6 });
    }

    /// <summary>What the near end is as a port of the bridge.</summary>
    public static LinkChange PortOf(Endpoint endpoint, bool isIsolated) => new()
    {
        // With br_netfilter a packet to the container's own published port goes back out of the port it came in by.
        Hairpin = endpoint.Ports.Count > 0 ? true : null,
        Isolated = isIsolated ? true : null,
    };

    private static void Configure(NetlinkBatch batch, int index, Endpoint endpoint)
    {
        Links.Set(batch, index, new LinkChange { Up = true, NoLinkLocal = HasIpv6 && endpoint.Ipv6Address is null },
            endpoint.InterfaceName);
        if (endpoint.Address is { } address) Addresses.Add(batch, index, address, endpoint.PrefixLength);
        if (endpoint.Ipv6Address is { } address6) Addresses.Add(batch, index, address6, endpoint.Ipv6PrefixLength);
        foreach (IPAddress local in endpoint.LinkLocalAddresses)
            Addresses.Add(batch, index, local, local.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
                ? 16 : 64);
    }

    private static void AddRoutes(NetlinkBatch batch, int index, Endpoint endpoint, bool replace)
    {
        if (endpoint is { IsGateway: true, Gateway: { } gateway })
            Routes.AddDefault(batch, gateway, index, replace);
        if (endpoint is { IsIpv6Gateway: true, Ipv6Gateway: { } gateway6 })
            Routes.AddDefault(batch, gateway6, index, replace);
    }

    private static int IndexOf(NetlinkSocket inside, Endpoint endpoint) =>
        Links.Find(inside, endpoint.InterfaceName)?.Index ?? throw new LinuxException(
            Errno.ENODEV, "RTM_GETLINK", endpoint.InterfaceName, "configure the container's interface");

    private static void Execute(NetlinkSocket inside, NetlinkBatch batch, Endpoint endpoint)
    {
        if (inside.TryExecute(batch) is { Errno: not Errno.None } error)
            throw error.ToException().While($"configure the network of container {endpoint.ContainerId}");
    }

    // A kernel started without IPv6 refuses to be told about its link-local addresses.
    private static bool HasIpv6 => Files.Exists("/proc/net/if_inet6");
}
