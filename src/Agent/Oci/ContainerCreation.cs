using System.Globalization;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Plan;
using Skiff.Agent.Oci.Spec;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Ebpf;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>
/// create: everything up to the moment where only the container's program is missing. Its first process waits for
/// start and outlives this one; until then this one's end, however it comes, is the end of both.
/// </summary>
/// <param name="runtime">Where state is.</param>
/// <param name="request">What is to be created.</param>
internal sealed class ContainerCreation(OciRuntime runtime, CreateRequest request)
{
    private const int CgroupTimeoutMs = 2000;
    private const uint FifoMode = 0x1000 | 0x180;

    private readonly Unwinder _undo = new();
    private readonly string _directory = runtime.Directory(request.Id);
    private ContainerRecord? _record;

    // Disposed after everything was taken back, which may need it.
    private ForkedProcess? _child;

    /// <summary>Creates; what was made is taken back when something fails.</summary>
    public OciContainer Create()
    {
        try
        {
            return CreateAll();
        }
        catch (Exception e)
        {
            List<string> failures = _undo.Run();
            foreach (string failure in failures) runtime.Log.Warn($"after \"{e.Message}\": {failure}");
            if (e is LaunchException { IsExec: true } launch)
                throw ExecFailure.Of(request.Process.Args[0], launch);
            throw;
        }
        finally
        {
            _child?.Dispose();
        }
    }

    private OciContainer CreateAll()
    {
        foreach (string field in request.Spec.Unknown)
            runtime.Log.Warn($"config.json: {field} is not known and has no effect");
        foreach (string warning in request.Process.Warnings) runtime.Log.Warn(warning);
        CgroupHierarchy hierarchy = CgroupHierarchy.Detect();
        string path = CgroupPlacement.Resolve(request.Spec.Linux.CgroupsPath, request.Id, runtime.SystemdCgroup,
            ProcessState.CgroupOf("self"));
        using Fd turn = Reserve($"{hierarchy.Root}/{path}");
        using Cgroup cgroup = MakeCgroup(hierarchy, path);
        using Fd fifo = MakeFifo();
        using var link = new LaunchLink();
        using var plan = new InitPlan(request, link, fifo);
        ForkedProcess child = _child = plan.Fork(cgroup.Directory);
        _undo.Push("ending the first process", child.Kill);
        SetUpNamespaces(child);
        if (plan.StopsForHooks) RunHooks(child);
        child.AwaitReport();
        return Finish(child);
    }

    // The directory is the name, and is locked and complete when it gets it. What a create that was killed has left
    // under that name is cleared away first.
    private Fd Reserve(string cgroupPath)
    {
        string unnamed = runtime.NewDirectory();
        _undo.Push("removing its state", () => Trees.Remove(unnamed));
        Fd turn = ContainerRecord.Lock(unnamed);
        AtomicFile.Replace(OciContainer.ConfigPath(unnamed), request.Config, durable: false, mode: 0x180);
        _record = new ContainerRecord
        {
            Id = request.Id, OciVersion = request.Spec.OciVersion, Bundle = request.Bundle, Rootfs = request.Rootfs,
            CgroupPath = cgroupPath, Created = DateTimeOffset.UtcNow, Annotations = request.Spec.Annotations,
        };
        _record.Write(unnamed);
        Errno errno = Files.TryRenameAt(Fd.Cwd, unnamed, Fd.Cwd, _directory, noReplace: true);
        if (errno == Errno.EEXIST && ContainerRemoval.ClearAbandoned(_directory))
            errno = Files.TryRenameAt(Fd.Cwd, unnamed, Fd.Cwd, _directory, noReplace: true);
        if (errno == Errno.EEXIST) throw new UsageException($"container with id exists: \"{request.Id}\"");
        if (errno != Errno.None) throw new LinuxException(errno, "renameat2", _directory, "creating a container");
        _undo.Push("removing its state", () => Trees.Remove(_directory));
        return turn;
    }

    private Cgroup MakeCgroup(CgroupHierarchy hierarchy, string path)
    {
        ResourceSpec resources = request.Spec.Linux.Resources;
        Cgroup cgroup = CgroupPlacement.Create(hierarchy, path, resources.Limits.Controllers);
        _undo.Push("removing its cgroup", () => Remove(cgroup.Path));
        foreach (string warning in cgroup.Apply(resources.Limits)) runtime.Log.Warn(warning);
        DeviceRules.Attach(cgroup, resources, request.Spec.Linux.Devices);
        return cgroup;
    }

    private static void Remove(string path)
    {
        using Cgroup? cgroup = Cgroup.TryOpen(path);
        if (cgroup is null) return;
        Errno errno = cgroup.TryRemove(CgroupTimeoutMs);
        if (errno != Errno.None) throw new LinuxException(errno, "rmdir", path);
    }

    // Open for reading and writing, the child's own descriptor keeps it from reading the end of the file.
    private Fd MakeFifo()
    {
        string path = OciContainer.FifoPath(_directory);
        Errno errno = Files.TryMknodAt(Fd.Cwd, path, FifoMode);
        if (errno != Errno.None) throw new LinuxException(errno, "mknodat", path, "creating a container");
        return Files.Open(path, OpenFlags.O_RDWR);
    }

    // What needs rights in the host's namespaces, which the child may not have any more.
    private void SetUpNamespaces(ForkedProcess child)
    {
        child.AwaitReport();
        LinuxSpec linux = request.Spec.Linux;
        if (linux.Namespaces.IsNew(CloneFlags.CLONE_NEWUSER))
            UserNamespace.Map(child.Pid, new IdMap(linux.UidMappings), new IdMap(linux.GidMappings));
        if (request.Process.OomScoreAdj is { } score)
            ProcessState.Write(child.Pid, "oom_score_adj", score.ToString(CultureInfo.InvariantCulture));
        if (linux.NetDevices.Length > 0) NetDevices.Move(linux.NetDevices, child.Pid);
        child.Continue();
    }

    private void RunHooks(ForkedProcess child)
    {
        child.AwaitReport();
        HookSet hooks = request.Spec.Hooks;
        ContainerRecord record = _record! with { Pid = child.Pid };
        byte[] state = StateFormat.Write(record, ContainerStatus.Creating, extended: false);
        HookRunner.Run("prestart", hooks.Prestart, state);
        HookRunner.Run("createRuntime", hooks.CreateRuntime, state);
        HookRunner.Run("createContainer", hooks.CreateContainer, state,
            program => program.SetNs(child.PidFd.Fd, JoinedNamespaces.Of(request.Spec) & ~CloneFlags.CLONE_NEWPID));
        child.Continue();
    }

    // The record first: from the answer on, the child lives without this process.
    private OciContainer Finish(ForkedProcess child)
    {
        Errno errno = PidFd.TryReadStartTime(child.Pid, out ulong startTime);
        if (errno != Errno.None) throw new LinuxException(errno, "open", $"/proc/{child.Pid}/stat");
        _record = _record! with { Pid = child.Pid, StartTime = startTime };
        if (request.PidFile is { } file)
            AtomicFile.Replace(file, System.Text.Encoding.ASCII.GetBytes($"{child.Pid}"), durable: false);
        _record.Write(_directory);
        child.Continue();
        // Only now does the end of this process leave it alone.
        child.AwaitReport();
        return new OciContainer(_directory, _record);
    }
}
