using System.Runtime.ExceptionServices;
using Skiff.Agent.Cdi;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Agent.Rootless;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;
using Skiff.Interop.Terminals;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Containers;

/// <summary>
/// Starts a container in the process that will be the parent of its first process (the monitor): cgroup, root, network,
/// mounts,
/// stdio, then the launch program. Whatever fails, everything done so far is taken back in reverse.
/// </summary>
internal sealed class ContainerStarter(StateRoots roots, ContainerStore store)
{
    private readonly VolumeModule _volumes = new(roots);

    /// <summary>The state roots.</summary>
    public StateRoots Roots { get; } = roots;

    /// <summary>The records.</summary>
    public ContainerStore Store { get; } = store;

    /// <summary>Starts what a container's networks need of its monitor; null when that is nothing.</summary>
    public Func<ContainerConfig, NetNamespace, IDisposable?> Serve { get; init; } = static (_, _) => null;

    /// <summary>Starts; returns when the first process has executed its program.</summary>
    /// <param name="config">The container.</param>
    /// <param name="rows">Initial rows of the terminal; 0 leaves the kernel's.</param>
    /// <param name="columns">Initial columns.</param>
    /// <exception cref="UsageException">The command or an option is impossible; carries the exit code.</exception>
    /// <exception cref="LinuxException">The kernel refused a step.</exception>
    public RunningContainer Start(ContainerConfig config, ushort rows, ushort columns)
    {
        var undo = new Unwinder();
        PendingNetwork? network = null;
        try
        {
            return Start(config, undo, rows, columns, ref network);
        }
        catch (Exception e)
        {
            List<string> failures = undo.Run();
            // Of two things that went wrong beside each other, what the network met is told, as it comes first where
            // they are done one after the other.
            Exception first = network?.Failure ?? e;
            if (failures.Count > 0) throw new UsageException(
                $"{first.Message}; cleaning up also failed: {string.Join("; ", failures)}", 125);
            if (first != e) ExceptionDispatchInfo.Throw(first);
            throw;
        }
    }

    private RunningContainer Start(
        ContainerConfig config, Unwinder undo, ushort rows, ushort columns, ref PendingNetwork? started)
    {
        SelinuxLabels.Check(config);
        using FileLock turn = StartLock.Take(Roots, exclusive: false);
        undo.Push("leaving its volumes", () => _volumes.Leave(config.Volumes, config.Id));
        string runDirectory = Store.RunDirectory(config.Id);
        using ContainerNamespaces shared = ContainerNamespaces.Open(Store, config);
        using UserMapping? mapping = UserMapping.Of(config);
        CdiEdits edits = DeviceRequest.Resolve(config.DeviceRequests, Roots.CdiSpecDirectories);
        config = config with { Env = [.. EnvironmentList.Merge(config.Env, edits.Env)] };
        string attachPoint = AttachPoint(mapping);
        var hooks = new StartHooks(config, edits, runDirectory, attachPoint);
        if (!edits.Hooks.IsEmpty) undo.Push("running hooks", hooks.RunStopped);
        using PendingNetwork pending = started = BeginNetwork(config, undo, runDirectory);
        Cgroup? cgroup = CreateCgroup(config, edits, undo, out List<string> warnings);
        WriteFiles(pending, config, runDirectory);

        ISnapshotter snapshotter = Snapshotters.Open(
            Roots.Root, Roots.RunRoot, Roots.LayerStore, Roots.Preloaded, SelinuxLabels.OfLayers(config));
        IReadOnlyList<string> lowers = snapshotter.LowerDirectories(Array.ConvertAll(config.DiffIds, Digest.Parse));
        Fd root = RootFilesystem.Mount(lowers, Store.Directory(config.Id), runDirectory,
            temporary: config.AutoRemove || mapping is not null, config.MountLabel);
        using PreparedMounts mounts = PreparedMounts.Create(
            config, edits, _volumes, new ImageMounts(snapshotter, runDirectory, config.MountLabel, mapping), root,
            runDirectory, shared, mapping);
        undo.Push("closing devpts", mounts.DevPts.Dispose);

        using ContainerPipes stdio = ContainerPipes.Create(config, mounts.DevPts, rows, columns);
        undo.Push("closing stdio", stdio.DisposeOwn);
        ProcessUser user = ImageUsers.Resolve(root, config.User, config.GroupAdd).With(edits.AdditionalGids);
        ContainerNetwork network = pending.Open();
        if (mapping is not null) Map(config, mapping, mounts, stdio, lowers);
        DeviceTree.Own(mounts.Dev, edits.DeviceNodes, user, mapping);
        hooks.Begin();
        using LaunchMeeting? meeting = MeetingOf(
            mapping is null ? null : pid => Prepare(config, mapping, network, pid, undo), hooks);
        // Who looks at the network from inside before the program does finds it set up.
        bool isLookedAt = meeting is not null || config.Sysctls.Keys.Any(IsOfNetwork);
        if (isLookedAt) pending.Complete();
        var parts = new LaunchParts
        {
            Config = config, User = user, Mounts = mounts, Network = network, Shared = shared, Stdio = stdio,
            AttachPoint = attachPoint, AppArmor = AppArmorProfile.Of(config, warnings), Hooks = hooks,
            Meeting = meeting, NetworkMeeting = isLookedAt ? null : pending.Meet(),
        };
        using LaunchProgram program = LaunchPlan.Build(parts);
        LaunchedProcess process = Launch(program, parts, cgroup);
        pending.Complete();
        Started(process, hooks);
        return new RunningContainer(undo)
        {
            Process = process, Cgroup = cgroup, DevPts = mounts.DevPts, Warnings = [.. warnings],
            Terminal = stdio.Terminal, Stdin = stdio.Stdin, Stdout = stdio.Stdout, Stderr = stdio.Stderr,
        };
    }

    private PendingNetwork BeginNetwork(ContainerConfig config, Unwinder undo, string runDirectory)
    {
        bool aside = ContainerNetwork.TakesTime(config);
        return new PendingNetwork(
            undo, () => ContainerNetwork.Open(Roots, Store, config),
            (network, own) => network.SetUp(Roots, Store, config, own),
            (network, own) =>
            {
                if (aside) network.CompleteFiles(config, Store, runDirectory);
                network.Serve(config, own, Serve);
            }, aside);
    }

    // To be mounted before what the network has come to is known: that is added in place.
    private void WriteFiles(PendingNetwork pending, ContainerConfig config, string runDirectory)
    {
        if (ContainerNetwork.TakesTime(config)) ContainerNetwork.BeginFiles(Roots, config, Store, runDirectory);
        else pending.Open().WriteFiles(config, Store, runDirectory);
    }

    private static bool IsOfNetwork(string sysctl) => sysctl.StartsWith("net", StringComparison.Ordinal);

    private static LaunchMeeting? MeetingOf(Action<int>? prepare, StartHooks hooks)
    {
        var stops = new List<Action<int>>();
        if (prepare is not null) stops.Add(prepare);
        if (hooks.StopsOutside) stops.Add(hooks.RunOutside);
        if (hooks.StopsInside) stops.Add(hooks.RunInside);
        return stops.Count == 0 ? null : new LaunchMeeting([.. stops]);
    }

    private static LaunchedProcess Launch(LaunchProgram program, LaunchParts parts, Cgroup? cgroup)
    {
        try
        {
            return LaunchPlan.Start(program, parts, cgroup);
        }
        catch (LinuxException e) when (e.Errno == Errno.ESRCH && ContainerNamespaces.Joins(parts.Config.PidMode))
        {
            throw new UsageException($"can't join PID namespace of {parts.Config.PidMode}: it is not running", 125);
        }
    }

    private static void Started(LaunchedProcess process, StartHooks hooks)
    {
        try
        {
            hooks.RunStarted(process.Pid);
        }
        catch
        {
            process.PidFd.TrySendSignal(Signals.SIGKILL);
            process.PidFd.Wait();
            process.Dispose();
            throw;
        }
    }

    private void Map(
        ContainerConfig config, UserMapping mapping, PreparedMounts mounts, ContainerPipes stdio,
        IReadOnlyList<string> lowers)
    {
        string runDirectory = Store.RunDirectory(config.Id);
        mounts.Map(mapping, MappedRoot.Mount(
            lowers, Store.Directory(config.Id), runDirectory, config.AutoRemove, config.MountLabel,
            mapping));
        stdio.GiveTo(mapping);
        foreach (string name in ContainerNetwork.EtcFiles)
        {
            using Fd file = Files.Open(Path.Combine(runDirectory, name), OpenFlags.O_RDONLY);
            mapping.Own(file);
        }
    }

    // What the child, with no rights outside its user namespace, cannot do to itself.
    private void Prepare(
        ContainerConfig config, UserMapping mapping, ContainerNetwork network, int pid, Unwinder undo)
    {
        UserNamespace.Map(pid, mapping.Users, mapping.Groups);
        network.AttachChild(config, Store, pid, Store.RunDirectory(config.Id), undo, Serve);
        if (config.OomScoreAdj is { } score) Files.WriteFile($"/proc/{pid}/oom_score_adj", $"{score}");
        foreach (Rlimit limit in ProcessPlan.RlimitsOf(config)) Rlimits.Set(pid, limit);
    }

    // In the child's mount namespace only, the root is attached here for the moment before pivot_root. With ids of its
    // own the child may not go through the engine's directories.
    private string AttachPoint(UserMapping? mapping)
    {
        if (mapping is not null) return "/dev";
        string path = Path.Combine(Roots.RunRoot, "rootfs");
        Files.MakeDirectories(path);
        return path;
    }

    private static Cgroup? CreateCgroup(
        ContainerConfig config, CdiEdits edits, Unwinder undo, out List<string> warnings)
    {
        CgroupLimits limits = ContainerLimits.Of(config.Resources);
        warnings = [];
        if (ContainerCgroup.Tree() is not { } tree)
        {
            if (limits.Controllers != CgroupControllers.None) warnings.Add(ContainerLimits.Discarded);
            return null;
        }
        Cgroup cgroup = Cgroup.Create(
            tree, ContainerCgroup.NameOf(config), limits.Controllers | ContainerLimits.Counted(config));
        undo.Push("removing the cgroup", () => ContainerCgroup.Remove(cgroup));
        warnings = [.. cgroup.Apply(limits)];
        // A user may load no eBPF program, but makes no device nodes either.
        if (!config.Privileged && !RootlessMode.IsOn) ContainerLimits.RestrictDevices(cgroup, config, edits);
        return cgroup;
    }
}
