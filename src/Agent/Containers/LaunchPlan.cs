using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// The launch program of a container's first process, in the order in which the child runs it: namespaces, root, /proc,
/// /sys and
/// the prepared mounts, pivot_root, masks, terminal and stdio, identity, seccomp, execve.
/// </summary>
internal static class LaunchPlan
{
    private const ulong NoSuidNoDevNoExec =
        MountConstants.MOUNT_ATTR_NOSUID | MountConstants.MOUNT_ATTR_NODEV | MountConstants.MOUNT_ATTR_NOEXEC;
    private const ResolveFlags Inside = ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_MAGICLINKS;

    /// <summary>Builds the program; the descriptors in the parts must stay open until the launch.</summary>
    public static LaunchProgram Build(LaunchParts parts)
    {
        ContainerConfig config = parts.Config;
        var program = new LaunchProgram { Subject = $"container {config.Name}" };
        try
        {
            // While /proc is the host's: nothing that a container shows there could take the write's place.
            if (parts.AppArmor is { } profile) program.AppArmorOnExec(profile);
            if (config.ProcessLabel.Length > 0) program.SelinuxOnExec(config.ProcessLabel);
            if (parts.IsMapped)
            {
                program.Meet(parts.Meeting!);
                program.BecomeRoot();
            }
            AddNamespaces(program, parts);
            AddMounts(program, parts);
            if (parts.Hooks.StopsInside) program.Meet(parts.Meeting!);
            ProcessPlan plan = ProcessPlan.Of(config, parts.User);
            if (!parts.IsMapped) plan.AddLimitsTo(program);
            if (config.Init)
            {
                plan = plan.WithInit();
                program.Own(plan.Init!);
                if (config.MountLabel.Length > 0) FileLabels.Set(plan.Init!, config.MountLabel);
            }
            if (parts.NetworkMeeting is { } network) program.Meet(network);
            AddStdio(program, config, parts.Mounts, parts.Stdio, plan.Init);
            plan.AddTo(program);
            return program;
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }

    /// <summary>Runs the program in a new child.</summary>
    public static LaunchedProcess Start(LaunchProgram program, LaunchParts parts, Cgroup? cgroup)
    {
        ContainerConfig config = parts.Config;
        CloneFlags namespaces = CloneFlags.CLONE_NEWNS;
        if (config.PidMode.Length == 0) namespaces |= CloneFlags.CLONE_NEWPID;
        if (config.IpcMode != "host" && parts.Shared.Ipc is null) namespaces |= CloneFlags.CLONE_NEWIPC;
        if (config.UtsMode != "host") namespaces |= CloneFlags.CLONE_NEWUTS;
        if (parts.IsMapped) namespaces |= CloneFlags.CLONE_NEWUSER | CloneFlags.CLONE_NEWNET;
        return ProcessPlan.Start(program, new LaunchOptions
        {
            Namespaces = namespaces, Cgroup = cgroup?.Directory, PidNamespaceOf = parts.Shared.Pid?.Fd,
            PidNamespaceIsOneWay = RootlessMode.IsOn,
            Meeting = parts.Meeting ?? parts.NetworkMeeting,
        });
    }

    private static void AddNamespaces(LaunchProgram program, LaunchParts parts)
    {
        ContainerConfig config = parts.Config;
        // Only now does the child stand in its own cgroup, which becomes the root that it sees.
        if (config.CgroupnsMode != "host") program.Unshare(CloneFlags.CLONE_NEWCGROUP);
        if (parts.Shared.Ipc is { } ipc) program.SetNs(ipc.Fd, CloneFlags.CLONE_NEWIPC);
        if (parts.Network.Namespace is { } ns) program.SetNs(ns.Fd, CloneFlags.CLONE_NEWNET);
        if (config.OomScoreAdj is { } score && !parts.IsMapped)
            program.WriteFile(Fd.Cwd, "/proc/self/oom_score_adj",
                score.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (config.UtsMode == "host") return;
        program.SetHostname(config.Hostname);
        if (config.Domainname.Length > 0) program.SetDomainname(config.Domainname);
    }

    private static void AddMounts(LaunchProgram program, LaunchParts parts)
    {
        (ContainerConfig config, PreparedMounts mounts) = (parts.Config, parts.Mounts);
        program.MountSetAttr(Fd.Cwd, "/", MountConstants.AT_RECURSIVE, 0, 0, MountConstants.MS_SLAVE);
        program.MoveMount(mounts.Root, Fd.Cwd, parts.AttachPoint);
        LaunchStep proc = AttachNew(program, mounts.Root, "proc", "proc", NoSuidNoDevNoExec,
            isHosts: config.PidMode == "host");
        ulong readOnly = config.Privileged ? 0 : MountConstants.MOUNT_ATTR_RDONLY;
        LaunchStep sys = AttachNew(program, mounts.Root, "sysfs", "sys", NoSuidNoDevNoExec | readOnly,
            isHosts: config.NetworkMode == "host");
        AttachNew(program, mounts.Root, "cgroup2", "sys/fs/cgroup", NoSuidNoDevNoExec | readOnly,
            isHosts: config.CgroupnsMode == "host");
        Attach(program, mounts.Root, mounts.Dev, "dev", ResolveFlags.RESOLVE_NO_SYMLINKS);
        Attach(program, mounts.Dev, mounts.DevPts, "pts", ResolveFlags.RESOLVE_NO_SYMLINKS);
        foreach (PreparedMount node in mounts.DeviceNodes)
            Attach(program, mounts.Dev, node.Tree, node.Target, ResolveFlags.RESOLVE_NO_SYMLINKS);
        bool sharesQueues = config.IpcMode == "host";
        // A host need not have them mounted.
        if (!sharesQueues || !RootlessMode.IsOn || Files.Exists("/dev/mqueue"))
        {
            LaunchStep queues =
                AttachNew(program, mounts.Root, "mqueue", "dev/mqueue", NoSuidNoDevNoExec, isHosts: sharesQueues);
            // The namespace has made it already, and it takes no label as it is mounted.
            if (config.MountLabel.Length > 0 && !sharesQueues)
                program.LabelRoot(queues, config.MountLabel, "/dev/mqueue");
        }
        // Before what the user mounts: a symlink of the image may lead such a mount into /proc, and what is written to
        // a sysctl, or covers a path, would be redirected by whoever has that volume (CVE-2025-52881).
        AddSysctls(program, config, proc, parts.Network);
        if (!SecuritySettings.ShowsSystemPaths(config))
            AddMasks(program, config, mounts, proc, sys);
        foreach (PreparedMount mount in mounts.InOrder) Attach(program, mounts.Root, mount.Tree,
            mount.Target.TrimStart('/'));

        if (parts.Hooks.StopsOutside) program.Meet(parts.Meeting!);
        program.Fchdir(mounts.Root, "the new root");
        program.PivotRoot(".", ".");
        program.Umount2(".", MountConstants.MNT_DETACH);
        program.Chdir("/");
        if (config.ReadonlyRootfs) program.MountSetAttr(mounts.Root, MountConstants.MOUNT_ATTR_RDONLY);
    }

    // A filesystem that belongs to one of the child's namespaces. Returns its mount, for masks relative to it.
    private static LaunchStep AttachNew(
        LaunchProgram program, Fd root, string type, string target, ulong attributes, bool isHosts)
    {
        LaunchStep mount = isHosts && RootlessMode.IsOn ? CloneOfHost(program, target, attributes)
            : New(program, type, attributes);
        LaunchStep directory = program.OpenAt2(root, target, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY,
            Inside | ResolveFlags.RESOLVE_NO_SYMLINKS);
        program.MoveMountTo(mount, directory, "/" + target);
        return mount;
    }

    // Only the owner of a namespace mounts what belongs to it: a rootless user gets a copy of the host's mount.
    private static LaunchStep CloneOfHost(LaunchProgram program, string target, ulong attributes)
    {
        LaunchStep tree = program.OpenTree(
            Fd.Cwd, "/" + target, MountConstants.OPEN_TREE_CLONE | MountConstants.AT_RECURSIVE);
        program.MountSetAttr(tree, "", MountConstants.AT_EMPTY_PATH | MountConstants.AT_RECURSIVE, attributes);
        return tree;
    }

    private static LaunchStep New(LaunchProgram program, string type, ulong attributes)
    {
        LaunchStep context = program.FsOpen(type);
        program.FsConfigString(context, "source", type == "cgroup2" ? "cgroup" : type, OnError.Ignore);
        program.FsConfigCreate(context, type);
        return program.FsMount(context, attributes);
    }

    private static void Attach(
        LaunchProgram program, Fd root, Fd tree, string target, ResolveFlags strict = ResolveFlags.None)
    {
        LaunchStep location = program.OpenAt2(root, target, OpenFlags.O_PATH, Inside | strict);
        program.MoveMountTo(tree, location, "/" + target);
    }

    // /proc/sys is still writable here; the masks follow.
    private static void AddSysctls(LaunchProgram program, ContainerConfig config, LaunchStep proc,
        ContainerNetwork network)
    {
        if (network.OwnsNamespace)
        {
            AddSysctl(program, proc, "net/ipv4/ip_unprivileged_port_start", "0", OnError.SkipNext(2));
            // Groups without a number in the container's user namespace cannot be written.
            if (config.UidMap.Length == 0)
                AddSysctl(program, proc, "net/ipv4/ping_group_range",
                    $"0 {(RootlessMode.IsOn ? RootlessMode.LastGroup : int.MaxValue)}", OnError.SkipNext(2));
        }
        foreach (var (name, value) in config.Sysctls) AddSysctl(program, proc, name.Replace('.', '/'), value,
            OnError.Fail);
    }

    private static void AddSysctl(LaunchProgram program, LaunchStep proc, string name, string value, OnError onError)
    {
        LaunchStep file = program.OpenAt(proc, "sys/" + name, OpenFlags.O_WRONLY, 0, onError);
        program.Write(file, value, "/proc/sys/" + name);
        program.Close(file);
    }

    // Every path is opened relative to the mount that the child itself has just made, never by a name that the image
    // could shadow.
    private static void AddMasks(
        LaunchProgram program, ContainerConfig config, PreparedMounts mounts, LaunchStep proc, LaunchStep sys)
    {
        LaunchStep? empty = null;
        foreach (string path in ContainerDefaults.AllMaskedPaths())
        {
            // The same kernel answers on the host: what it doesn't have there needs no mask.
            if (Files.TryStatAt(Fd.Cwd, path, AtFlags.AT_SYMLINK_NOFOLLOW,
                out FileStatus status) != Errno.None) continue;
            LaunchStep cover = status.IsDirectory
                ? EmptyDirectory(program, config.MountLabel, ref empty)
                : program.OpenTree(mounts.Dev, "null", MountConstants.OPEN_TREE_CLONE);
            Cover(program, cover, path, proc, sys);
        }
        foreach (string path in ContainerDefaults.ReadonlyPaths)
        {
            if (Files.TryStatAt(Fd.Cwd, path, AtFlags.AT_SYMLINK_NOFOLLOW, out _) != Errno.None) continue;
            var (mount, relative) = Below(path, proc, sys);
            LaunchStep tree =
                program.OpenTree(mount, relative, MountConstants.OPEN_TREE_CLONE | MountConstants.AT_RECURSIVE);
            program.MountSetAttr(tree, "", MountConstants.AT_EMPTY_PATH | MountConstants.AT_RECURSIVE,
                MountConstants.MOUNT_ATTR_RDONLY);
            Cover(program, tree, path, proc, sys);
        }
    }

    // One read-only tmpfs, which cannot be filled, serves all: once attached it can be cloned.
    private static LaunchStep EmptyDirectory(LaunchProgram program, string label, ref LaunchStep? first)
    {
        if (first is { } attached)
            return program.OpenTree(attached, "", MountConstants.OPEN_TREE_CLONE | MountConstants.AT_EMPTY_PATH);
        LaunchStep context = program.FsOpen("tmpfs");
        program.FsConfigString(context, "source", "tmpfs", OnError.Ignore);
        program.FsConfigString(context, "nr_inodes", "2");
        if (label.Length > 0) program.FsConfigString(context, "context", label);
        program.FsConfigCreate(context, "tmpfs");
        LaunchStep mount = program.FsMount(context, MountConstants.MOUNT_ATTR_RDONLY | NoSuidNoDevNoExec);
        first = mount;
        return mount;
    }

    private static void Cover(LaunchProgram program, LaunchStep cover, string path, LaunchStep proc, LaunchStep sys)
    {
        var (mount, relative) = Below(path, proc, sys);
        LaunchStep location = program.OpenAt2(mount, relative, OpenFlags.O_PATH, Inside);
        program.MoveMountTo(cover, location, path);
    }

    private static (LaunchStep Mount, string Relative) Below(string path, LaunchStep proc, LaunchStep sys) =>
        path.StartsWith("/proc/", StringComparison.Ordinal) ? (proc, path["/proc/".Length..])
            : (sys, path["/sys/".Length..]);

    private static void AddStdio(
        LaunchProgram program, ContainerConfig config, PreparedMounts mounts, ContainerPipes stdio, Fd? init)
    {
        program.SetSid();
        if (config.Tty)
        {
            LaunchStep tree =
                program.OpenTree(stdio.Inside[0], "", MountConstants.OPEN_TREE_CLONE | MountConstants.AT_EMPTY_PATH);
            // Not by its path: a volume on /dev may hold anything, and another container may be changing it.
            LaunchStep console = program.OpenAt2(mounts.Dev, "console", OpenFlags.O_PATH,
                Inside | ResolveFlags.RESOLVE_NO_SYMLINKS);
            program.MoveMountTo(tree, console, "/dev/console");
        }
        for (int i = 0; i < 3; i++) program.Dup3(stdio.Inside[i], i);
        if (config.Tty) program.SetControllingTerminal(0);
        // At once and not by exec: a working directory of /proc/self/fd/N would find them (CVE-2024-21626).
        if (init is not null) program.Dup3(init, ProcessPlan.InitNumber, onExec: true);
        program.CloseRange(init is null ? 3u : ProcessPlan.InitNumber + 1);
    }
}
