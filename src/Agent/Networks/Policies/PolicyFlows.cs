using System.Net;
using System.Net.Sockets;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks.Policies;

/// <summary>Connections that there are, and what policies say about them now.</summary>
/// <param name="host">Sockets.</param>
/// <param name="table">The engine's table.</param>
/// <param name="checker">The policies.</param>
internal sealed class PolicyFlows(HostSockets host, string table, PolicyChecker checker)
{
    // Longer than TCP repeats what nobody acknowledges (tcp_retries2).
    private static readonly TimeSpan s_cutTime = TimeSpan.FromMinutes(20);

    private HashSet<IPAddress>? _own;

    /// <summary>Whether an address is the host's.</summary>
    public bool IsHost(IPAddress address) => (_own ??= Own()).Contains(address);

    /// <summary>One side of a connection.</summary>
    public PolicyParty PartyOf(IPAddress address)
    {
        PolicyMember? member = checker.MemberOf(address);
        return PolicyParty.Of(address, member, member is null && IsHost(address));
    }

    /// <summary>
    /// What policies say about a connection: first of who calls, then of who is called. Only sides that are containers
    /// count, and the host may call them all.
    /// </summary>
    /// <param name="from">Who calls.</param>
    /// <param name="to">Who is called.</param>
    /// <param name="protocol">IPPROTO_*.</param>
    /// <param name="port">The callee's.</param>
    /// <param name="toName">The name that it is called by; null for none.</param>
    public List<PolicyDecision> Decide(
        PolicyParty from, PolicyParty to, byte protocol, ushort port, string? toName = null)
    {
        var decisions = new List<PolicyDecision>();
        if (from.Member is { } caller)
            decisions.Add(checker.Decide(PolicyDirection.Egress, caller, to, protocol, port, (peer, set) =>
                (toName is not null && Array.Exists(peer.DnsNames, pattern => DnsPattern.Fits(pattern, toName)))
                || (from.Address is { } source && to.Address is { } target && IsResolved(set, source, target))));
        if (to.Member is { } callee && (from.Entity & PolicyEntity.Host) == 0)
            decisions.Add(checker.Decide(
                PolicyDirection.Ingress, callee, from, protocol, port, static (_, _) => false));
        return decisions;
    }

    /// <summary>Ends those that are not allowed, and keeps their other sides from going on.</summary>
    public void Cut()
    {
        // Judging may ask the kernel by the same socket, so it begins when all are read.
        List<ConntrackFlow> denied = !Conntrack.MayHave(IsDenied) ? []
            : Conntrack.Find(host.Netfilter, IsOfMember).FindAll(IsDenied);
        using var batch = new NftBatch();
        Span<byte> key = stackalloc byte[44];
        foreach (RulesetFamily family in RulesetFamily.All)
        {
            // Those of an earlier change may be allowed again.
            batch.FlushSet(table, PolicyTable.CutSet(family));
            List<ConntrackFlow> cut = denied.FindAll(flow => flow.IsIpv6 == family.IsIpv6
                && flow.Protocol is (byte)ProtocolType.Tcp or (byte)ProtocolType.Udp or PolicyPorts.Sctp);
            if (cut.Count == 0) continue;
            batch.BeginAddElements(table, PolicyTable.CutSet(family));
            foreach (ConntrackFlow flow in cut) batch.ElementFor(key[..WriteAnswer(key, flow)], s_cutTime);
            batch.EndElements();
        }
        batch.Commit(host.Netfilter);
        StaleFlows.Forget(host, denied);
    }

    // Those of no container are none of policies', and are not worth asking the kernel for the host's addresses.
    private bool IsDenied(ConntrackFlow flow) => IsOfMember(flow)
        && Decide(PartyOf(flow.Source), PartyOf(flow.Answerer), flow.Protocol, flow.AnswererPort)
            .Exists(decision => !decision.IsAllowed);

    private bool IsOfMember(ConntrackFlow flow) =>
        checker.MemberOf(flow.Source) is not null || checker.MemberOf(flow.Answerer) is not null;

    // The kernel goes through all interfaces for it, those of containers too.
    private HashSet<IPAddress> Own() => [.. Addresses.List(host.Route).Select(address => address.Address)];

    // The answer's packets, as the hook sees them.
    private static int WriteAnswer(Span<byte> key, ConntrackFlow flow)
    {
        key.Clear();
        flow.Answerer.TryWriteBytes(key, out int size);
        flow.Source.TryWriteBytes(key[size..], out _);
        int at = size * 2;
        key[at] = flow.Protocol;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(key[(at + 4)..], flow.AnswererPort);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(key[(at + 8)..], flow.SourcePort);
        return at + 12;
    }

    private bool IsResolved(string set, IPAddress source, IPAddress target)
    {
        bool ipv6 = source.AddressFamily == AddressFamily.InterNetworkV6;
        if (ipv6 != (target.AddressFamily == AddressFamily.InterNetworkV6)) return false;
        Span<byte> key = stackalloc byte[32];
        source.TryWriteBytes(key, out int size);
        target.TryWriteBytes(key[size..], out _);
        return NftBatch.Contains(host.Netfilter, table,
            set + (ipv6 ? RulesetFamily.Ipv6 : RulesetFamily.Ipv4).Suffix, key[..(size * 2)]);
    }
}
