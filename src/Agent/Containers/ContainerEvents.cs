using Skiff.Agent.Events;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Containers;

/// <summary>Events of containers: with their labels, image and name.</summary>
internal static class ContainerEvents
{
    /// <summary>Writes one down.</summary>
    /// <param name="journal">Where to.</param>
    /// <param name="config">The container.</param>
    /// <param name="action">What has happened.</param>
    /// <param name="more">More attributes.</param>
    public static void Write(this EventJournal journal, ContainerConfig config, string action,
        params (string Name, string Value)[] more) => journal.Write(Event(config, action, more));

    /// <summary>A run begins: it has got its network and its volumes.</summary>
    public static void WriteStart(this EventJournal journal, ContainerConfig config)
    {
        List<EngineEvent> events = [];
        AddNetworks(journal, events, config, "connect");
        foreach (Mount mount in config.Mounts)
            if (mount.Type == "volume")
                events.Add(EventJournal.Event("volume", "mount", mount.Source, [("container", config.Id),
                    ("destination", mount.Target), ("driver", "local"), ("propagation", ""),
                    ("read/write", mount.ReadOnly ? "false" : "true")]));
        events.Add(Event(config, "start", []));
        journal.Write([.. events]);
    }

    /// <summary>A run has ended.</summary>
    public static void WriteEnd(this EventJournal journal, ContainerConfig config, int exitCode, TimeSpan ran)
    {
        List<EngineEvent> events = [];
        AddNetworks(journal, events, config, "disconnect");
        foreach (Mount mount in config.Mounts)
            if (mount.Type == "volume")
                events.Add(EventJournal.Event("volume", "unmount", mount.Source,
                    [("container", config.Id), ("driver", "local")]));
        events.Add(Event(config, "die",
            [("execDuration", $"{(long)ran.TotalSeconds}"), ("exitCode", $"{exitCode}")]));
        journal.Write([.. events]);
    }

    private static EngineEvent Event(ContainerConfig config, string action, (string Name, string Value)[] more)
    {
        List<(string, string)> attributes = [("image", config.Image), ("name", config.Name), .. more];
        foreach ((string name, string value) in config.Labels)
            if (!attributes.Exists(attribute => attribute.Item1 == name)) attributes.Add((name, value));
        return EventJournal.Event("container", action, config.Id, [.. attributes]);
    }

    private static void AddNetworks(
        EventJournal journal, List<EngineEvent> events, ContainerConfig config, string action)
    {
        var networks = new NetworkStore(journal.Roots);
        // Of one that has gone there is no more than what the container calls it; of those that are always there, the
        // id is all that has to be looked up, at every start.
        if (config.NetworkMode is "host" or "none")
            Add(config.NetworkMode, networks.IdOf(config.NetworkMode), config.NetworkMode == "none" ? "null" : "host");
        foreach (EndpointSettings settings in config.Attachments)
            if (settings.Network == NetworkNames.DefaultNetwork)
                Add(settings.Network, networks.IdOf(settings.Network), "bridge");
            else if (TryFind(networks, settings.Network) is { } network)
                Add(network.Name, network.Id, network.Driver);
            else Add(settings.Network, null, "bridge");

        void Add(string name, string? id, string type) => events.Add(EventJournal.Event("network", action, id ?? name,
            [("container", config.Id), ("name", name), ("type", type)]));
    }

    // No event is worth a start.
    private static NetworkRecord? TryFind(NetworkStore networks, string name)
    {
        try
        {
            return networks.Find(name);
        }
        catch (UsageException)
        {
            return null;
        }
    }
}
