using System.Runtime.InteropServices;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

internal sealed partial class Ruleset
{
    /// <summary>Where expressions load to.</summary>
    public const int Register = NftBatch.Register;

    /// <summary>One of the host's own addresses, to the routing tables.</summary>
    public const uint RTN_LOCAL = 2;

    // Linux: IPS_DST_NAT, NF_CT_STATE_BIT of established and related.
    private const uint IPS_DST_NAT = 0x20;
    private const uint EstablishedOrRelated = 6;

    private void AddRules(NftBatch batch)
    {
        AddGuard(batch);
        AddDestinationNat(batch, "prerouting", NftHook.Prerouting);
        AddDestinationNat(batch, "output", NftHook.Output);
        AddPostrouting(batch);
        AddForward(batch);
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
        Of(batch, RulesetFamily.Ipv4);
        Loopback(batch, RulesetFamily.Ipv4.DestinationOffset);
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
            Of(batch, RulesetFamily.Ipv4);
            Loopback(batch, RulesetFamily.Ipv4.DestinationOffset);
            batch.Verdict(NftVerdict.Accept);
            batch.EndRule();
        }
        // What ::1 sends gets an answer by lo alone, so there the container's monitor listens.
        else
        {
            batch.BeginRule(table, chain);
            Of(batch, RulesetFamily.Ipv6);
            batch.Payload(NftPayloadBase.Network, RulesetFamily.Ipv6.DestinationOffset, 16, Register);
            batch.Compare(NftCompare.Equal, Register, System.Net.IPAddress.IPv6Loopback.GetAddressBytes());
            batch.Verdict(NftVerdict.Accept);
            batch.EndRule();
        }
        foreach (RulesetFamily family in RulesetFamily.All) AddDestinationNat(batch, chain, family);
    }

    private void AddDestinationNat(NftBatch batch, string chain, RulesetFamily family)
    {
        int port = Register + family.AddressRegisters;
        // An address that is published on need not be the host's yet, or any more: then it is another host's.
        batch.BeginRule(table, chain);
        ToHost(batch, family);
        DestinationPort(batch, family);
        batch.FromMap(family.NameOf(RulesetMap.OneAddress), Register, Register);
        batch.DestinationNat(Register, port, family.IsIpv6);
        batch.EndRule();

        batch.BeginRule(table, chain);
        ToHost(batch, family);
        batch.Meta(NftMeta.TransportProtocol, Register);
        batch.Payload(NftPayloadBase.Transport, 2, 2, Register + 1);
        batch.FromMap(family.NameOf(RulesetMap.AnyAddress), Register, Register);
        batch.DestinationNat(Register, port, family.IsIpv6);
        batch.EndRule();
    }

    private static void ToHost(NftBatch batch, RulesetFamily family)
    {
        Of(batch, family);
        batch.DestinationType(Register);
        batch.Compare(NftCompare.Equal, Register, HostOrder(RTN_LOCAL));
    }

    private void AddPostrouting(NftBatch batch)
    {
        const string chain = "postrouting";
        batch.AddChain(table, chain, NftChainType.Nat, NftHook.Postrouting, priority: 100);
        foreach (RulesetFamily family in RulesetFamily.All)
        {
            batch.BeginRule(table, chain);
            FromSubnets(batch, family);
            batch.Meta(NftMeta.OutputInterfaceName, Register);
            batch.InSet(Bridges, Register, invert: true);
            batch.Masquerade();
            batch.EndRule();

            // A container that reaches a published port by the host's address: without this the other container would
            // answer it directly, from an address that it never called.
            batch.BeginRule(table, chain);
            Redirected(batch);
            FromSubnets(batch, family);
            InBridges(batch, NftMeta.OutputInterfaceName);
            batch.Masquerade();
            batch.EndRule();
        }
        batch.BeginRule(table, chain);
        Of(batch, RulesetFamily.Ipv4);
        Loopback(batch, RulesetFamily.Ipv4.SourceOffset);
        InBridges(batch, NftMeta.OutputInterfaceName);
        batch.Masquerade();
        batch.EndRule();
    }

    private void AddForward(NftBatch batch)
    {
        const string chain = "forward";
        batch.AddChain(table, chain, NftChainType.Filter, NftHook.Forward, priority: 0);
        Rule(NftVerdict.Accept, () => Established(batch));
        Rule(NftVerdict.Accept, () =>
        {
            batch.Meta(NftMeta.InterfaceName, Register);
            batch.Meta(NftMeta.OutputInterfaceName, Register + 4);
            batch.InSet(Within, Register);
        });
        Rule(NftVerdict.Drop, () => InSet(NftMeta.InterfaceName, Internal));
        Rule(NftVerdict.Drop, () => InSet(NftMeta.OutputInterfaceName, Internal));
        foreach (RulesetFamily family in RulesetFamily.All) Rule(NftVerdict.Drop, () => NotAllowed(batch, family));
        Rule(NftVerdict.Accept, () =>
        {
            InBridges(batch, NftMeta.OutputInterfaceName);
            Redirected(batch);
        });
        Rule(NftVerdict.Accept, () =>
        {
            batch.Meta(NftMeta.OutputInterfaceName, Register);
            batch.Meta(NftMeta.NetworkProtocol, Register + 4);
            batch.InSet(Unprotected, Register);
        });
        foreach (RulesetFamily family in RulesetFamily.All)
            Rule(NftVerdict.Accept, () =>
            {
                Of(batch, family);
                DestinationPort(batch, family);
                batch.InSet(family.NameOf(RulesetMap.Reachable), Register);
            });
        // What is left comes from outside or from another network, to a port that nobody published.
        Rule(NftVerdict.Drop, () => InBridges(batch, NftMeta.OutputInterfaceName));

        void InSet(NftMeta side, string set)
        {
            batch.Meta(side, Register);
            batch.InSet(set, Register);
        }

        void Rule(NftVerdict verdict, Action write)
        {
            batch.BeginRule(table, chain);
            write();
            batch.Verdict(verdict);
            batch.EndRule();
        }
    }

    private static void InBridges(NftBatch batch, NftMeta side)
    {
        batch.Meta(side, Register);
        batch.InSet(Bridges, Register);
    }

    private static void FromSubnets(NftBatch batch, RulesetFamily family)
    {
        Of(batch, family);
        batch.Payload(NftPayloadBase.Network, family.SourceOffset, family.AddressSize, Register);
        batch.InSet(family.Subnets, Register);
    }

    // Address, protocol and port, one after the other in registers.
    private static void DestinationPort(NftBatch batch, RulesetFamily family)
    {
        int next = Register + family.AddressRegisters;
        batch.Payload(NftPayloadBase.Network, family.DestinationOffset, family.AddressSize, Register);
        batch.Meta(NftMeta.TransportProtocol, next);
        batch.Payload(NftPayloadBase.Transport, 2, 2, next + 1);
    }

    /// <summary>Goes on for packets of connections that there are, and what belongs to them.</summary>
    public static void Established(NftBatch batch)
    {
        batch.Conntrack(NftConntrack.State, Register);
        AnyBit(batch, EstablishedOrRelated);
    }

    /// <summary>Goes on for packets of one version of IP.</summary>
    public static void Of(NftBatch batch, RulesetFamily family)
    {
        batch.Meta(NftMeta.NetworkProtocol, Register);
        batch.Compare(NftCompare.Equal, Register, [family.Number]);
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

    /// <summary>A number as registers have what is not of the packet.</summary>
    public static byte[] HostOrder(uint value)
    {
        byte[] bytes = new byte[4];
        MemoryMarshal.Write(bytes, value);
        return bytes;
    }
}
