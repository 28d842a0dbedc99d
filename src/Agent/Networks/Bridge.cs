using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// The host's side of a network: its record, the bridge interface with the gateway address, forwarding, and the rules.
/// Made at first use; put right again whenever it is found incomplete.
/// </summary>
internal sealed class Bridge(
    StateRoots roots, NetworkNames names, NetworkStore networks, EndpointStore endpoints, Ruleset rules)
{
    private const int DefaultMtu = 1500;

    /// <summary>
    /// The network and its bridge, ready for containers. Two questions to the kernel when all is in place.
    /// </summary>
    public (NetworkRecord Network, LinkInfo Link) Ensure(HostSockets host, string networkName)
    {
        if (networks.FindByName(networkName) is { } network && TryReady(host, network) is { } link)
            return (network, link);
        return Prepare(host, networkName);
    }

    /// <summary>Creates the records of the networks that always exist.</summary>
    public void EnsureRecords(HostSockets host)
    {
        if (networks.FindByName(NetworkNames.DefaultNetwork) is not null) return;
        using Fd turn = StateFile.LockNetworkNamespace();
        CreateRecords(host);
    }

    /// <summary>Held shared while ports of a container change, exclusively while the table is replaced.</summary>
    public Fd LockRules(bool exclusive) => StateFile.Lock(roots.RunRoot + "/networks/rules.lock", exclusive);

    private LinkInfo? TryReady(HostSockets host, NetworkRecord network)
    {
        if (network.Driver != "bridge") throw new UsageException($"network {network.Name} takes no endpoints");
        string name = names.BridgeOf(network);
        return Links.Find(host.Route, name) is { IsUp: true } link && rules.Knows(host, name) ? link : null;
    }

    private (NetworkRecord Network, LinkInfo Link) Prepare(HostSockets host, string networkName)
    {
        using Fd turn = StateFile.LockNetworkNamespace();
        CreateRecords(host);
        NetworkRecord network = networks.FindByName(networkName)
            ?? throw new UsageException($"network {networkName} not found");
        if (TryReady(host, network) is { } ready) return (network, ready);

        string name = names.BridgeOf(network);
        if (Links.Find(host.Route, name) is null)
        {
            network = ChooseAgainIfTaken(host, network);
            Create(host, network, name);
        }
        EnsureAddress(host, network, name);
        EnableForwarding(name);
        InstallRules(host);
        // Last, since an interface that is up tells everyone that all of the above is done.
        using var batch = new NetlinkBatch();
        Links.Set(batch, name, new LinkChange { Up = true });
        host.Route.Execute(batch);
        return (network, Links.Find(host.Route, name)!.Value);
    }

    private void CreateRecords(HostSockets host)
    {
        if (networks.FindByName(NetworkNames.DefaultNetwork) is not null) return;
        IPNetwork subnet = SubnetPool.Choose(SubnetPool.Used(host.Route));
        networks.Write(New("host", "host"));
        networks.Write(New("none", "null"));
        networks.Write(New(NetworkNames.DefaultNetwork, "bridge") with
        {
            Subnet = subnet, Gateway = SubnetPool.GatewayOf(subnet), IsSubnetChosen = true,
        });
    }

    private static NetworkRecord New(string name, string driver) =>
        new() { Id = NetworkStore.NewId(), Name = name, Driver = driver, Created = DateTime.UtcNow };

    /// <summary>
    /// The host may have gained a route into our subnet since it was chosen (a VPN, another engine).
    /// </summary>
    private NetworkRecord ChooseAgainIfTaken(HostSockets host, NetworkRecord network)
    {
        List<IPNetwork> used = SubnetPool.Used(host.Route);
        if (!SubnetPool.OverlapsAny(network.Subnet, used)) return network;
        if (!network.IsSubnetChosen)
            throw new UsageException(
                $"subnet {network.Subnet} of network {network.Name} overlaps with a route or address of the host");
        IPNetwork subnet = SubnetPool.Choose(used);
        network = network with { Subnet = subnet, Gateway = SubnetPool.GatewayOf(subnet) };
        networks.Write(network);
        return network;
    }

    private static void Create(HostSockets host, NetworkRecord network, string name)
    {
        using var batch = new NetlinkBatch();
        Links.AddBridge(batch, name, MacOf(network.Gateway!), MtuOfDefaultRoute(host));
        host.Route.Execute(batch);
    }

    private static void EnsureAddress(HostSockets host, NetworkRecord network, string name)
    {
        int index = Links.Find(host.Route, name)!.Value.Index;
        using var batch = new NetlinkBatch();
        Addresses.Add(batch, index, network.Gateway!, network.Subnet.PrefixLength);
        NetlinkError error = host.Route.TryExecute(batch);
        if (error.Errno is not (Errno.None or Errno.EEXIST)) throw error.ToException();
    }

    private void InstallRules(HostSockets host)
    {
        using Fd held = LockRules(exclusive: true);
        var present = new List<(string, IPNetwork)>();
        foreach (NetworkRecord network in networks.List())
            if (network.Driver == "bridge" && Links.Find(host.Route, names.BridgeOf(network)) is not null)
                present.Add((names.BridgeOf(network), network.Subnet));
        rules.Install(host, present, endpoints.List());
    }

    private static void EnableForwarding(string bridge)
    {
        WriteSysctl("/proc/sys/net/ipv4/ip_forward");
        WriteSysctl($"/proc/sys/net/ipv4/conf/{bridge}/route_localnet");
    }

    private static void WriteSysctl(string path)
    {
        if (StateFile.TryRead(path) is { Length: > 0 } current && current[0] == '1') return;
        using Fd fd = Files.Open(path, OpenFlags.O_WRONLY);
        Files.WriteAll(fd, "1"u8);
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

    /// <summary>A locally administered address made from the IPv4 one, so that both are reused together.</summary>
    public static MacAddress MacOf(IPAddress address)
    {
        Span<byte> bytes = [0x02, 0x42, 0, 0, 0, 0];
        address.TryWriteBytes(bytes[2..], out _);
        return MacAddress.FromBytes(bytes);
    }
}
