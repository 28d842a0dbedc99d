using Skiff.Agent.Containers;
using Skiff.Agent.Events;
using Skiff.Agent.Monitor;
using Skiff.Agent.Networks;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Manager;

/// <summary>Networks, and containers that join and leave them.</summary>
internal sealed partial class Engine
{
    /// <summary>Makes a network.</summary>
    public NetworkRecord CreateNetwork(NetworkRequest request)
    {
        NetworkRecord network = Networks.Create(request);
        WriteEvent(network, "create");
        return network;
    }

    /// <summary>Removes a network that no running container is attached to.</summary>
    public void RemoveNetwork(NetworkRecord network)
    {
        Networks.Remove(network);
        WriteEvent(network, "destroy");
    }

    /// <summary>Removes the networks that no running container is attached to; returns them.</summary>
    /// <param name="fits">Which of them may go.</param>
    public List<NetworkRecord> PruneNetworks(Func<NetworkRecord, bool> fits)
    {
        HashSet<string> used = [.. Networks.Endpoints().Select(end => end.NetworkId)];
        var removed = new List<NetworkRecord>();
        foreach (NetworkRecord network in Networks.List())
        {
            if (network.IsPredefined || used.Contains(network.Id) || !fits(network)) continue;
            try
            {
                RemoveNetwork(network);
                removed.Add(network);
            }
            catch (UsageException)
            {
                // Somebody has joined it since.
            }
        }
        return removed;
    }

    /// <summary>Has a container join a network: at once when it runs, and whenever it is started.</summary>
    public void Connect(ContainerConfig config, NetworkRecord network, EndpointSettings settings)
    {
        CheckJoins(config, network);
        CheckNotDead(config, "connected");
        ContainerState state = StateOf(config);
        ContainerConfig now = config with { Networks = [.. config.Attachments, settings] };
        bool isFirst = !ContainerNetwork.HasResolver(config) && ContainerNetwork.HasResolver(now);
        bool isServed = config.Ports.Length > 0;
        if (state.Pid > 0)
        {
            using NetNamespace inside = NetNamespace.Open(state.Pid);
            Endpoint joined = Networks.Connect(ContainerNetwork.RequestOf(config, [settings]), inside,
                () => ProcessTimes.IsAlive(state.Pid, state.PidStartTime));
            ContainerNetwork.AddHost(config, Containers.RunDirectory(config.Id), joined);
            isServed |= joined.HasNeighbours;
        }
        else if (Array.Exists(config.Attachments, other => Names(other, network)))
            throw UsageException.Forbidden(
                $"endpoint with name {config.Name} already exists in network {network.Name}");
        Containers.WriteConfig(now);
        if (state.Pid > 0 && (isFirst || isServed)) TellMonitor(config);
        if (state.Pid > 0 && isFirst)
            ContainerNetwork.UseResolver(config, now, Containers.RunDirectory(config.Id));
        WriteEvent(network, "connect", config);
    }

    /// <summary>Has a container leave a network.</summary>
    /// <param name="container">Its name or id.</param>
    /// <param name="network">The network.</param>
    /// <param name="force">Takes away what a container has left there that is no more.</param>
    public void Disconnect(string container, NetworkRecord network, bool force)
    {
        Endpoint? left = force ? Networks.Endpoints().FirstOrDefault(end => end.NetworkId == network.Id
            && (end.ContainerName == container || end.ContainerId == container)
            && Containers.TryRead(end.ContainerId) is null) : null;
        if (left is null) Disconnect(Containers.Find(container), network);
        else Networks.Detach(left.ContainerId, deleteLink: true);
    }

    private void Disconnect(ContainerConfig config, NetworkRecord network)
    {
        if (network.Driver == "host" || config.NetworkMode == "host") throw new UsageException(
            "container cannot be disconnected from host network or connected to host network");
        ContainerState state = StateOf(config);
        EndpointSettings[] stays = [.. config.Attachments.Where(settings => !Names(settings, network))];
        if (stays.Length == config.Attachments.Length)
            throw UsageException.Forbidden($"container {config.Id} is not connected to "
                + $"{(state.Pid > 0 ? "" : "the ")}network {network.Name}");
        if (state.Pid > 0)
        {
            using NetNamespace inside = NetNamespace.Open(state.Pid);
            Endpoint left = Networks.Disconnect(config.Id, network, inside);
            ContainerNetwork.RemoveHost(Containers.RunDirectory(config.Id), left);
            if (left.HasNeighbours || config.Ports.Length > 0) TellMonitor(config);
        }
        Containers.WriteConfig(config with { Networks = stays });
        WriteEvent(network, "disconnect", config);
    }

    /// <summary>Gives a container another name.</summary>
    public void Rename(ContainerConfig old, string name)
    {
        ContainerConfig renamed = Containers.Rename(old, name);
        Networks.Rename(old.Id, ContainerNetwork.NamesOf(renamed), old.Name);
        Events.Write(renamed, "rename", ("oldName", "/" + old.Name));
    }

    // Leases are its monitor's to renew, names to answer, ports of [::1] to listen on, and its addresses to watch.
    private void TellMonitor(ContainerConfig config)
    {
        using MonitorClient? monitor = MonitorClient.TryConnect(Containers, config.Id);
        if (monitor is not null) monitor.Send([(byte)PacketType.Networks]);
        // It was killed meanwhile; another one, which finds out by itself, takes over.
        else StateOf(config);
    }

    private static bool Names(EndpointSettings settings, NetworkRecord network) => settings.Network == network.Name
        || network.Id.StartsWith(settings.Network, StringComparison.Ordinal);

    private static void CheckJoins(ContainerConfig config, NetworkRecord network)
    {
        if (ContainerNamespaces.Joins(config.NetworkMode)) throw new UsageException(
            "container sharing network namespace with another container or host cannot be connected to any other "
            + "network");
        if (config.NetworkMode == "host" || network.Driver == "host") throw new UsageException(
            "container cannot be disconnected from host network or connected to host network");
        if (config.NetworkMode == "none" || network.Driver == "null") throw new UsageException(
            "container cannot be connected to multiple networks with one of the networks in private (none) mode");
    }

    private void WriteEvent(NetworkRecord network, string action, ContainerConfig? container = null)
    {
        List<(string, string)> attributes = [("name", network.Name), ("type", network.Driver)];
        if (container is not null) attributes.Insert(0, ("container", container.Id));
        Events.Write(EventJournal.Event("network", action, network.Id, [.. attributes]));
    }
}
