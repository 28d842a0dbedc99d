using System.Net;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Networks;

/// <summary>The interfaces of a container's endpoints: veth pairs, or links of an interface of the host.</summary>
internal static class EndpointLinks
{
    /// <summary>Makes the interfaces, those of bridges with their near ends; a leased one is there already.</summary>
    /// <param name="host">rtnetlink of the host.</param>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="networks">What they hang on, in the same order.</param>
    /// <param name="inside">The container's namespace.</param>
    public static void Create(
        NetlinkSocket host, IReadOnlyList<Endpoint> endpoints, IReadOnlyList<ReadyNetwork> networks,
        NetNamespace inside)
    {
        using var batch = new NetlinkBatch();
        var owners = new List<Endpoint>();
        for (int i = 0; i < endpoints.Count; i++)
        {
            if (endpoints[i].Lease is null) networks[i].AddLink(batch, endpoints[i], inside.Fd);
            while (owners.Count < batch.Count) owners.Add(endpoints[i]);
        }
        if (owners.Count == 0) return;
        try
        {
            if (host.TryExecute(batch) is { Errno: not Errno.None } error) throw error.ToException().While(
                AttachingOf(owners[Math.Clamp(error.Index, 0, owners.Count - 1)]));
            foreach (Endpoint endpoint in endpoints)
            {
                if (endpoint.IngressBytesPerSecond > 0) LimitIngress(host, endpoint);
                if (endpoint is { IsDirect: true, Lease: null, Ipv6Address: null }) IgnoreRouters(inside, endpoint);
            }
        }
        catch
        {
            // Some may have been made before what failed.
            foreach (Endpoint endpoint in endpoints) DeleteNew(host, inside, endpoint);
            throw;
        }
    }

    /// <summary>Sets up the container's side: loopback, the interfaces, their addresses, the default routes.</summary>
    /// <param name="inside">The container's namespace.</param>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="probe">Called while interfaces are up and have no addresses yet; may refuse them.</param>
    public static void Configure(NetNamespace inside, IReadOnlyList<Endpoint> endpoints, Action? probe)
    {
        using var batch = new NetlinkBatch();
        Links.Set(batch, 1, new LinkChange { Up = true }, "lo");
        int[] indexes = Configure(batch, inside, endpoints, probe);
        for (int i = 0; i < indexes.Length; i++) AddRoutes(batch, indexes[i], endpoints[i], replace: false);
        Execute(inside.Rtnetlink, batch, endpoints[0]);
    }

    /// <summary>Sets up the interface of a network that a running container has joined; routes come later.</summary>
    /// <param name="inside">The container's namespace.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="probe">As in <see cref="Configure(NetNamespace, IReadOnlyList{Endpoint}, Action?)"/>.</param>
    public static void ConfigureJoined(NetNamespace inside, Endpoint endpoint, Action? probe)
    {
        using var batch = new NetlinkBatch();
        Configure(batch, inside, [endpoint], probe);
        Execute(inside.Rtnetlink, batch, endpoint);
    }

    /// <summary>Has the default routes go by the endpoints that are the gateways now.</summary>
    public static void Reroute(NetlinkSocket inside, IReadOnlyList<Endpoint> endpoints)
    {
        using var batch = new NetlinkBatch();
        foreach (Endpoint endpoint in endpoints)
            if (endpoint.IsGateway || endpoint.IsIpv6Gateway)
                AddRoutes(batch, IndexOf(inside, endpoint.InterfaceName), endpoint, replace: true);
        if (batch.Count > 0) Execute(inside, batch, endpoints[0]);
    }

    /// <summary>Gives an interface that is set up another address; what has been done before is fine.</summary>
    /// <param name="inside">rtnetlink of the container.</param>
    /// <param name="before">What it had.</param>
    /// <param name="after">What it gets; without an address the interface may be gone.</param>
    /// <param name="keeps">An address that is the same is not taken away in between.</param>
    public static void Readdress(NetlinkSocket inside, Endpoint before, Endpoint after, bool keeps)
    {
        if (after.Address is null && Links.Find(inside, after.InterfaceName) is null) return;
        using var batch = new NetlinkBatch();
        int index = IndexOf(inside, after.InterfaceName);
        bool isSame = Equals(before.Address, after.Address) && before.PrefixLength == after.PrefixLength;
        if (before.Address is { } old && !(keeps && isSame))
        {
            Addresses.Delete(batch, index, old, before.PrefixLength);
            // The container may have done it itself.
            if (inside.TryExecute(batch) is { Errno: not (Errno.None or Errno.EADDRNOTAVAIL) } error)
                throw error.ToException();
            batch.Clear();
        }
        if (after.Address is not { } address) return;
        Addresses.Add(batch, index, address, after.PrefixLength);
        if (inside.TryExecute(batch) is { Errno: not (Errno.None or Errno.EEXIST) } refused)
            throw refused.ToException();
    }

    /// <summary>Deletes an interface; fine when it is gone.</summary>
    /// <param name="host">rtnetlink of the host.</param>
    /// <param name="inside">
    /// The container's namespace; null when that is gone, and what has no end outside with it.
    /// </param>
    /// <param name="endpoint">The endpoint.</param>
    public static void Delete(NetlinkSocket host, NetNamespace? inside, Endpoint endpoint)
    {
        if (!endpoint.IsDirect) DeleteLink(host, endpoint.HostVeth);
        // Where it still has its first name, the other one is somebody else's.
        else if (inside is not null && !DeleteLink(inside.Rtnetlink, endpoint.FirstName))
            DeleteLink(inside.Rtnetlink, endpoint.InterfaceName);
    }

    /// <summary>Deletes an interface that has its first name yet, if any: another name is another one's.</summary>
    public static void DeleteNew(NetlinkSocket host, NetNamespace inside, Endpoint endpoint)
    {
        if (!endpoint.IsDirect) DeleteLink(host, endpoint.HostVeth);
        else DeleteLink(inside.Rtnetlink, endpoint.FirstName);
    }

    /// <summary>Deletes a link; false when there is none.</summary>
    public static bool DeleteLink(NetlinkSocket host, string name)
    {
        using var batch = new NetlinkBatch();
        Links.Delete(batch, name);
        NetlinkError error = host.TryExecute(batch);
        return error.Errno is Errno.None or Errno.ENODEV ? error.Errno == Errno.None : throw error.ToException();
    }

    private static string AttachingOf(Endpoint endpoint) =>
        $"attach container {endpoint.ContainerId} to network {endpoint.NetworkName}";

    // Routers of the parent's network tell stations their addresses, which nobody has asked for here.
    private static void IgnoreRouters(NetNamespace inside, Endpoint endpoint)
    {
        if (!HasIpv6) return;
        using (new NetNamespaceScope(inside.Fd))
            Files.WriteFile($"/proc/sys/net/ipv6/conf/{endpoint.FirstName}/accept_ra", "0");
    }

    // The host's end sends what the container receives.
    private static void LimitIngress(NetlinkSocket host, Endpoint endpoint)
    {
        using var batch = new NetlinkBatch();
        int index = Links.Find(host, endpoint.HostVeth)?.Index ?? throw new LinuxException(
            Errno.ENODEV, "RTM_GETLINK", endpoint.HostVeth, "limit the container's bandwidth");
        Queues.Limit(batch, index, endpoint.IngressBytesPerSecond, endpoint.HostVeth);
        Execute(host, batch, endpoint);
    }

    /// <summary>What the near end is as a port of the bridge.</summary>
    public static LinkChange PortOf(Endpoint endpoint, bool isIsolated) => new()
    {
        // With br_netfilter a packet to the container's own published port goes back out of the port it came in by.
        Hairpin = endpoint.Ports.Count > 0 ? true : null,
        Isolated = isIsolated ? true : null,
    };

    private static int[] Configure(
        NetlinkBatch batch, NetNamespace inside, IReadOnlyList<Endpoint> endpoints, Action? probe)
    {
        foreach (Endpoint endpoint in endpoints) EndpointSysctls.Set(inside, endpoint, NewName(endpoint));
        int[] indexes = [.. endpoints.Select(endpoint => IndexOf(inside.Rtnetlink, NewName(endpoint)))];
        for (int i = 0; i < indexes.Length; i++) SetUp(batch, indexes[i], endpoints[i]);
        if (probe is not null)
        {
            Execute(inside.Rtnetlink, batch, endpoints[0]);
            batch.Clear();
            probe();
        }
        for (int i = 0; i < indexes.Length; i++) AddAddresses(batch, indexes[i], endpoints[i]);
        return indexes;
    }

    private static void SetUp(NetlinkBatch batch, int index, Endpoint endpoint)
    {
        if (endpoint.EgressBytesPerSecond > 0)
            Queues.Limit(batch, index, endpoint.EgressBytesPerSecond, endpoint.InterfaceName);
        Links.Set(batch, index, new LinkChange
        {
            Name = endpoint.IsDirect ? endpoint.InterfaceName : null, Up = true,
            NoLinkLocal = HasIpv6 && endpoint.Ipv6Address is null,
        }, endpoint.InterfaceName);
    }

    private static void AddAddresses(NetlinkBatch batch, int index, Endpoint endpoint)
    {
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
        // A router of the parent's network may have been quicker.
        if (endpoint is { IsIpv6Gateway: true, Ipv6Gateway: { } gateway6 })
            Routes.AddDefault(batch, gateway6, index, replace || endpoint.IsDirect);
    }

    private static int IndexOf(NetlinkSocket inside, string name) =>
        Links.Find(inside, name)?.Index ?? throw new LinuxException(
            Errno.ENODEV, "RTM_GETLINK", name, "configure the container's interface");

    private static string NewName(Endpoint endpoint) => endpoint.IsDirect ? endpoint.FirstName : endpoint.InterfaceName;

    private static void Execute(NetlinkSocket inside, NetlinkBatch batch, Endpoint endpoint)
    {
        if (inside.TryExecute(batch) is { Errno: not Errno.None } error)
            throw error.ToException().While($"configure the network of container {endpoint.ContainerId}");
    }

    /// <summary>A kernel started without IPv6 refuses to be told about its link-local addresses.</summary>
    public static bool HasIpv6 => Files.Exists("/proc/net/if_inet6");
}
