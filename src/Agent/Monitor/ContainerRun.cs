using Skiff.Agent.Containers;
using Skiff.Agent.Events;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop.Events;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>
/// One run of a container, from its first process to the end of it: stdio, exec'd processes, health checks. A monitor
/// has several of them one after the other when its container is started again.
/// </summary>
internal sealed class ContainerRun : IDisposable
{
    private readonly EventLoop _loop;
    private readonly OomWatch? _oom;
    private readonly long _startedMs = System.Environment.TickCount64;

    /// <summary>Looks after a container that has just started; takes ownership of it and of the log.</summary>
    /// <param name="loop">Where everything runs.</param>
    /// <param name="config">The container.</param>
    /// <param name="container">What was started.</param>
    /// <param name="log">Takes its output.</param>
    /// <param name="clients">Get its output.</param>
    /// <param name="ended">Called when the first process has ended.</param>
    /// <param name="healthChanged">Told after every health check.</param>
    /// <param name="events">Told of exec'd processes.</param>
    /// <param name="health">What health checks had found before this monitor took the container over.</param>
    public ContainerRun(EventLoop loop, ContainerConfig config, RunningContainer container, ContainerLog log,
        List<ClientConnection> clients, Action ended, Action<HealthState> healthChanged,
        EventJournal events, HealthState? health = null)
    {
        (_loop, Container) = (loop, container);
        Stdio = new ContainerStdio(loop, container, log, clients, config.StdinOnce);
        Execs = new ExecSessions(loop, container, config, events);
        Health = HealthChecks.Start(loop, container, config, healthChanged, health);
        if (container.Cgroup is { } cgroup) _oom = OomWatch.Start(loop, cgroup, () => events.Write(config, "oom"));
        loop.Watch(container.Process.PidFd.Fd, EpollEvents.EPOLLIN, _ => ended());
    }

    /// <summary>What runs.</summary>
    public RunningContainer Container { get; }

    /// <summary>Its stdio.</summary>
    public ContainerStdio Stdio { get; }

    /// <summary>More processes in it.</summary>
    public ExecSessions Execs { get; }

    /// <summary>Its health checks, or null.</summary>
    public HealthChecks? Health { get; }

    /// <summary>How long it has been running; no change of the host's clock matters.</summary>
    public TimeSpan Length =>
        Container.Age + TimeSpan.FromMilliseconds(System.Environment.TickCount64 - _startedMs);

    /// <summary>
    /// Takes what is left in the pipes and the exit status, null when nobody can tell it; then everything is given
    /// back.
    /// </summary>
    public ExitStatus? End(out bool oomKilled)
    {
        ExitStatus? status = Container.Process.End();
        Stdio.ReadRest();
        _oom?.Look();
        oomKilled = Container.OomKilled;
        Dispose();
        return status;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Forget(Container.Process.PidFd.Fd);
        Health?.Dispose();
        _oom?.Dispose();
        Stdio.Dispose();
        Container.Dispose();
    }
}
