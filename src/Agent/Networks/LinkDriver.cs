using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// The host's side of macvlan and ipvlan networks: the parent interface. One that is there is used as it is; a VLAN of
/// one (eth0.10) is made, and so is a dummy where no parent is named, and both go with the last network on them.
/// </summary>
internal sealed class LinkDriver(NetworkStore networks)
{
    /// <summary>The parent of a network.</summary>
    public static string ParentOf(NetworkRecord network) =>
        network.Options.GetValueOrDefault(LinkOptions.ParentKey) is { Length: > 0 } parent ? parent
            : "dm-" + network.Id[..12];

    /// <summary>Makes the parent of a new network, if it is to be made; returns the completed record.</summary>
    /// <param name="host">Sockets.</param>
    /// <param name="network">The network.</param>
    /// <param name="others">The networks that are there.</param>
    /// <exception cref="UsageException">The parent is impossible, or another network has it.</exception>
    public static NetworkRecord Create(HostSockets host, NetworkRecord network, IReadOnlyList<NetworkRecord> others)
    {
        string parent = ParentOf(network);
        var options = new LinkOptions(network);
        foreach (NetworkRecord other in others)
            if (IsOn(other, parent)) CheckShares(network, options, other, parent);
        if (Links.Find(host.Route, parent) is null)
        {
            Make(host, network);
            return network;
        }
        // What was made for one network is there for all on it.
        return network with
        {
            IsBridgeForeign = !others.Any(other => IsOn(other, parent) && !other.IsBridgeForeign),
        };
    }

    /// <summary>The network and its parent, ready for containers. One question to the kernel when all is there.
    /// </summary>
    public ReadyNetwork Ensure(HostSockets host, NetworkRecord network)
    {
        string parent = ParentOf(network);
        var options = new LinkOptions(network);
        if (Links.Find(host.Route, parent) is { } link && (link.IsUp || network.IsBridgeForeign))
            return new ReadyParent(network, link, options);
        if (network.IsBridgeForeign) throw new UsageException(
            $"network {network.Name} needs the interface {parent}, which was there when the network was created", 125);
        using (StateFile.LockNetworkNamespace())
        {
            // Whoever removes the network holds the lock; its parent is not to come back.
            if (networks.FindById(network.Id) is null) throw new UsageException($"network {network.Name} not found");
            Make(host, network);
        }
        return new ReadyParent(network, Links.Find(host.Route, parent)!.Value, options);
    }

    /// <summary>Takes the parent of a network away, if it was made and no other network is on it.</summary>
    public void Remove(HostSockets host, NetworkRecord network)
    {
        string parent = ParentOf(network);
        if (network.IsBridgeForeign || networks.List().Exists(other => other.Id != network.Id && IsOn(other, parent)))
            return;
        EndpointLinks.DeleteLink(host.Route, parent);
    }

    /// <summary>Takes all parents away that were made.</summary>
    public static void RemoveAll(HostSockets host, IReadOnlyList<NetworkRecord> all)
    {
        foreach (NetworkRecord network in all)
            if (LinkOptions.AreOf(network.Driver) && !network.IsBridgeForeign)
                EndpointLinks.DeleteLink(host.Route, ParentOf(network));
    }

    private static bool IsOn(NetworkRecord other, string parent) =>
        LinkOptions.AreOf(other.Driver) && ParentOf(other) == parent;

    private static void CheckShares(NetworkRecord network, LinkOptions options, NetworkRecord other, string parent)
    {
        // The kernel takes links of one kind for a parent, and all ipvlans of one have the same mode.
        if (network.Driver != other.Driver || options.IsIpvlan)
            throw new UsageException($"{other.Driver} network {other.Name} is already using parent interface {parent}");
        if (options.IsPassthru) throw new UsageException(
            $"cannot use mode passthru, macvlan network {other.Name} is already using parent interface {parent}");
        if (new LinkOptions(other).IsPassthru) throw new UsageException(
            $"macvlan network {other.Name} is already using parent interface {parent} in mode passthru");
    }

    private static void Make(HostSockets host, NetworkRecord network)
    {
        string name = ParentOf(network);
        using var batch = new NetlinkBatch();
        if (Links.Find(host.Route, name) is null)
        {
            if (new LinkOptions(network).Parent is null) Links.AddDummy(batch, name);
            else
            {
                (string of, ushort id) = LinkOptions.ParseVlan(name);
                if (Links.Find(host.Route, of) is not { } parent)
                    throw new UsageException($"-o parent interface was not found on the host: {of}");
                Links.AddVlan(batch, name, parent.Index, id);
            }
        }
        Links.Set(batch, name, new LinkChange { Up = true });
        if (host.Route.TryExecute(batch) is not { Errno: not Errno.None } error) return;
        // Made, perhaps, and not set up, as when the interface that a VLAN is of is down.
        EndpointLinks.DeleteLink(host.Route, name);
        throw error.ToException().While($"make the parent interface of network {network.Name}");
    }
}
