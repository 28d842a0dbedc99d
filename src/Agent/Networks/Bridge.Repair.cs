using System.Net;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>What is put back while containers run, when somebody else has taken it away.</summary>
internal sealed partial class Bridge
{
    /// <summary>
    /// Makes the table anew from the records, whatever is there. Null when there is no network to have one for;
    /// otherwise whether it was there and knew them all.
    /// </summary>
    public bool? ReplaceRules(HostSockets host)
    {
        using FileLock held = LockRules(exclusive: true);
        Dictionary<string, NetworkRecord> present = Present(host);
        if (present.Count == 0) return null;
        bool wasThere = present.Keys.All(bridge => rules.Knows(host, bridge));
        InstallAll(host, present);
        return wasThere;
    }

    /// <summary>Lets containers' packets through others' closed chains; true when something had to be done.</summary>
    public bool OpenForward(HostSockets host)
    {
        using FileLock held = LockRules(exclusive: true);
        return Present(host).Count > 0 && Forward.Open(host);
    }

    /// <summary>
    /// Puts back bridges of networks that containers are attached to: the interface, its addresses, its ports. Those
    /// that were there before their network are left to whoever made them.
    /// </summary>
    /// <returns>What had to be put back, and why.</returns>
    public List<NetworkReport> Repair(HostSockets host)
    {
        var reports = new List<NetworkReport>();
        using FileLock turn = StateFile.LockNetworkNamespace();
        List<Endpoint> attached = endpoints.List();
        if (attached.Count == 0) return reports;
        List<LinkInfo> links = Links.List(host.Route);
        List<AddressInfo> addresses = Addresses.List(host.Route);
        foreach (string id in attached.Select(end => end.NetworkId).Distinct())
        {
            if (networks.FindById(id) is not { Driver: "bridge", IsBridgeForeign: false } network) continue;
            string name = names.BridgeOf(network);
            if (Damage(network, links.Find(link => link.Name == name), links, addresses, attached) is not { } cause)
                continue;
            Complete(host, network);
            reports.Add(new NetworkReport(NetworkChange.BridgeRestored)
            {
                Network = network, Interface = name, Cause = cause,
            });
        }
        return reports;
    }

    private static string? Damage(
        NetworkRecord network, LinkInfo bridge, List<LinkInfo> links, List<AddressInfo> addresses,
        List<Endpoint> attached)
    {
        if (bridge.Index == 0) return "deleted";
        if (!bridge.IsUp) return "down";
        foreach ((IPAddress address, _) in AddressesOf(network, new BridgeOptions(network)))
            if (!addresses.Exists(other => other.LinkIndex == bridge.Index && other.Address.Equals(address)))
                return $"address {address} deleted";
        foreach (Endpoint end in attached)
            if (end.NetworkId == network.Id && links.Find(link => link.Name == end.HostVeth) is { Index: > 0 } port
                && port.Master != bridge.Index)
                return $"port {port.Name} taken out";
        return null;
    }

    // A bridge that is deleted lets its ports go, and they stay.
    private static void EnsurePorts(
        HostSockets host, List<Endpoint> attached, BridgeOptions options, string name)
    {
        if (attached.Count == 0) return;
        LinkInfo bridge = Links.Find(host.Route, name)!.Value;
        using var batch = new NetlinkBatch();
        foreach (Endpoint end in attached)
        {
            if (Links.Find(host.Route, end.HostVeth) is not { } port || port.Master == bridge.Index) continue;
            Links.Set(batch, port.Index, new LinkChange { Master = bridge.Index, Up = true }, port.Name);
            Links.Set(batch, port.Index, EndpointLinks.PortOf(end, !options.HasInterContainerTraffic), port.Name);
        }
        if (batch.Count > 0) host.Route.Execute(batch);
    }
}
