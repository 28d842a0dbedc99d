using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// The engine's nf_tables table. The rules never change: networks and published ports are elements of sets and maps,
/// found by hash, so neither a packet nor an update gets slower with their number. Two things it can't do: a drop in
/// another table (a firewall's forward policy) wins over any accept here; connections to a published port over IPv6
/// are not carried.
/// </summary>
internal sealed class Ruleset(string table)
{
    private const string Bridges = "bridges";
    private const string Within = "within";
    private const string Subnets = "subnets";
    private const string Ports = "ports";
    private const string AddressPorts = "address_ports";
    private const int Register = NftBatch.Register;
    private const int NameSize = 16;

    // Linux: RTN_LOCAL, IPS_DST_NAT, NF_CT_STATE_BIT of established and related; offsets in the IPv4 header.
    private const uint RTN_LOCAL = 2;
    private const uint IPS_DST_NAT = 0x20;
    private const uint EstablishedOrRelated = 6;
    private const byte NFPROTO_IPV4 = 2;
    private const int SourceOffset = 12;
    private const int DestinationOffset = 16;

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
    public void Install(
        HostSockets host, IEnumerable<(string Bridge, IPNetwork Subnet)> networks, IEnumerable<Endpoint> endpoints)
    {
        using var batch = new NftBatch();
        batch.AddTable(table);
        batch.DeleteTable(table);
        batch.AddTable(table);
        AddSets(batch);
        AddGuard(batch);
        AddDestinationNat(batch, "prerouting", NftHook.Prerouting);
        AddDestinationNat(batch, "output", NftHook.Output);
        AddPostrouting(batch);
        AddForward(batch);
        foreach ((string bridge, IPNetwork subnet) in networks) AddNetwork(batch, bridge, subnet);
        foreach (Endpoint endpoint in endpoints) AddPorts(batch, endpoint);
        batch.Commit(host.Netfilter);
    }

    /// <summary>Publishes the endpoint's ports.</summary>
    public void Publish(HostSockets host, Endpoint endpoint)
    {
        if (endpoint.Ports.Count == 0) return;
        using var batch = new NftBatch();
        AddPorts(batch, endpoint);
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
        WriteElements(batch, endpoint, ports, add: false);
        NetlinkError error = batch.TryCommit(host.Netfilter);
        return error.Errno is Errno.None or Errno.ENOENT ? error.Errno : throw error.ToException();
    }

    private void AddPorts(NftBatch batch, Endpoint endpoint) =>
        WriteElements(batch, endpoint, endpoint.Ports, add: true);

    private void WriteElements(NftBatch batch, Endpoint endpoint, IReadOnlyList<PortMapping> ports, bool add)
    {
        WriteElements(batch, endpoint, ports, add, anyAddress: true);
        WriteElements(batch, endpoint, ports, add, anyAddress: false);
    }

    private void WriteElements(
        NftBatch batch, Endpoint endpoint, IReadOnlyList<PortMapping> ports, bool add, bool anyAddress)
    {
        Span<byte> buffer = stackalloc byte[20];
        bool begun = false;
        foreach (PortMapping port in ports)
        {
            if (port.HostAddress.Equals(IPAddress.Any) != anyAddress) continue;
            string map = anyAddress ? Ports : AddressPorts;
            if (!begun && add) batch.BeginAddElements(table, map);
            if (!begun && !add) batch.BeginDeleteElements(table, map);
            begun = true;
            buffer.Clear();
            port.HostAddress.TryWriteBytes(buffer, out _);
            buffer[4] = (byte)port.Protocol;
            BinaryPrimitives.WriteUInt16BigEndian(buffer[8..], port.HostPort);
            endpoint.Address.TryWriteBytes(buffer[12..], out _);
            BinaryPrimitives.WriteUInt16BigEndian(buffer[16..], port.ContainerPort);
            batch.Element(buffer[(anyAddress ? 4 : 0)..12], add ? buffer[12..] : default);
        }
        if (begun) batch.EndElements();
    }

    private void AddNetwork(NftBatch batch, string bridge, IPNetwork subnet)
    {
        Span<byte> names = stackalloc byte[NameSize * 2];
        WriteName(names, bridge);
        WriteName(names[NameSize..], bridge);
        batch.BeginAddElements(table, Bridges);
        batch.Element(names[..NameSize]);
        batch.EndElements();
        batch.BeginAddElements(table, Within);
        batch.Element(names);
        batch.EndElements();

        Span<byte> start = stackalloc byte[4];
        Span<byte> end = stackalloc byte[4];
        subnet.BaseAddress.TryWriteBytes(start, out _);
        uint size = (uint)(1UL << (32 - subnet.PrefixLength));
        BinaryPrimitives.WriteUInt32BigEndian(end, BinaryPrimitives.ReadUInt32BigEndian(start) + size);
        batch.BeginAddElements(table, Subnets);
        batch.Element(start);
        batch.Element(end, isIntervalEnd: true);
        batch.EndElements();
    }

    private void AddSets(NftBatch batch)
    {
        NftDataType[] target = [NftDataType.Ipv4Address, NftDataType.InetService];
        batch.AddSet(table, new NftSet { Name = Bridges, Key = [NftDataType.InterfaceName] });
        batch.AddSet(table, new NftSet { Name = Within, Key = [NftDataType.InterfaceName, NftDataType.InterfaceName] });
        batch.AddSet(table, new NftSet { Name = Subnets, Key = [NftDataType.Ipv4Address], IsInterval = true });
        batch.AddSet(table, new NftSet
        {
            Name = Ports, Key = [NftDataType.InetProtocol, NftDataType.InetService], Value = target,
        });
        batch.AddSet(table, new NftSet
        {
            Name = AddressPorts,
            Key = [NftDataType.Ipv4Address, NftDataType.InetProtocol, NftDataType.InetService],
            Value = target,
        });
    }

    /// <summary>
    /// route_localnet on the bridges, which 127.0.0.1 as a published address needs, would let containers reach what
    /// the host serves on its loopback; replies are still addressed to the bridge here, so anything to 127.0.0.0/8 is
    /// an intruder.
    /// </summary>
    private void AddGuard(NftBatch batch)
    {
        batch.AddChain(table, "guard", NftChainType.Filter, NftHook.Prerouting, priority: -300);
        batch.BeginRule(table, "guard");
        InBridges(batch, NftMeta.InterfaceName);
        Ipv4(batch);
        Loopback(batch, DestinationOffset);
        batch.Verdict(NftVerdict.Drop);
        batch.EndRule();
    }

    private void AddDestinationNat(NftBatch batch, string chain, NftHook hook)
    {
        batch.AddChain(table, chain, NftChainType.Nat, hook, priority: -100);
        if (hook == NftHook.Prerouting)
        {
            // A neighbour may send 127.0.0.1 on the wire; that must not reach ports published on loopback only.
            batch.BeginRule(table, chain);
            Ipv4(batch);
            Loopback(batch, DestinationOffset);
            batch.Verdict(NftVerdict.Accept);
            batch.EndRule();
        }
        batch.BeginRule(table, chain);
        Ipv4(batch);
        batch.Payload(NftPayloadBase.Network, DestinationOffset, 4, Register);
        batch.Meta(NftMeta.TransportProtocol, Register + 1);
        batch.Payload(NftPayloadBase.Transport, 2, 2, Register + 2);
        batch.FromMap(AddressPorts, Register, Register);
        batch.DestinationNat(Register, Register + 1);
        batch.EndRule();

        batch.BeginRule(table, chain);
        Ipv4(batch);
        batch.DestinationType(Register);
        batch.Compare(NftCompare.Equal, Register, HostOrder(RTN_LOCAL));
        batch.Meta(NftMeta.TransportProtocol, Register);
        batch.Payload(NftPayloadBase.Transport, 2, 2, Register + 1);
        batch.FromMap(Ports, Register, Register);
        batch.DestinationNat(Register, Register + 1);
        batch.EndRule();
    }

    private void AddPostrouting(NftBatch batch)
    {
        const string chain = "postrouting";
        batch.AddChain(table, chain, NftChainType.Nat, NftHook.Postrouting, priority: 100);
        batch.BeginRule(table, chain);
        FromSubnets(batch);
        batch.Meta(NftMeta.OutputInterfaceName, Register);
        batch.InSet(Bridges, Register, invert: true);
        batch.Masquerade();
        batch.EndRule();

        // A container that reaches a published port by the host's address: without this the other container would
        // answer it directly, from an address that it never called.
        batch.BeginRule(table, chain);
        Redirected(batch);
        FromSubnets(batch);
        InBridges(batch, NftMeta.OutputInterfaceName);
        batch.Masquerade();
        batch.EndRule();

        batch.BeginRule(table, chain);
        Ipv4(batch);
        Loopback(batch, SourceOffset);
        InBridges(batch, NftMeta.OutputInterfaceName);
        batch.Masquerade();
        batch.EndRule();
    }

    private void AddForward(NftBatch batch)
    {
        const string chain = "forward";
        batch.AddChain(table, chain, NftChainType.Filter, NftHook.Forward, priority: 0);
        batch.BeginRule(table, chain);
        batch.Conntrack(NftConntrack.State, Register);
        AnyBit(batch, EstablishedOrRelated);
        batch.Verdict(NftVerdict.Accept);
        batch.EndRule();

        batch.BeginRule(table, chain);
        InBridges(batch, NftMeta.OutputInterfaceName);
        Redirected(batch);
        batch.Verdict(NftVerdict.Accept);
        batch.EndRule();

        batch.BeginRule(table, chain);
        batch.Meta(NftMeta.InterfaceName, Register);
        batch.Meta(NftMeta.OutputInterfaceName, Register + 4);
        batch.InSet(Within, Register);
        batch.Verdict(NftVerdict.Accept);
        batch.EndRule();

        // What is left comes from outside or from another network, to a port that nobody published.
        batch.BeginRule(table, chain);
        InBridges(batch, NftMeta.OutputInterfaceName);
        batch.Verdict(NftVerdict.Drop);
        batch.EndRule();
    }

    private static void InBridges(NftBatch batch, NftMeta side)
    {
        batch.Meta(side, Register);
        batch.InSet(Bridges, Register);
    }

    private static void FromSubnets(NftBatch batch)
    {
        Ipv4(batch);
        batch.Payload(NftPayloadBase.Network, SourceOffset, 4, Register);
        batch.InSet(Subnets, Register);
    }

    private static void Ipv4(NftBatch batch)
    {
        batch.Meta(NftMeta.NetworkProtocol, Register);
        batch.Compare(NftCompare.Equal, Register, [NFPROTO_IPV4]);
    }

    private static void Loopback(NftBatch batch, int offset)
    {
        batch.Payload(NftPayloadBase.Network, offset, 1, Register);
        batch.Compare(NftCompare.Equal, Register, [127]);
    }

    private static void Redirected(NftBatch batch)
    {
        batch.Conntrack(NftConntrack.Status, Register);
        AnyBit(batch, IPS_DST_NAT);
    }

    private static void AnyBit(NftBatch batch, uint bits)
    {
        batch.And(Register, HostOrder(bits));
        batch.Compare(NftCompare.NotEqual, Register, HostOrder(0));
    }

    private static byte[] HostOrder(uint value)
    {
        byte[] bytes = new byte[4];
        MemoryMarshal.Write(bytes, value);
        return bytes;
    }

    private static void WriteName(Span<byte> field, string name)
    {
        field[..NameSize].Clear();
        Encoding.UTF8.GetBytes(name, field);
    }
}
