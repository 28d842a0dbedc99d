using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>One container as a later invocation finds it.</summary>
/// <param name="directory">Its state directory.</param>
/// <param name="record">Its record.</param>
internal sealed class OciContainer(string directory, ContainerRecord record)
{
    private const string FifoName = "exec.fifo", ConfigName = "config.json";
    private ContainerSpec? _spec;

    /// <summary>Its state directory.</summary>
    public string Directory => directory;

    /// <summary>Its record.</summary>
    public ContainerRecord Record => record;

    /// <summary>The configuration that it was created with.</summary>
    public ContainerSpec Spec => _spec ??= ContainerSpec.Parse(Files.ReadAllBytes(ConfigPath(directory)));

    /// <summary>The pipe on which the first process waits for start.</summary>
    public static string FifoPath(string directory) => Path.Combine(directory, FifoName);

    /// <summary>The copy of the configuration.</summary>
    public static string ConfigPath(string directory) => Path.Combine(directory, ConfigName);

    /// <summary>What the first process is doing.</summary>
    public ContainerStatus Status()
    {
        if (record.Pid == 0) return ContainerStatus.Creating;
        if (!ProcessState.IsAlive(record.Pid, record.StartTime)) return ContainerStatus.Stopped;
        if (Files.Exists(FifoPath(directory))) return ContainerStatus.Created;
        using Cgroup? cgroup = Cgroup.TryOpen(record.CgroupPath);
        return cgroup is { Frozen: true } ? ContainerStatus.Paused : ContainerStatus.Running;
    }

    /// <summary>The first process; null when it has ended.</summary>
    public PidFd? OpenProcess()
    {
        if (!ProcessState.IsAlive(record.Pid, record.StartTime)) return null;
        return PidFd.TryOpen(record.Pid, record.StartTime, out PidFd? process) == Errno.None ? process : null;
    }

    /// <summary>As <see cref="OpenProcess"/>, for what needs a running container.</summary>
    public PidFd RequireProcess(string purpose) => OpenProcess()
        ?? throw new UsageException($"cannot {purpose} container \"{record.Id}\": container not running");

    /// <summary>The cgroup; throws when it is gone.</summary>
    public Cgroup OpenCgroup() => Cgroup.TryOpen(record.CgroupPath)
        ?? throw new UsageException($"container \"{record.Id}\" has no cgroup any more: {record.CgroupPath} is gone");

    /// <summary>The state as the specification has it, for hooks.</summary>
    public byte[] StateJson(ContainerStatus status) => StateFormat.Write(record, status, extended: false);
}
