using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// Hears of packets that policies deny, as many as the rules log, and reports each connection once in a while.
/// </summary>
internal sealed class PolicyWatch : IDisposable
{
    private const int Bytes = 64;

    // The same again is no news for so long.
    private const int QuietMs = 30_000;
    private const int MostRemembered = 1000;

    private readonly StateRoots _roots;
    private readonly string _prefix;
    private readonly Action<NetworkReport> _report;
    private readonly NetlinkListener _listener;
    private readonly Dictionary<string, long> _told = [];

    /// <summary>Begins to listen. EPERM: another agent of the same table does.</summary>
    /// <param name="roots">Where the policies are.</param>
    /// <param name="table">The engine's table.</param>
    /// <param name="report">Takes what was denied.</param>
    public PolicyWatch(StateRoots roots, string table, Action<NetworkReport> report) =>
        (_roots, _prefix, _report, _listener) =
            (roots, $"{table} ", report, NetlinkListener.ForPackets(PolicyTable.LogGroupOf(table), Bytes));

    /// <summary>Readable when <see cref="Take"/> has something to do.</summary>
    public Fd Fd => _listener.Fd;

    /// <summary>Takes in what has been denied.</summary>
    public void Take()
    {
        List<PacketNotice> packets = [];
        _listener.Read(static (message, ref packets) =>
        {
            if (PacketNotice.TryRead(message) is { } packet) packets.Add(packet);
        }, ref packets);
        packets.RemoveAll(packet => !packet.Prefix.StartsWith(_prefix, StringComparison.Ordinal) || !IsNews(packet));
        if (packets.Count == 0) return;
        List<NetworkPolicy> policies = new PolicyStore(_roots).List();
        using PolicyIndex? index = PolicyIndex.TryRead(_roots, policies);
        if (index is null) return;
        foreach (PacketNotice packet in packets) Report(packet, policies, index);
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private bool IsNews(PacketNotice packet)
    {
        string key = $"{packet.Prefix} {packet.Source} {packet.Destination} {packet.Protocol} {packet.DestinationPort}";
        long now = Environment.TickCount64;
        if (_told.TryGetValue(key, out long then) && now - then < QuietMs) return false;
        if (_told.Count >= MostRemembered) _told.Clear();
        _told[key] = now;
        return true;
    }

    private void Report(PacketNotice packet, List<NetworkPolicy> policies, PolicyIndex index)
    {
        PolicyDirection direction = packet.Prefix.AsSpan(_prefix.Length).StartsWith("in-")
            ? PolicyDirection.Ingress : PolicyDirection.Egress;
        System.Net.IPAddress own = direction == PolicyDirection.Ingress ? packet.Destination : packet.Source;
        foreach (PolicyMember member in index.Members)
            if (member.Addresses.Contains(own))
                _report(new NetworkReport(NetworkChange.Denied)
                {
                    NetworkName = member.Network,
                    ContainerId = member.ContainerId,
                    Direction = direction == PolicyDirection.Ingress ? "ingress" : "egress",
                    From = packet.Source.ToString(),
                    To = packet.Destination.ToString(),
                    Port = PortOf(packet),
                    Policies = string.Join(',', policies.Where(policy => policy.Has(direction)
                        && policy.Selects(member)).Select(policy => policy.Name)),
                });
    }

    private static string PortOf(PacketNotice packet)
    {
        string protocol = PolicyPorts.NameOf(packet.Protocol);
        return packet.DestinationPort is { } port
            ? string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}") : protocol;
    }
}
