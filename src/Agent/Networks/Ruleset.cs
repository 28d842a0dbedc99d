using System.Net;
using System.Text;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// The engine's nf_tables table. The rules never change: networks and published ports are elements of sets and maps,
/// found by hash, so neither a packet nor an update gets slower with their number. One thing it can't do: a drop in
/// another table (a firewall's forward policy) wins over any accept here.
/// </summary>
internal sealed partial class Ruleset(string table)
{
    /// <summary>The set of the interfaces of all networks.</summary>
    public const string Bridges = "bridges";

    private const string Within = "within";
    private const string Internal = "internal";
    private const string Unprotected = "unprotected";
    private const int NameSize = 16;

    /// <summary>Whether the table is there and knows the bridge: one short question to the kernel.</summary>
    public bool Knows(HostSockets host, string bridge)
    {
        Span<byte> name = stackalloc byte[NameSize];
        WriteName(name, bridge);
        return NftBatch.Contains(host.Netfilter, table, Bridges, name);
    }

    /// <summary>
    /// Replaces the whole table in one transaction, so that it is right whatever was there before, and no packet meets
    /// a half.
    /// </summary>
    /// <param name="host">Sockets.</param>
    /// <param name="networks">The networks whose bridges are there.</param>
    /// <param name="endpoints">All endpoints.</param>
    /// <param name="writePolicies">Writes the policies' part.</param>
    public void Install(
        HostSockets host, IEnumerable<(string Bridge, NetworkRecord Network)> networks, IEnumerable<Endpoint> endpoints,
        Action<NftBatch> writePolicies)
    {
        using var batch = new NftBatch();
        batch.AddTable(table);
        batch.DeleteTable(table);
        batch.AddTable(table);
        AddSets(batch);
        AddRules(batch);
        foreach ((string bridge, NetworkRecord network) in networks) AddNetwork(batch, bridge, network);
        foreach (Endpoint endpoint in endpoints) WriteElements(batch, endpoint.Ports, endpoint, add: true);
        writePolicies(batch);
        batch.Commit(host.Netfilter);
    }

    /// <summary>Adds a network to the table; false when there is none, or not one of this version.</summary>
    public bool TryAdd(HostSockets host, string bridge, NetworkRecord network)
    {
        using var batch = new NftBatch();
        AddNetwork(batch, bridge, network);
        NetlinkError error = batch.TryCommit(host.Netfilter);
        return error.Errno is Errno.None or Errno.ENOENT ? error.Errno == Errno.None : throw error.ToException();
    }

    /// <summary>Takes a network out of the table; fine when it is not there.</summary>
    public void Remove(HostSockets host, string bridge, NetworkRecord network)
    {
        RemoveTotal(host, bridge, new BridgeOptions(network));
        // A transaction that fails has the kernel wait for all processors (synchronize_rcu), some ten milliseconds.
        if (!Knows(host, bridge)) return;
        using var batch = new NftBatch();
        WriteNetwork(batch, bridge, network, add: false);
        NetlinkError error = batch.TryCommit(host.Netfilter);
        if (error.Errno is not (Errno.None or Errno.ENOENT)) throw error.ToException();
    }

    /// <summary>Publishes the endpoint's ports.</summary>
    public void Publish(HostSockets host, Endpoint endpoint)
    {
        if (endpoint.Ports.Count == 0) return;
        using var batch = new NftBatch();
        WriteElements(batch, endpoint.Ports, endpoint, add: true);
        batch.Commit(host.Netfilter);
    }

    /// <summary>Takes the endpoint's ports back; fine when some or all are gone already.</summary>
    public void Unpublish(HostSockets host, Endpoint endpoint)
    {
        if (endpoint.Ports.Count == 0 || Delete(host, endpoint, endpoint.Ports) == Errno.None) return;
        // A transaction is all or nothing: one missing element (someone flushed the table) fails it, so go one by one.
        foreach (PortMapping port in endpoint.Ports) Delete(host, endpoint, [port]);
    }

    /// <summary>Deletes the table; fine when there is none.</summary>
    public void Remove(HostSockets host)
    {
        using var batch = new NftBatch();
        batch.DeleteTable(table);
        NetlinkError error = batch.TryCommit(host.Netfilter);
        if (error.Errno is not (Errno.None or Errno.ENOENT)) throw error.ToException();
    }

    private Errno Delete(HostSockets host, Endpoint endpoint, IReadOnlyList<PortMapping> ports)
    {
        using var batch = new NftBatch();
        WriteElements(batch, ports, endpoint, add: false);
        NetlinkError error = batch.TryCommit(host.Netfilter);
        return error.Errno is Errno.None or Errno.ENOENT ? error.Errno : throw error.ToException();
    }

    private void WriteElements(NftBatch batch, IReadOnlyList<PortMapping> ports, Endpoint endpoint, bool add)
    {
        if (ports.Count == 0) return;
        foreach (RulesetFamily family in RulesetFamily.All)
            foreach (RulesetMap map in (ReadOnlySpan<RulesetMap>)
                [RulesetMap.AnyAddress, RulesetMap.OneAddress, RulesetMap.Reachable])
                WriteElements(batch, ports, endpoint, add, family, map);
    }

    private void WriteElements(
        NftBatch batch, IReadOnlyList<PortMapping> ports, Endpoint endpoint, bool add, RulesetFamily family,
        RulesetMap map)
    {
        Span<byte> key = stackalloc byte[24], value = stackalloc byte[20];
        bool begun = false;
        foreach (PortMapping port in ports)
        {
            if (family.AddressOf(endpoint) is not { } inside || !family.Has(port.HostAddress)
                || family.MapOf(port) != map) continue;
            if (!begun) Begin(batch, family.NameOf(map), add);
            begun = true;
            int length = family.WriteKey(key, map, port, inside);
            int size = map == RulesetMap.Reachable || !add ? 0 : family.WriteValue(value, port, inside);
            batch.Element(key[..length], value[..size]);
        }
        if (begun) batch.EndElements();
    }

    private void AddNetwork(NftBatch batch, string bridge, NetworkRecord network)
    {
        WriteNetwork(batch, bridge, network, add: true);
        AddTotal(batch, bridge, new BridgeOptions(network));
    }

    private void WriteNetwork(NftBatch batch, string bridge, NetworkRecord network, bool add)
    {
        var options = new BridgeOptions(network);
        Span<byte> key = stackalloc byte[NameSize * 2];
        WriteName(key, bridge);
        WriteName(key[NameSize..], bridge);
        WriteElement(batch, Bridges, key[..NameSize], add);
        if (options.HasInterContainerTraffic) WriteElement(batch, Within, key, add);
        if (network.IsInternal) WriteElement(batch, Internal, key[..NameSize], add);
        foreach (RulesetFamily family in RulesetFamily.All)
        {
            string mode = options.GatewayMode(family.IsIpv6);
            if (mode == "nat-unprotected")
            {
                key[NameSize..].Clear();
                key[NameSize] = family.Number;
                WriteElement(batch, Unprotected, key[..(NameSize + 4)], add);
            }
            if (options.Masquerades && !network.IsInternal && mode.StartsWith("nat", StringComparison.Ordinal))
                foreach (AddressPool pool in network.PoolsOf(family.IsIpv6))
                    WriteSubnet(batch, family, pool.Subnet, add);
        }
        if (options.Allowed is { } allowed) WriteAllowed(batch, key[..NameSize], allowed, add);
    }

    private void WriteSubnet(NftBatch batch, RulesetFamily family, IPNetwork subnet, bool add)
    {
        Begin(batch, family.Subnets, add);
        batch.Element(subnet.BaseAddress.GetAddressBytes());
        batch.Element(AddressNumber.EndOf(subnet), isIntervalEnd: true);
        batch.EndElements();
    }

    private void WriteElement(NftBatch batch, string set, ReadOnlySpan<byte> key, bool add)
    {
        Begin(batch, set, add);
        batch.Element(key);
        batch.EndElements();
    }

    private void Begin(NftBatch batch, string set, bool add)
    {
        if (add) batch.BeginAddElements(table, set);
        else batch.BeginDeleteElements(table, set);
    }

    private void AddSets(NftBatch batch)
    {
        Set(Bridges, [NftDataType.InterfaceName]);
        Set(Within, [NftDataType.InterfaceName, NftDataType.InterfaceName]);
        Set(Internal, [NftDataType.InterfaceName]);
        AddAllowedSets(batch);
        Set(Unprotected, [NftDataType.InterfaceName, NftDataType.NfProto]);
        foreach (RulesetFamily family in RulesetFamily.All)
        {
            NftDataType[] target = [family.AddressType, NftDataType.InetService];
            NftDataType[] port = [NftDataType.InetProtocol, NftDataType.InetService];
            batch.AddSet(table, new NftSet { Name = family.Subnets, Key = [family.AddressType], IsInterval = true });
            batch.AddSet(table, new NftSet
            {
                Name = family.NameOf(RulesetMap.AnyAddress), Key = port, Value = target,
            });
            batch.AddSet(table, new NftSet
            {
                Name = family.NameOf(RulesetMap.OneAddress), Key = [family.AddressType, .. port], Value = target,
            });
            Set(family.NameOf(RulesetMap.Reachable), [family.AddressType, .. port]);
        }

        void Set(string name, NftDataType[] key) => batch.AddSet(table, new NftSet { Name = name, Key = key });
    }

    private static void WriteName(Span<byte> field, string name)
    {
        field[..NameSize].Clear();
        Encoding.UTF8.GetBytes(name, field);
    }
}
