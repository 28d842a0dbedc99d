using Skiff.Agent.Containers;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Manager;

/// <summary>What verbs do to containers that exist.</summary>
internal sealed partial class Engine
{
    private const int KillTimeoutMs = 10_000;
    private const int FreezeTimeoutMs = 10_000;

    /// <summary>
    /// The state as of now. A container whose monitor was killed is found here: another one takes it over, or, when it
    /// has ended, its network and cgroup are given back, and its end is recorded.
    /// </summary>
    public ContainerState StateOf(ContainerConfig config)
    {
        if (Containers.ReadRunState(config.Id) is not { } running) return DurableStateOf(config.Id);
        if (!ProcessTimes.IsAlive(running.MonitorPid, running.MonitorStartTime))
            running = Orphans.Settle(this, config, running);
        if (!running.IsActive) return running;
        return IsFrozen(config) ? running with { Status = "paused" } : running;
    }

    // One that nobody saw end: the power was cut, or the host went down without stopping it.
    private ContainerState DurableStateOf(string id)
    {
        ContainerState state = Containers.ReadDurableState(id);
        return state.Boot.Length == 0 || state.Boot == BootId.Read() ? state
            : state with { Error = "the host went down while the container ran" };
    }

    /// <summary>Starts a container that is not running; output streams go to the returned client.</summary>
    /// <param name="config">The container.</param>
    /// <param name="client">A monitor spawned for it.</param>
    /// <param name="attach">Streams that the client wants.</param>
    /// <param name="size">The client's window size.</param>
    public void Start(ContainerConfig config, MonitorClient client, AttachStreams attach,
        (ushort Rows, ushort Columns) size)
    {
        CheckNotDead(config, "started");
        ContainerNamespaces.Resolve(Containers, config.NetworkMode);
        if (attach != AttachStreams.None) Events.Write(config, "attach");
        if (size.Rows == 0) size = ((ushort)config.ConsoleRows, (ushort)config.ConsoleColumns);
        client.Start(new StartRequest(config.Id, attach, size.Rows, size.Columns));
    }

    /// <summary>Starts a container without attaching; one that runs is left alone.</summary>
    /// <param name="config">The container.</param>
    /// <param name="spawned">A monitor that nobody uses yet; the caller's. Null spawns one.</param>
    public void Start(ContainerConfig config, MonitorClient? spawned = null)
    {
        ContainerState state = StateOf(config);
        if (state.Status == "paused")
            throw UsageException.Conflict("cannot start a paused container, try unpause instead");
        if (state.IsActive) return;
        using MonitorClient? own = spawned is null ? MonitorClient.Spawn(Roots) : null;
        Start(config, own ?? spawned!, AttachStreams.None, default);
    }

    /// <summary>Stops and starts again; a container that would be removed at its end is kept for it.</summary>
    public void Restart(ContainerConfig config, int timeoutSeconds)
    {
        if (config.AutoRemove) Containers.WriteRestarting(config.Id);
        Stop(config, timeoutSeconds);
        Start(config);
        Events.Write(config, "restart");
    }

    /// <summary>Waits for the end of a container and returns its exit code; at once when it is not running.</summary>
    public int Wait(ContainerConfig config)
    {
        using ContainerLink? link = ContainerLink.TryOpen(this, config, StateOf(config));
        return link is not null && link.WaitExited(-1, out int exitCode) ? exitCode : StateOf(config).ExitCode;
    }

    /// <summary>Sends a signal to the first process.</summary>
    /// <exception cref="UsageException">It is not running.</exception>
    public void Kill(ContainerConfig config, int signal)
    {
        ContainerState state = StateOf(config);
        using ContainerLink? link = ContainerLink.TryOpen(this, config, state, ofRun: true);
        if (link is null) throw UsageException.Conflict(
            $"cannot kill container: {config.Name}: container {config.Id} is not running");
        // Other signals, such as one to read a configuration again, say nothing about the next end.
        if (signal == Signals.SIGKILL || signal == StopSignalOf(config)) link.Send([(byte)PacketType.NoRestart]);
        if (state.Pid == 0) return; // It was between two runs.
        SendSignal(config, link, signal);
        // A frozen process takes no signal; as with docker, one that is to end it is not left waiting for an unpause.
        if ((signal == Signals.SIGKILL || signal == StopSignalOf(config)) && IsFrozen(config)) Thaw(config);
        // Of an end that is certain docker's kill waits, so that whoever looks next sees it.
        if (signal == Signals.SIGKILL) link.WaitExited(KillTimeoutMs, out _);
    }

    /// <summary>
    /// Ends a container: its stop signal, then SIGKILL after <paramref name="timeoutSeconds"/> (-1 waits forever).
    /// Returns when its
    /// end is recorded; at once when it is not running.
    /// </summary>
    public void Stop(ContainerConfig config, int timeoutSeconds)
    {
        ContainerState state = StateOf(config);
        using ContainerLink? link = ContainerLink.TryOpen(this, config, state, ofRun: true);
        if (link is null)
        {
            // One without a monitor, which no other could take over, is ended here.
            if (state.IsActive) Orphans.Reap(this, config, state);
            return;
        }
        if (state.Status == "paused") Thaw(config);
        link.Send([(byte)PacketType.NoRestart]);
        if (state.Pid == 0)
        {
            link.WaitExited(KillTimeoutMs, out _);
            return;
        }
        if (timeoutSeconds != 0)
        {
            SendSignal(config, link, StopSignalOf(config));
            if (link.WaitExited(timeoutSeconds < 0 ? -1 : timeoutSeconds * 1000, out _))
            {
                Events.Write(config, "stop");
                return;
            }
        }
        SendSignal(config, link, Signals.SIGKILL);
        long end = Environment.TickCount64 + KillTimeoutMs;
        if (!link.WaitExited(KillTimeoutMs, out _) && !WaitForEnd(config, state, end))
            throw UsageException.Conflict(
                $"container {config.Name} does not end after SIGKILL: a process in it hangs in the kernel (state D)");
        Events.Write(config, "stop");
    }

    // Somebody else may just be cleaning up after a killed monitor; the container may even have been started again.
    private bool WaitForEnd(ContainerConfig config, ContainerState run, long end) => WaitForState(config.Id, end,
        () => StateOf(config) is not { IsActive: true } now
            || (now.Pid, now.PidStartTime) != (run.Pid, run.PidStartTime));

    /// <summary>Freezes all processes.</summary>
    public void Pause(ContainerConfig config)
    {
        ContainerState state = StateOf(config);
        if (state.Status == "paused") throw UsageException.Conflict($"container {config.Id} is already paused");
        if (state.Status == "restarting") throw UsageException.Conflict(
            $"container {config.Id} is restarting, wait until the container is running");
        if (state.Pid == 0) throw UsageException.Conflict($"container {config.Id} is not running");
        // It may have ended since.
        using Cgroup cgroup = ContainerCgroup.Root() is null ? ContainerCgroup.Open(config)
            : ContainerCgroup.TryOpen(config) ?? throw UsageException.Conflict($"container {config.Id} is not running");
        if (!cgroup.Freeze(FreezeTimeoutMs))
        {
            ContainerState now = StateOf(config);
            if (now.Pid != 0 && (now.Pid, now.PidStartTime) != (state.Pid, state.PidStartTime))
            {
                Pause(config); // It has been started again meanwhile, with another cgroup.
                return;
            }
            string inTheWay = now.Pid == 0 ? "" : cgroup.DescribeUnfrozen();
            cgroup.Thaw(timeoutMs: 0);
            throw UsageException.Conflict(inTheWay.Length == 0 ? $"container {config.Id} is not running"
                : $"container {config.Name} did not freeze within {FreezeTimeoutMs} ms, for {inTheWay}; it runs on");
        }
        Events.Write(config, "pause");
    }

    /// <summary>Thaws what <see cref="Pause"/> froze.</summary>
    public void Unpause(ContainerConfig config)
    {
        if (StateOf(config).Status != "paused") throw UsageException.Conflict($"container {config.Id} is not paused");
        Thaw(config);
        Events.Write(config, "unpause");
    }

    private void SendSignal(ContainerConfig config, ContainerLink link, int signal)
    {
        // Told first: the end that may come of it is told by the monitor.
        Events.Write(config, "kill", ("signal", $"{signal}"));
        link.Send([(byte)PacketType.Signal, (byte)signal]);
    }

    private static int StopSignalOf(ContainerConfig config)
    {
        Signals.TryParse(config.StopSignal, out int signal);
        return signal;
    }

    private static bool IsFrozen(ContainerConfig config)
    {
        using Cgroup? cgroup = ContainerCgroup.TryOpen(config);
        return cgroup is not null && cgroup.Frozen;
    }

    private static void Thaw(ContainerConfig config)
    {
        using Cgroup? cgroup = ContainerCgroup.TryOpen(config);
        if (cgroup is null) return; // It has ended: nothing of it is frozen.
        if (!cgroup.Thaw(FreezeTimeoutMs)) throw UsageException.Conflict(
            $"container {config.Name} did not thaw within {FreezeTimeoutMs} ms");
    }
}
