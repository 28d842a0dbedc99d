using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// UDP flows that began before a port was published or end with it. Conntrack decides about NAT once per flow, and a
/// client that keeps sending keeps its flow alive: it would never reach the container, or would go on calling one that
/// is gone. The whole table is read for that, but only for containers that publish UDP ports.
/// </summary>
internal static class StaleFlows
{
    /// <summary>Forgets flows to the endpoint's published UDP ports that do not go to the endpoint.</summary>
    public static void ForgetBefore(HostSockets host, Endpoint endpoint)
    {
        Forget(host, endpoint, flow => !endpoint.Addresses.Contains(flow.Answerer));
    }

    /// <summary>Forgets flows that were sent to the endpoint by its published UDP ports.</summary>
    public static void ForgetAfter(HostSockets host, Endpoint endpoint)
    {
        Forget(host, endpoint, flow => endpoint.Addresses.Contains(flow.Answerer)
            && !endpoint.Addresses.Contains(flow.Destination));
    }

    private static void Forget(HostSockets host, Endpoint endpoint, Func<ConntrackFlow, bool> isStale)
    {
        var ports = new HashSet<ushort>();
        foreach (PortMapping port in endpoint.Ports)
            if (port.Protocol == PortProtocol.Udp) ports.Add(port.HostPort);
        if (ports.Count == 0) return;
        bool IsWanted(ConntrackFlow flow) =>
            flow.Protocol == (byte)PortProtocol.Udp && ports.Contains(flow.DestinationPort) && isStale(flow);
        if (Conntrack.MayHave(IsWanted)) Forget(host, Conntrack.Find(host.Netfilter, IsWanted));
    }

    /// <summary>Forgets flows; the next packet of each begins another one.</summary>
    public static void Forget(HostSockets host, IReadOnlyList<ConntrackFlow> flows)
    {
        using var batch = new NetlinkBatch();
        foreach (ConntrackFlow flow in flows)
        {
            batch.Clear();
            Conntrack.Delete(batch, flow);
            NetlinkError error = host.Netfilter.TryExecute(batch);
            // It may have ended by itself meanwhile.
            if (error.Errno is not (Errno.None or Errno.ENOENT)) throw error.ToException();
        }
    }
}
