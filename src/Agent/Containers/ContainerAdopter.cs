using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// Takes over a running container whose monitor was killed: opens again what that monitor held. Its stdin and its
/// terminal went with the monitor, unless somebody kept them; output that was not read yet is still in its pipes.
/// </summary>
internal sealed class ContainerAdopter(StateRoots roots, ContainerStore store)
{
    /// <summary>Starts what a container's networks need of its monitor; null when that is nothing.</summary>
    public Func<ContainerConfig, NetNamespace, IDisposable?> Serve { get; init; } = static (_, _) => null;

    private const OpenFlags Reading = OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK;

    /// <summary>Takes it over; disposing what is returned ends it and gives everything back.</summary>
    /// <param name="config">The container.</param>
    /// <param name="state">As its monitor has left it.</param>
    /// <param name="terminal">Its terminal, if somebody kept that; owned.</param>
    /// <exception cref="UsageException">It has ended.</exception>
    /// <exception cref="LinuxException">The kernel refused a step; the container runs on.</exception>
    public RunningContainer Adopt(ContainerConfig config, ContainerState state, Fd? terminal)
    {
        LaunchedProcess process = LaunchedProcess.Adopt(state.Pid, (ulong)state.PidStartTime)
            ?? throw new UsageException($"container {config.Name} has ended", 125);
        var undo = new Unwinder();
        undo.Push("leaving its volumes", () => new VolumeModule(roots).Leave(config.Volumes, config.Id));
        if (StartHooks.Resume(config, store.RunDirectory(config.Id)) is { } hooks)
            undo.Push("running hooks", hooks.RunStopped);
        Cgroup? cgroup = ContainerCgroup.TryOpen(config);
        if (cgroup is not null) undo.Push("removing the cgroup", () => ContainerCgroup.Remove(cgroup));
        undo.Push("leaving the networks", () => ContainerNetwork.GiveBack(roots, store, config.Id));
        ServeNetworks(config, state.Pid, undo);
        Fd? devPts = OpenDevPts(state.Pid);
        if (devPts is not null) undo.Push("closing devpts", devPts.Dispose);
        if (terminal is not null) undo.Push("closing its terminal", terminal.Dispose);
        // Without cgroups only the first process is known.
        IReadOnlyList<int> members = cgroup?.ProcessesBelow() ?? [state.Pid];
        return new RunningContainer(undo)
        {
            Process = process, Cgroup = cgroup, DevPts = devPts, Warnings = state.Warnings,
            Age = ProcessTimes.Since(state.PidStartTime), Terminal = terminal,
            Stdout = OpenPipe(members, state.Pipes.Stdout), Stderr = OpenPipe(members, state.Pipes.Stderr),
        };
    }

    private void ServeNetworks(ContainerConfig config, int pid, Unwinder undo)
    {
        if (!ContainerNetwork.IsServed(config)) return;
        using NetNamespace inside = NetNamespace.Open(pid);
        if (Serve(config, inside) is { } served) undo.Push(ContainerNetwork.EndOfServing, served.Dispose);
    }

    // Below the container's root, where it may have put anything: no symlink is followed, and no other filesystem taken
    // for it.
    private static Fd? OpenDevPts(int pid)
    {
        using Fd root = Files.Open($"/proc/{pid}/root", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        Errno errno = Files.TryOpenAt2(root, "dev/pts", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, 0,
            ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_SYMLINKS, out Fd? devPts);
        if (errno != Errno.None) return null;
        if (Files.TryStatFs(devPts!, out FilesystemStatus status) == Errno.None
            && status.Type == FilesystemTypes.DEVPTS_SUPER_MAGIC) return devPts;
        devPts!.Dispose();
        return null;
    }

    // Whoever of the container has the pipe, if anybody still has.
    private static Fd? OpenPipe(IReadOnlyList<int> members, long inode)
    {
        if (inode == 0) return null;
        string wanted = $"pipe:[{inode}]";
        foreach (int pid in members)
        {
            string directory = $"/proc/{pid}/fd";
            if (Files.TryListDirectory(directory, out List<string> numbers) != Errno.None) continue; // It has ended.
            foreach (string number in numbers)
                if (Files.TryReadLink($"{directory}/{number}", out string target) && target == wanted
                    && Files.TryOpenAt(Fd.Cwd, $"{directory}/{number}", Reading, 0, out Fd? pipe) == Errno.None)
                    return pipe;
        }
        return null;
    }
}
