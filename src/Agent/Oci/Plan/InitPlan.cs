using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;
using Skiff.Interop.Seccomp;

namespace Skiff.Agent.Oci.Plan;

/// <summary>
/// The launch program of a container's first process, in the order in which the child runs it. It stops at three points
/// for its parent: once its namespaces are there, before pivot_root(2) when there are hooks for that, and when only
/// start is missing; then it says that it can do without its parent, and waits for start. Owns mounts that it will
/// attach; dispose it after the fork.
/// </summary>
internal sealed class InitPlan : IDisposable
{
    private readonly CreateRequest _request;
    private readonly ContainerSpec _spec;
    private readonly ProcessSpec _process;
    private readonly List<Fd> _joined = [];
    private readonly Fd _root;
    private readonly InsideRoot _inside;
    private readonly MountPlan _mounts;
    private readonly ConsolePlan _console;
    private readonly IdentityPlan _identity;

    /// <summary>Builds the program.</summary>
    /// <param name="request">What is to be created.</param>
    /// <param name="link">The way between both.</param>
    /// <param name="fifo">Where the child waits for start; open for reading and writing.</param>
    public InitPlan(CreateRequest request, LaunchLink link, Fd fifo)
    {
        (_request, _spec, _process) = (request, request.Spec, request.Process);
        SysctlPlan.Check(_spec.Linux);
        Program = new LaunchProgram(link) { Subject = $"container {request.Id}" };
        _root = Mounts.CloneTree(Fd.Cwd, request.Rootfs, recursive: true);
        try
        {
            Mounts.SetAttributes(_root, 0, 0, MountConstants.MS_SLAVE, recursive: true);
            _inside = new InsideRoot(Program, _root);
            _mounts = new MountPlan(Program, _inside, _spec, request.Bundle);
            _console = new ConsolePlan(Program, _process, request.ConsoleSocket);
            _identity = new IdentityPlan(Program, _process, Filter(_spec, _process))
            {
                Environment = HomeVariable.Add(_process, _root),
            };
            AddAll(link, fifo);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The program.</summary>
    public LaunchProgram Program { get; }

    /// <summary>Whether the child stops before pivot_root(2).</summary>
    public bool StopsForHooks => HasHooks(_spec.Hooks);

    /// <summary>The filter of a process in the container, or null.</summary>
    public static SeccompFilter? Filter(ContainerSpec spec, ProcessSpec process) =>
        spec.Linux.Seccomp?.Compile(SeccompTarget.ForHost(process.Capabilities.Bounding.Bits));

    /// <summary>Forks the child.</summary>
    public ForkedProcess Fork(Fd cgroup)
    {
        NamespaceSet namespaces = _spec.Linux.Namespaces;
        using Fd? pid = namespaces.PathOf(CloneFlags.CLONE_NEWPID) is { } path ? OpenNamespace(path) : null;
        // The cgroup namespace comes when the child stands in its cgroup, which becomes the root that it sees.
        return Launcher.Fork(Program, new LaunchOptions
        {
            Namespaces = namespaces.New & ~CloneFlags.CLONE_NEWCGROUP, Cgroup = cgroup, PidNamespaceOf = pid,
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mounts?.Dispose();
        foreach (Fd fd in _joined) fd.Dispose();
        _root.Dispose();
        Program.Dispose();
    }

    private static bool HasHooks(HookSet hooks) =>
        hooks.Prestart.Length + hooks.CreateRuntime.Length + hooks.CreateContainer.Length > 0;

    private static Fd OpenNamespace(string path)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? fd);
        return errno == Errno.None ? fd!
            : throw new LinuxException(errno, "openat", path, "joining a namespace of linux.namespaces");
    }

    private void AddAll(LaunchLink link, Fd fifo)
    {
        AddNamespaces();
        AddRoot();
        if (StopsForHooks) Stop();
        AddProtection();
        AddPivot();
        _console.Attach();
        if (!_request.NoNewKeyring)
            Program.JoinSessionKeyring("_ses." + _request.Id, OnError.Ignoring(Errno.ENOSYS, Errno.EPERM));
        if (_spec.Linux.Personality is { } persona) Program.Personality(persona);
        if (_spec.Linux.MemoryPolicy is { } memory) Program.MemoryPolicy(memory.Mode, memory.Nodes);
        // From here on the container's own processes can see this one: nothing of the host may be open any more.
        Descriptors.CloseAllBut(Program, _request.PreservedDescriptors, [fifo, .. link.ChildsEnds]);
        _identity.AddTo();
        Stop();
        Program.OutliveParent();
        Program.Report();
        foreach (Fd end in link.ChildsEnds) Program.CloseInherited(end);
        Program.WaitForByte(fifo);
        _identity.AddExec(fifo);
    }

    // Ids inside are only there once the parent has written their map.
    private void AddNamespaces()
    {
        LinuxSpec linux = _spec.Linux;
        foreach (var (kind, path) in linux.Namespaces.Joined)
        {
            if (kind == CloneFlags.CLONE_NEWPID) continue; // The child is born in it.
            Fd ns = OpenNamespace(path);
            _joined.Add(ns);
            Program.SetNs(ns, kind);
        }
        if (linux.Namespaces.IsNew(CloneFlags.CLONE_NEWCGROUP)) Program.Unshare(CloneFlags.CLONE_NEWCGROUP);
        if (linux.Namespaces.NewTime) AddTimeNamespace(linux.TimeOffsets);
        Stop();
        if (linux.Namespaces.IsNew(CloneFlags.CLONE_NEWUSER))
        {
            Program.SetGid(0);
            Program.SetUid(0);
            Program.DieWithParent();
        }
        AddHostnames();
        IdentityPlan.AddLabel(Program, _process);
        SysctlPlan.AddTo(Program, linux);
    }

    // A task enters a new time namespace by its next child or by setns(2); the offsets are fixed from then on.
    private void AddTimeNamespace(string offsets)
    {
        Program.Unshare(NamespaceSet.CLONE_NEWTIME);
        if (offsets.Length > 0) Program.WriteFile(Fd.Cwd, "/proc/self/timens_offsets", offsets);
        LaunchStep ns = Program.OpenAt(Fd.Cwd, "/proc/self/ns/time_for_children", OpenFlags.O_RDONLY);
        Program.SetNs(ns, NamespaceSet.CLONE_NEWTIME);
    }

    private void AddHostnames()
    {
        if (_spec.Hostname.Length + _spec.Domainname.Length > 0
            && !_spec.Linux.Namespaces.IsOther(CloneFlags.CLONE_NEWUTS))
            throw new UsageException(
                "config.json: hostname and domainname need a uts namespace: they would change the host");
        if (_spec.Hostname.Length > 0) Program.SetHostname(_spec.Hostname);
        if (_spec.Domainname.Length > 0) Program.SetDomainname(_spec.Domainname);
    }

    private void AddRoot()
    {
        Program.MountSetAttr(Fd.Cwd, "/", MountConstants.AT_RECURSIVE, 0, 0, MountConstants.MS_SLAVE);
        // Where hooks look for it. In a user namespace the way may be closed; then it lies on the old root itself.
        LaunchStep attached = Program.MoveMount(_root, Fd.Cwd, _request.Rootfs, OnError.Ignoring(Errno.EACCES));
        Program.MoveMount(_root, Fd.Cwd, "/");
        Program.AfterSuccessContinueHere(attached);
        Program.Umask(0);
        _mounts.AddTo();
        bool inUserNamespace = _spec.Linux.Namespaces.IsNew(CloneFlags.CLONE_NEWUSER);
        var devices = new DevicePlan(Program, _inside, bound: inUserNamespace);
        if (!_mounts.HasForeignDev) devices.AddDefaults();
        foreach (DeviceNode device in _spec.Linux.Devices) devices.Add(device);
        _console.OpenForInit(_mounts, _inside);
        _inside.Ensure(_process.Cwd, directory: true);
    }

    private void AddProtection()
    {
        _mounts.Seal();
        var masks = new MaskPlan(Program, _inside, _spec.Linux.MountLabel);
        foreach (string path in _spec.Linux.ReadonlyPaths) masks.MakeReadOnly(path);
        foreach (string path in _spec.Linux.MaskedPaths) masks.Mask(path);
    }

    private void AddPivot()
    {
        Program.Fchdir(_root, "the new root");
        Program.PivotRoot(".", ".");
        Program.Umount2(".", MountConstants.MNT_DETACH);
        Program.Chdir("/");
        if (_spec.RootReadOnly) Program.MountSetAttr(_root, MountConstants.MOUNT_ATTR_RDONLY);
        if (_spec.Linux.RootfsPropagation is var propagation and not 0)
            Program.MountSetAttr(_root, "", MountConstants.AT_EMPTY_PATH, 0, 0, propagation);
    }

    private void Stop()
    {
        Program.Report();
        Program.AwaitAnswer();
    }
}
