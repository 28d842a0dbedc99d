using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks.Policies;

using static Skiff.Agent.Networks.Ruleset;

internal sealed partial class PolicyTable
{
    private const int LogBytes = 128, LogBurst = 20, LogsPerSecond = 5;

    // RFC 9293 section 3.1.
    private const int FlagsOffset = 13;
    private const byte FinSynRstAck = 0x17, Syn = 0x02;

    // The first port that Linux gives clients (net.ipv4.ip_local_port_range).
    private const ushort FirstClientPort = 32768;

    // RFC 4861 and 2710: without these no IPv6 address is found.
    private const byte FirstNeighbourType = 130, LastNeighbourType = 137;

    /// <summary>The name of the set of flows that a change has cut, for a version of IP.</summary>
    public static string CutSet(RulesetFamily family) => CutFlows + family.Suffix;

    private void AddBase()
    {
        foreach (RulesetFamily family in RulesetFamily.All)
        {
            NftDataType[] address = [family.AddressType];
            Set("ingress" + family.Suffix, address, isMap: true);
            Set("egress" + family.Suffix, address, isMap: true);
            Set(Isolated + family.Suffix, address);
            Set(Private + family.Suffix, address, isInterval: true);
            foreach (IPNetwork network in AddressBlock.Private(family.IsIpv6)) PutRange(Private, network);
            Set(CutSet(family), [family.AddressType, family.AddressType, NftDataType.InetProtocol,
                NftDataType.InetService, NftDataType.InetService], isTimed: true);
        }
        PolicyChain egress = Base("egress", NftHook.Forward, -20);
        foreach (RulesetFamily family in RulesetFamily.All) AddLate(egress, family);
        Dispatch(egress, PolicyDirection.Egress);
        PolicyChain host = Base("egress_host", NftHook.Input, -20);
        Dispatch(host, PolicyDirection.Egress);
        PolicyChain ingress = Base("ingress", NftHook.Forward, -10);
        Dispatch(ingress, PolicyDirection.Ingress);
    }

    private PolicyChain Base(string name, NftHook hook, int priority)
    {
        PolicyChain chain = _chains[name] = new PolicyChain(name, hook, priority);
        chain.Add(batch =>
        {
            Established(batch);
            batch.Verdict(NftVerdict.Accept);
        });
        chain.Add(batch =>
        {
            batch.Meta(NftMeta.TransportProtocol, Register);
            batch.Compare(NftCompare.Equal, Register, [(byte)ProtocolType.IcmpV6]);
            batch.Payload(NftPayloadBase.Transport, 0, 1, Register);
            batch.Compare(NftCompare.GreaterOrEqual, Register, [FirstNeighbourType]);
            batch.Compare(NftCompare.LessOrEqual, Register, [LastNeighbourType]);
            batch.Verdict(NftVerdict.Accept);
        });
        return chain;
    }

    /// <summary>
    /// Packets of connections that a change has ended. Conntrack forgets those, and would take what the other side
    /// still sends for the beginning of a connection of its own, whose answers then pass. Exactly known ones are in a
    /// set; of those that began unseen, inside a network before there was any policy, TCP's answers look like that.
    /// </summary>
    private static void AddLate(PolicyChain chain, RulesetFamily family)
    {
        chain.Add(batch =>
        {
            Of(batch, family);
            int next = Register + family.AddressRegisters;
            batch.Payload(NftPayloadBase.Network, family.SourceOffset, family.AddressSize, Register);
            batch.Payload(NftPayloadBase.Network, family.DestinationOffset, family.AddressSize, next);
            next += family.AddressRegisters;
            batch.Meta(NftMeta.TransportProtocol, next);
            batch.Payload(NftPayloadBase.Transport, 0, 2, next + 1);
            batch.Payload(NftPayloadBase.Transport, 2, 2, next + 2);
            batch.InSet(CutSet(family), Register);
            batch.Verdict(NftVerdict.Drop);
        });
        foreach (int side in (ReadOnlySpan<int>)[family.SourceOffset, family.DestinationOffset])
            chain.Add(batch =>
            {
                Of(batch, family);
                batch.Meta(NftMeta.TransportProtocol, Register);
                batch.Compare(NftCompare.Equal, Register, [(byte)ProtocolType.Tcp]);
                batch.Payload(NftPayloadBase.Transport, FlagsOffset, 1, Register);
                batch.And(Register, [FinSynRstAck]);
                batch.Compare(NftCompare.NotEqual, Register, [Syn]);
                batch.Payload(NftPayloadBase.Transport, 0, 2, Register);
                batch.Compare(NftCompare.Less, Register, Port(FirstClientPort));
                batch.Payload(NftPayloadBase.Transport, 2, 2, Register);
                batch.Compare(NftCompare.GreaterOrEqual, Register, Port(FirstClientPort));
                batch.Payload(NftPayloadBase.Network, side, family.AddressSize, Register);
                batch.InSet(Isolated + family.Suffix, Register);
                batch.Verdict(NftVerdict.Drop);
            });
    }

    private static void Dispatch(PolicyChain chain, PolicyDirection direction)
    {
        foreach (RulesetFamily family in RulesetFamily.All)
            chain.Add(batch =>
            {
                Of(batch, family);
                batch.Payload(NftPayloadBase.Network, direction == PolicyDirection.Ingress
                    ? family.DestinationOffset : family.SourceOffset, family.AddressSize, Register);
                batch.ToChainOf(MapOf(direction) + family.Suffix, Register);
            });
    }

    /// <summary>
    /// The nfnetlink_log group that denied packets go to, 20 at once and 5 a second. One listener can have it: engines
    /// with other roots in the same network namespace have tables, and so groups, of their own.
    /// </summary>
    public static ushort LogGroupOf(string table) => table == "skiff" ? (ushort)0x5366 : (ushort)Fnv1a.Of32(table);

    // What none of the policies allows is denied.
    private void AddClass(string name, PolicyDirection direction, string[] policies, string logPrefix)
    {
        PolicyChain chain = Chain(name);
        foreach (string policy in policies) chain.Add(batch => batch.Jump(PolicyNames.Chain(policy, direction)));
        chain.Add(batch =>
        {
            batch.Limit(LogsPerSecond, LogBurst);
            batch.Log(LogGroupOf(logPrefix.TrimEnd()), logPrefix + name, LogBytes);
        });
        _counters.Add(name);
        chain.Add(batch =>
        {
            batch.Count(name);
            batch.Verdict(NftVerdict.Drop);
        });
    }

    private void AddRule(PolicyChain chain, NetworkPolicy policy, PolicyDirection direction, int index)
    {
        PolicyRule rule = policy.Rules(direction)[index];
        Action<NftBatch> allow = Allow(policy, direction, index);
        if (rule.Peers.Length == 0)
        {
            chain.Add(allow);
            return;
        }
        foreach (RulesetFamily family in RulesetFamily.All)
        {
            int offset = direction == PolicyDirection.Ingress ? family.SourceOffset : family.DestinationOffset;
            if (Array.Exists(rule.Peers, peer => peer.Containers is not null))
                AddSet(PolicyNames.Peers(policy.Name, direction, index), family, offset, false);
            if (Array.Exists(rule.Peers, peer => peer.Block is { Except.Length: 0 } block
                && block.IsIpv6 == family.IsIpv6))
                AddSet(PolicyNames.Blocks(policy.Name, direction, index), family, offset, true);
            foreach (PolicyPeer peer in rule.Peers)
                if (peer.Block is { Except.Length: > 0 } block && block.IsIpv6 == family.IsIpv6)
                    chain.Add(batch =>
                    {
                        Of(batch, family);
                        InBlock(batch, block, offset);
                        allow(batch);
                    });
            if (Array.Exists(rule.Peers, peer => peer.DnsNames.Length > 0))
                AddNames(chain, PolicyNames.Dns(policy.Name, direction, index), family, allow);
        }
        PolicyEntity entities = rule.Peers.Aggregate(PolicyEntity.None, (all, peer) => all | peer.Entity);
        AddEntities(chain, entities, allow);

        void AddSet(string name, RulesetFamily family, int offset, bool isInterval)
        {
            Set(name + family.Suffix, [family.AddressType], isInterval: isInterval);
            chain.Add(batch =>
            {
                Of(batch, family);
                batch.Payload(NftPayloadBase.Network, offset, family.AddressSize, Register);
                batch.InSet(name + family.Suffix, Register);
                allow(batch);
            });
        }
    }

    // Several ports have a chain of their own, so that it is not all peers times all ports.
    private Action<NftBatch> Allow(NetworkPolicy policy, PolicyDirection direction, int index)
    {
        string counter = PolicyNames.Rule(policy.Name, direction, index);
        PolicyPorts[] ports = policy.Rules(direction)[index].Ports;
        if (ports.Length == 0) return Accept;
        string name = PolicyNames.Ports(policy.Name, direction, index);
        PolicyChain chain = Chain(name);
        foreach (PolicyPorts range in ports)
            chain.Add(batch =>
            {
                batch.Meta(NftMeta.TransportProtocol, Register);
                batch.Compare(NftCompare.Equal, Register, [range.Protocol]);
                batch.Payload(NftPayloadBase.Transport, 2, 2, Register);
                batch.Compare(NftCompare.GreaterOrEqual, Register, Port(range.First));
                batch.Compare(NftCompare.LessOrEqual, Register, Port(range.Last));
                Accept(batch);
            });
        return batch => batch.Jump(name);

        void Accept(NftBatch batch)
        {
            batch.Count(counter);
            batch.Verdict(NftVerdict.Accept);
        }
    }

    private void AddNames(PolicyChain chain, string set, RulesetFamily family, Action<NftBatch> allow)
    {
        Set(set + family.Suffix, [family.AddressType, family.AddressType], isTimed: true);
        chain.Add(batch =>
        {
            Of(batch, family);
            batch.Payload(NftPayloadBase.Network, family.SourceOffset, family.AddressSize, Register);
            batch.Payload(NftPayloadBase.Network, family.DestinationOffset, family.AddressSize,
                Register + family.AddressRegisters);
            batch.InSet(set + family.Suffix, Register);
            allow(batch);
        });
    }

    private static void AddEntities(PolicyChain chain, PolicyEntity entities, Action<NftBatch> allow)
    {
        if ((entities & PolicyEntity.Host) != 0)
            chain.Add(batch =>
            {
                IsLocal(batch, NftCompare.Equal);
                allow(batch);
            });
        foreach (PolicyEntity entity in (ReadOnlySpan<PolicyEntity>)[PolicyEntity.Lan, PolicyEntity.Internet])
            foreach (RulesetFamily family in RulesetFamily.All)
                if ((entities & entity) != 0)
                    chain.Add(batch =>
                    {
                        Of(batch, family);
                        IsLocal(batch, NftCompare.NotEqual);
                        batch.Meta(NftMeta.OutputInterfaceName, Register);
                        batch.InSet(Bridges, Register, invert: true);
                        batch.Payload(NftPayloadBase.Network, family.DestinationOffset, family.AddressSize, Register);
                        batch.InSet(Private + family.Suffix, Register, invert: entity == PolicyEntity.Internet);
                        allow(batch);
                    });
    }

    private static void IsLocal(NftBatch batch, NftCompare comparison)
    {
        batch.DestinationType(Register);
        batch.Compare(comparison, Register, HostOrder(RTN_LOCAL));
    }

    private static void InBlock(NftBatch batch, AddressBlock block, int offset)
    {
        Within(block.Network, NftCompare.Equal);
        foreach (IPNetwork except in block.Except) Within(except, NftCompare.NotEqual);

        void Within(IPNetwork network, NftCompare comparison)
        {
            byte[] bytes = network.BaseAddress.GetAddressBytes(), mask = new byte[bytes.Length];
            for (int i = 0; i < network.PrefixLength; i++) mask[i / 8] |= (byte)(0x80 >> (i % 8));
            batch.Payload(NftPayloadBase.Network, offset, bytes.Length, Register);
            batch.And(Register, mask);
            batch.Compare(comparison, Register, bytes);
        }
    }

    private static byte[] Port(ushort port)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, port);
        return bytes;
    }
}
