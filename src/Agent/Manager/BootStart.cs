using Skiff.Agent.Containers;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Manager;

/// <summary>
/// Starts what should run when the agent comes up: containers whose restart policy wants it, and those that they depend
/// on, each when its own dependencies run, or are healthy. A start that fails is tried again by its monitor.
/// </summary>
internal sealed class BootStart(Engine engine, EventLoop loop, Action<string> log)
{
    private readonly List<ContainerConfig> _waiting = [];

    /// <summary>Whether something still waits for its dependencies.</summary>
    public bool IsWaiting => _waiting.Count > 0;

    /// <summary>Finds what should run and starts what waits for nothing.</summary>
    public void Begin()
    {
        bool afterBoot = IsFirstOfBoot();
        foreach (ContainerConfig config in engine.Containers.List())
            if (config.Restart != RestartPolicy.No && Wants(config, afterBoot)) Add(config, []);
        _waiting.Sort((a, b) => a.Created.CompareTo(b.Created));
        Look();
    }

    /// <summary>Starts what has waited long enough; called when the state of a container has changed.</summary>
    public void Look()
    {
        for (int i = 0; i < _waiting.Count;)
        {
            ContainerConfig config = _waiting[i];
            if (!Array.TrueForAll(config.DependsOn, dependency => IsMet(config, dependency)))
            {
                i++;
                continue;
            }
            _waiting.RemoveAt(i);
            Start(config);
            i = 0; // Others may have waited for just this one.
        }
    }

    /// <summary>Starts one container without waiting for it; its failure is told to the log.</summary>
    public void Start(ContainerConfig config)
    {
        MonitorClient client = MonitorClient.Spawn(engine.Roots);
        client.Send(MessageFormat.Pack(new StartRequest(config.Id, AttachStreams.None, Persist: true)));
        loop.Watch(client.Socket.Fd, EpollEvents.EPOLLIN, _ =>
        {
            loop.Forget(client.Socket.Fd);
            using (client)
                try
                {
                    client.WaitStarted();
                }
                catch (UsageException e)
                {
                    log($"starting container {config.Name}: {e.Message}");
                }
        });
    }

    private bool Wants(ContainerConfig config, bool afterBoot)
    {
        ContainerState state = engine.StateOf(config);
        return !state.IsActive && config.Restart.StartsAtBoot(state, afterBoot);
    }

    // The ones that it depends on come along, whatever their own policy says.
    private void Add(ContainerConfig config, List<string> path)
    {
        if (_waiting.Exists(other => other.Id == config.Id)
            || engine.StateOf(config) is { IsActive: true } or { Status: "dead" }) return;
        path.Add(config.Id);
        var kept = new List<string>();
        foreach (string dependency in config.DependsOn)
        {
            if (Find(dependency, out bool _) is not { } other)
                log($"container {config.Name} depends on {dependency}, which does not exist: not waited for");
            else if (engine.StateOf(other).Status == "dead")
                log($"container {config.Name} depends on {dependency}, which is dead: not waited for");
            else if (path.Contains(other.Id))
                log($"container {config.Name} depends on {dependency} and the other way round: not waited for");
            else
            {
                kept.Add(dependency);
                Add(other, path);
            }
        }
        path.Remove(config.Id);
        _waiting.Add(config with { DependsOn = [.. kept] });
    }

    private bool IsMet(ContainerConfig config, string dependency)
    {
        if (Find(dependency, out bool healthy) is not { } other)
        {
            log($"container {config.Name}: {dependency} was removed: not waited for");
            return true;
        }
        ContainerState state = engine.StateOf(other);
        return state.Status == "running" && (!healthy || state.Health is "healthy" or "");
    }

    private ContainerConfig? Find(string dependency, out bool healthy)
    {
        (string name, healthy) = Dependency.Parse(dependency);
        try
        {
            return engine.Containers.Find(name);
        }
        catch (UsageException)
        {
            return null;
        }
    }

    // RUNROOT is empty after a boot.
    private bool IsFirstOfBoot()
    {
        string path = Path.Combine(engine.Roots.RunRoot, "boot");
        if (Files.Exists(path)) return false;
        AtomicFile.Replace(path, System.Text.Encoding.ASCII.GetBytes(BootId.Read()), durable: false);
        return true;
    }
}
