using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;
using Skiff.Interop.Processes;
using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Agent.Oci.Plan;

/// <summary>The steps that mount what config.json lists, in its order. Owns what was mounted ahead.</summary>
internal sealed class MountPlan : IDisposable
{
    private const string Dev = "/dev", Pts = "/dev/pts";

    // Files of /proc that may be replaced by others, as under runc; a mount anywhere else in it would lie to what
    // relies on it.
    private static readonly string[] s_replaceable =
    [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
        "/proc/loadavg", "/proc/slabinfo", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
    ];

    // Of the kernel's own making, with labels that the policy has for them; and queues are there already as they are
    // mounted, and labelled then.
    private const string Queues = "mqueue";
    private static readonly string[] s_unlabelled = ["proc", "sysfs", "cgroup2", Queues];

    private readonly LaunchProgram _program;
    private readonly InsideRoot _inside;
    private readonly Dictionary<MountEntry, BindSource> _sources = new(ReferenceEqualityComparer.Instance);
    private readonly MountEntry[] _mounts;
    private readonly List<LaunchStep> _sealed = [];
    private readonly string _label;

    /// <summary>Makes bind mounts and copies, detached.</summary>
    public MountPlan(LaunchProgram program, InsideRoot inside, ContainerSpec spec, string bundle)
    {
        (_program, _inside, _mounts, _label) = (program, inside, spec.Mounts, spec.Linux.MountLabel);
        if (_label.Length > 0) IdentityPlan.RequireSelinux("linux.mountLabel", _label);
        try
        {
            foreach (MountEntry mount in _mounts) Prepare(mount, bundle, spec);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether /dev is a bind mount, which has its devices already.</summary>
    public bool HasForeignDev => Array.Exists(_mounts, mount => mount.IsBind && At(mount, Dev));

    /// <summary>The container's devpts, once <see cref="AddTo"/> has mounted it.</summary>
    public LaunchStep? Devpts { get; private set; }

    /// <summary>Whether something is mounted where terminals are.</summary>
    public bool HasTerminals => Array.Exists(_mounts, mount => At(mount, Pts));

    /// <summary>Adds the steps.</summary>
    public void AddTo()
    {
        foreach (MountEntry mount in _mounts)
        {
            if (_sources.TryGetValue(mount, out BindSource? source))
                _program.MoveMountTo(source.Tree, _inside.Ensure(mount.Destination, source.IsDirectory),
                    mount.Destination);
            else AddFilesystem(mount);
        }
    }

    /// <summary>Makes read-only what had to be written to until now.</summary>
    public void Seal()
    {
        foreach (LaunchStep mount in _sealed) _program.MountSetAttr(mount, MOUNT_ATTR_RDONLY);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BindSource source in _sources.Values) source.Dispose();
    }

    private void Prepare(MountEntry mount, string bundle, ContainerSpec spec)
    {
        if (IsInProc(mount.Destination) && Array.IndexOf(s_replaceable, mount.Destination) < 0)
            throw new UsageException(
                $"\"{mount.Destination}\" cannot be mounted because it is inside /proc");
        if (mount.IsBind) _sources[mount] = BindSource.Open(mount, bundle, spec.Linux);
        else if (mount.Options.CopyUp) _sources[mount] = BindSource.CopyUp(mount, _inside.Root, _label);
    }

    private void AddFilesystem(MountEntry mount)
    {
        string type = mount.Type is "cgroup" ? "cgroup2" : mount.Type;
        MountOptions options = mount.Options;
        ulong attributes = options.Set | options.RecursiveSet;
        // Devices have still to be made in it.
        bool later = At(mount, Dev) && (attributes & MOUNT_ATTR_RDONLY) != 0;
        if (later) attributes &= ~(ulong)MOUNT_ATTR_RDONLY;
        LaunchStep context = _program.FsOpen(type);
        if (mount.Source.Length > 0)
            _program.FsConfigString(context, "source", mount.Source, OnError.Ignoring(Errno.EINVAL));
        foreach (string option in options.Data) AddOption(context, option);
        if (_label.Length > 0 && Array.IndexOf(s_unlabelled, type) < 0 && !options.HasLabel)
            _program.FsConfigString(context, "context", _label);
        _program.FsConfigCreate(context, type);
        LaunchStep made = _program.FsMount(context, attributes);
        if (later) _sealed.Add(made);
        if (At(mount, Pts)) Devpts = made;
        if (type == Queues && _label.Length > 0) _program.LabelRoot(made, _label, mount.Destination);
        bool isKernels = type is "proc" or "sysfs";
        _program.MoveMountTo(made, _inside.Ensure(mount.Destination, directory: true, real: isKernels),
            mount.Destination);
        if (options.Propagation != 0)
            _program.MountSetAttr(made, "", AT_EMPTY_PATH, 0, 0, options.Propagation);
    }

    private void AddOption(LaunchStep context, string option)
    {
        int equals = option.IndexOf('=');
        if (equals < 0) _program.FsConfigFlag(context, option);
        else _program.FsConfigString(context, option[..equals], option[(equals + 1)..]);
    }

    private static bool At(MountEntry mount, string path) => mount.Destination.TrimEnd('/') == path;

    private static bool IsInProc(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 1 && parts[0] == "proc";
    }
}
