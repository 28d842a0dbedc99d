using System.Net;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks.Policies;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// The host's side of a network: its record, the bridge interface with the gateway addresses, forwarding, and the
/// rules. Made at first use; put right again whenever it is found incomplete.
/// </summary>
internal sealed partial class Bridge(
    StateRoots roots, NetworkNames names, NetworkStore networks, EndpointStore endpoints, Ruleset rules,
    PolicyModule policies)
{
    private const int DefaultMtu = 1500;

    /// <summary>What others forbid to pass.</summary>
    public ForeignForward Forward { get; } = new(names, networks);

    /// <summary>
    /// The network and its bridge, ready for containers. Three questions to the kernel when all is in place, one more
    /// with IPv6.
    /// </summary>
    public ReadyBridge Ensure(HostSockets host, NetworkRecord network)
    {
        ReadyBridge bridge = TryReady(host, network) ?? Prepare(host, network.Id);
        if (Forward.IsInTheWay(host, bridge.Network)) OpenForward(host);
        return bridge;
    }

    /// <summary>Creates the records of the networks that always exist.</summary>
    public void EnsureRecords(HostSockets host)
    {
        if (networks.Exist) return;
        using FileLock turn = StateFile.LockNetworkNamespace();
        CreateRecords(host);
    }

    /// <summary>Held shared while ports of a container change, exclusively while the table is replaced.</summary>
    public FileLock LockRules(bool exclusive) => StateFile.Lock(roots.RunRoot + "/networks/rules.lock", exclusive);

    private ReadyBridge? TryReady(HostSockets host, NetworkRecord network)
    {
        if (network.Driver != "bridge") throw new UsageException($"network {network.Name} takes no endpoints");
        string name = names.BridgeOf(network);
        return Links.Find(host.Route, name) is { IsUp: true } link && rules.Knows(host, name)
            ? new ReadyBridge(network, link, new BridgeOptions(network)) : null;
    }

    private ReadyBridge Prepare(HostSockets host, string networkId)
    {
        using FileLock turn = StateFile.LockNetworkNamespace();
        // It may have gone, or have another subnet, since it was looked up.
        NetworkRecord network = networks.FindById(networkId)
            ?? throw new UsageException($"network {networkId} not found");
        return TryReady(host, network) ?? Complete(host, network);
    }

    private ReadyBridge Complete(HostSockets host, NetworkRecord network)
    {
        string name = names.BridgeOf(network);
        var options = new BridgeOptions(network);
        List<Endpoint> attached = endpoints.List().FindAll(end => end.NetworkId == network.Id);
        if (Links.Find(host.Route, name) is null)
        {
            if (network.IsBridgeForeign) throw new UsageException(
                $"network {network.Name} needs the bridge {name}, which was there when the network was created");
            // Containers that run have addresses of it: the bridge was taken from under them.
            if (attached.Count == 0) network = ChooseAgainIfTaken(host, network);
            Create(host, network, options, name);
        }
        EnsureAddresses(host, network, options, name);
        EnsurePorts(host, attached, options, name);
        Forwarding.Enable(roots, name, network.Has(ipv6: true) && !network.IsInternal);
        InstallRules(host, name, network);
        if (policies.Any)
        {
            BridgeFilter.Require();
            BridgeFilter.Set(host, name, on: true);
        }
        using var batch = new NetlinkBatch();
        // What is sent into a bridge comes from the host or by it; what containers send each other does not.
        if (options.TotalIngressBytesPerSecond is > 0 and var limit)
            Queues.Limit(batch, Links.Find(host.Route, name)!.Value.Index, limit, name);
        // Last, since an interface that is up tells everyone that all of the above is done.
        Links.Set(batch, name, new LinkChange { Up = true });
        host.Route.Execute(batch);
        return new ReadyBridge(network, Links.Find(host.Route, name)!.Value, options);
    }

    private void CreateRecords(HostSockets host)
    {
        if (networks.Exist) return;
        // The first ones may be there, when it has come no further before.
        if (networks.FindByName("host") is null) networks.Write(New("host", "host"));
        if (networks.FindByName("none") is null) networks.Write(New("none", "null"));
        networks.Write(New(NetworkNames.DefaultNetwork, "bridge") with
        {
            Pools = [AddressPool.Of(SubnetPool.Choose(SubnetPool.Used(host.Route)))], IsSubnetChosen = true,
        });
    }

    private static NetworkRecord New(string name, string driver) =>
        new() { Id = NetworkStore.NewId(), Name = name, Driver = driver, Created = DateTimeOffset.UtcNow };

    /// <summary>
    /// The host may have gained a route into our subnet since it was chosen (a VPN, another engine).
    /// </summary>
    private NetworkRecord ChooseAgainIfTaken(HostSockets host, NetworkRecord network)
    {
        List<IPNetwork> used = SubnetPool.Used(host.Route);
        if (Array.Find(network.Pools, pool => SubnetPool.OverlapsAny(pool.Subnet, used)) is not { } taken)
            return network;
        if (!network.IsSubnetChosen || taken.IsIpv6)
            throw new UsageException(
                $"subnet {taken.Subnet} of network {network.Name} overlaps with a route or address of the host");
        used.AddRange(networks.List().SelectMany(other => other.Pools).Select(pool => pool.Subnet));
        IPNetwork subnet = network.IsPredefined ? SubnetPool.Choose(used) : SubnetPool.ChooseForUser(used);
        network = network with { Pools = [AddressPool.Of(subnet), .. network.PoolsOf(ipv6: true)] };
        networks.Write(network);
        return network;
    }

    private static void Create(HostSockets host, NetworkRecord network, BridgeOptions options, string name)
    {
        using var batch = new NetlinkBatch();
        int mtu = options.Mtu is { } asked and > 0 ? asked : MtuOfDefaultRoute(host);
        Links.AddBridge(batch, name, MacOf(Array.Find(network.Pools, pool => !pool.IsIpv6)?.Gateway), mtu);
        host.Route.Execute(batch);
    }

    private static void EnsureAddresses(
        HostSockets host, NetworkRecord network, BridgeOptions options, string name)
    {
        int index = Links.Find(host.Route, name)!.Value.Index;
        using var batch = new NetlinkBatch();
        foreach ((IPAddress address, int prefixLength) in AddressesOf(network, options))
        {
            batch.Clear();
            Addresses.Add(batch, index, address, prefixLength);
            NetlinkError error = host.Route.TryExecute(batch);
            if (error.Errno is not (Errno.None or Errno.EEXIST)) throw error.ToException();
        }
    }

    private static IEnumerable<(IPAddress Address, int PrefixLength)> AddressesOf(
        NetworkRecord network, BridgeOptions options)
    {
        // The kernel asks for neighbours by its link-local address, and the one that it gives itself cannot be used for
        // a second (duplicate address detection); Docker's bridges have this one.
        if (network.Has(ipv6: true) && options.GatewayMode(ipv6: true) != "isolated")
            yield return (IPAddress.Parse("fe80::1"), 64);
        foreach (AddressPool pool in network.Pools)
            if (pool.Gateway is { } gateway && options.GatewayMode(pool.IsIpv6) != "isolated"
                && (pool.IsIpv6 || !options.InhibitsIpv4))
                yield return (gateway, pool.Subnet.PrefixLength);
    }

    // Of a table that is there, only this network's elements can be missing: whoever takes away more takes all of it.
    private void InstallRules(HostSockets host, string name, NetworkRecord added)
    {
        using FileLock held = LockRules(exclusive: true);
        if (!rules.TryAdd(host, name, added)) InstallAll(host, Present(host));
    }

    /// <summary>The networks whose bridges are there, by the bridges' names.</summary>
    public Dictionary<string, NetworkRecord> Present(HostSockets host)
    {
        var present = new Dictionary<string, NetworkRecord>();
        foreach (NetworkRecord network in networks.List())
            if (network.Driver == "bridge" && Links.Find(host.Route, names.BridgeOf(network)) is not null)
                present[names.BridgeOf(network)] = network;
        return present;
    }

    private void InstallAll(HostSockets host, Dictionary<string, NetworkRecord> present)
    {
        List<Endpoint> all = endpoints.List();
        policies.Install(host, Members(all), write =>
            rules.Install(host, present.Select(pair => (pair.Key, pair.Value)), all, write));
    }

    /// <summary>Endpoints as policies see them: those on bridges, as no others' packets come by the rules.</summary>
    public IEnumerable<PolicyMember> Members(IEnumerable<Endpoint> all)
    {
        // Each network once, and no others: there may be thousands.
        var known = new Dictionary<string, NetworkRecord?>();
        foreach (Endpoint end in all)
        {
            if (!known.TryGetValue(end.NetworkId, out NetworkRecord? network))
                known[end.NetworkId] = network = networks.FindById(end.NetworkId);
            if (network is { Driver: "bridge" })
                yield return new PolicyMember
                {
                    Id = end.Id, ContainerId = end.ContainerId, Network = network.Name, Labels = end.Labels,
                    NetworkLabels = network.Labels, Addresses = [.. end.Addresses],
                    Names = [end.ContainerName, .. end.Names.Where(name => name != end.ContainerName)],
                };
        }
    }

    /// <summary>Takes the host's side of a network away; fine when there is none.</summary>
    public void Remove(HostSockets host, NetworkRecord network)
    {
        string name = names.BridgeOf(network);
        using (LockRules(exclusive: true)) rules.Remove(host, name, network);
        if (!network.IsBridgeForeign) EndpointLinks.DeleteLink(host.Route, name);
        else LeaveForeign(host, network, name);
    }

    /// <summary>Takes from a bridge that was there before its network what the network needed of it.</summary>
    public static void LeaveForeign(HostSockets host, NetworkRecord network, string name)
    {
        if (new BridgeOptions(network).TotalIngressBytesPerSecond == 0
            || Links.Find(host.Route, name) is not { } link) return;
        using var batch = new NetlinkBatch();
        Queues.Reset(batch, link.Index, name);
        if (host.Route.TryExecute(batch) is { Errno: not (Errno.None or Errno.ENOENT) } error)
            throw error.ToException();
    }

    /// <summary>
    /// Packets that leave must fit the way out; a larger bridge would lose them where path MTU discovery is blocked.
    /// </summary>
    private static int MtuOfDefaultRoute(HostSockets host)
    {
        foreach (RouteInfo route in Routes.List(host.Route))
            if (route.Destination.PrefixLength == 0 && route.LinkIndex > 0
                && Links.Find(host.Route, route.LinkIndex) is { } link)
                return Math.Min(link.Mtu, DefaultMtu);
        return DefaultMtu;
    }

    /// <summary>
    /// A locally administered address made from the IPv4 one, so that both are reused together; a random one without.
    /// </summary>
    public static MacAddress MacOf(IPAddress? address)
    {
        Span<byte> bytes = [0x02, 0x42, 0, 0, 0, 0];
        if (address is null) RandomBytes.Fill(bytes[2..]);
        else address.TryWriteBytes(bytes[2..], out _);
        return MacAddress.FromBytes(bytes);
    }
}
