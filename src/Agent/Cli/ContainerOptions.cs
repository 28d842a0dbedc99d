using Skiff.Agent.Cdi;
using Skiff.Agent.Cli.Progress;
using Skiff.Agent.Cli.Values;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Interop.Ebpf;

namespace Skiff.Agent.Cli;

/// <summary>The options that <c>run</c> and <c>create</c> share, and how they become a configuration.</summary>
internal static class ContainerOptions
{
    /// <summary>With the names of docker.</summary>
    public static readonly Option[] Table =
    [
        Option.List("add-host", "list", "Add a custom host-to-IP mapping (host:ip)"),
        Option.List("annotation", "map", "Add an annotation to the container (passed through to the OCI runtime)"),
        Option.List("attach", "list", "Attach to STDIN, STDOUT or STDERR", 'a'),
        Option.Value("blkio-weight", "uint16",
            "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"),
        Option.List("blkio-weight-device", "list", "Block IO weight (relative device weight)"),
        Option.List("cap-add", "list", "Add Linux capabilities"),
        Option.List("cap-drop", "list", "Drop Linux capabilities"),
        Option.Value("cgroup-parent", "string", "Optional parent cgroup for the container"),
        Option.Value("cgroupns", "string", "Cgroup namespace to use (host|private)"),
        Option.Value("cidfile", "string", "Write the container ID to the file"),
        Option.Value("cpu-count", "int", "CPU count (Windows only)"),
        Option.Value("cpu-percent", "int", "CPU percent (Windows only)"),
        Option.Value("cpu-period", "int", "Limit CPU CFS (Completely Fair Scheduler) period"),
        Option.Value("cpu-quota", "int", "Limit CPU CFS (Completely Fair Scheduler) quota"),
        Option.Value("cpu-rt-period", "int", "Limit CPU real-time period in microseconds (not with cgroup v2)"),
        Option.Value("cpu-rt-runtime", "int", "Limit CPU real-time runtime in microseconds (not with cgroup v2)"),
        Option.Value("cpu-shares", "int", "CPU shares (relative weight)", 'c'),
        Option.Value("cpus", "decimal", "Number of CPUs"),
        Option.Value("cpuset-cpus", "string", "CPUs in which to allow execution (0-3, 0,1)"),
        Option.Value("cpuset-mems", "string", "MEMs in which to allow execution (0-3, 0,1)"),
        Option.List("depends-on", "list", "Container that the agent starts before this one (NAME[:healthy])"),
        Option.List("device", "list",
            "Add a host device to the container, or one that a vendor describes (VENDOR/CLASS=NAME)"),
        Option.List("device-cgroup-rule", "list", "Add a rule to the cgroup allowed devices list"),
        Option.List("device-read-bps", "list", "Limit read rate (bytes per second) from a device"),
        Option.List("device-read-iops", "list", "Limit read rate (IO per second) from a device"),
        Option.List("device-write-bps", "list", "Limit write rate (bytes per second) to a device"),
        Option.List("device-write-iops", "list", "Limit write rate (IO per second) to a device"),
        Option.Flag("disable-content-trust", "Skip image verification (no effect: see docs/trust.md)"),
        Option.List("dns", "list", "Set custom DNS servers"),
        Option.List("dns-opt", "list", "Another word for --dns-option"),
        Option.List("dns-option", "list", "Set DNS options"),
        Option.List("dns-search", "list", "Set custom DNS search domains"),
        Option.Value("domainname", "string", "Container NIS domain name"),
        Option.Value("entrypoint", "string", "Overwrite the default ENTRYPOINT of the image"),
        Option.List("env", "list", "Set environment variables", 'e'),
        Option.List("env-file", "list", "Read in a file of environment variables"),
        Option.List("expose", "list", "Expose a port or a range of ports"),
        Option.List("gpus", "gpu-request", "GPU devices to add to the container ('all' to pass all GPUs)"),
        Option.List("group-add", "list", "Add additional groups to join"),
        Option.Value("health-cmd", "string", "Command to run to check health"),
        Option.Value("health-interval", "duration", "Time between running the check (ms|s|m|h) (default 0s)"),
        Option.Value("health-on-failure", "string",
            "Action when the container becomes unhealthy (none, kill, restart, stop)"),
        Option.Value("health-retries", "int", "Consecutive failures needed to report unhealthy"),
        Option.Value("health-start-interval", "duration",
            "Time between running the check during the start period (ms|s|m|h) (default 0s)"),
        Option.Value("health-start-period", "duration", "Start period for the container to initialize before starting "
            + "health-retries countdown (ms|s|m|h) (default 0s)"),
        Option.Value("health-timeout", "duration", "Maximum time to allow one check to run (ms|s|m|h) (default 0s)"),
        Option.Value("hostname", "string", "Container host name", 'h'),
        Option.Flag("init", "Run an init inside the container that forwards signals and reaps processes"),
        Option.Flag("interactive", "Keep STDIN open even if not attached", 'i'),
        Option.Value("io-maxbandwidth", "bytes", "Maximum IO bandwidth limit for the system drive (Windows only)"),
        Option.Value("io-maxiops", "uint", "Maximum IOps limit for the system drive (Windows only)"),
        Option.Value("ip", "string", "IPv4 address (e.g., 172.30.100.104)"),
        Option.Value("ip6", "string", "IPv6 address (e.g., 2001:db8::33)"),
        Option.Value("ipc", "string", "IPC mode to use"),
        Option.Value("isolation", "string", "Container isolation technology (default)"),
        Option.Value("kernel-memory", "bytes", "Kernel memory limit (not supported by the kernel)"),
        Option.List("label", "list", "Set meta data on a container", 'l'),
        Option.List("label-file", "list", "Read in a line delimited file of labels"),
        Option.List("link", "list", "Add link to another container"),
        Option.List("link-local-ip", "list", "Container IPv4/IPv6 link-local addresses"),
        Option.Value("log-driver", "string", "Logging driver for the container"),
        Option.List("log-opt", "list", "Log driver options"),
        Option.Value("mac-address", "string", "Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
        Option.Value("memory", "bytes", "Memory limit", 'm'),
        Option.Value("memory-reservation", "bytes", "Memory soft limit"),
        Option.Value("memory-swap", "bytes", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
        Option.Value("memory-swappiness", "int", "Tune container memory swappiness (0 to 100) (not with cgroup v2)"),
        Option.List("mount", "mount", "Attach a filesystem mount to the container"),
        Option.Value("name", "string", "Assign a name to the container"),
        Option.List("network", "network", "Connect a container to a network"),
        Option.List("network-alias", "list", "Add network-scoped alias for the container"),
        Option.List("net", "network", "Connect a container to a network"),
        Option.Flag("no-healthcheck", "Disable any container-specified HEALTHCHECK"),
        Option.Flag("oom-kill-disable", "Disable OOM Killer (not with cgroup v2)"),
        Option.Value("oom-score-adj", "int", "Tune host's OOM preferences (-1000 to 1000)"),
        Option.Value("pid", "string", "PID namespace to use"),
        Option.Value("pids-limit", "int", "Tune container pids limit (set -1 for unlimited)"),
        Option.Value("platform", "string", "Set platform if server is multi-platform capable"),
        Option.Flag("privileged", "Give extended privileges to this container"),
        ProgressView.Option,
        Option.List("publish", "list", "Publish a container's port(s) to the host", 'p'),
        Option.Flag("publish-all", "Publish all exposed ports to random ports", 'P'),
        Option.Value("pull", "string", "Pull image before running (always, missing, never)"),
        Option.Flag("quiet", "Suppress the pull output", 'q'),
        Option.Flag("read-only", "Mount the container's root filesystem as read only"),
        Option.Value("restart", "string",
            "Restart policy to apply when a container exits (no, always, unless-stopped, on-failure[:N], "
            + "on-unhealthy[:N])"),
        Option.Flag("rm", "Automatically remove the container and its associated anonymous volumes when it exits"),
        Option.Value("runtime", "string", "Runtime to use for this container"),
        Option.List("security-opt", "list", "Security Options"),
        Option.Value("shm-size", "bytes", "Size of /dev/shm"),
        Option.Value("stop-signal", "string", "Signal to stop the container"),
        Option.Value("stop-timeout", "int", "Timeout (in seconds) to stop a container"),
        Option.List("storage-opt", "list", "Storage driver options for the container (size=BYTES)"),
        Option.List("sysctl", "map", "Sysctl options"),
        Option.List("tmpfs", "list", "Mount a tmpfs directory"),
        Option.Flag("tty", "Allocate a pseudo-TTY", 't'),
        Option.List("ulimit", "ulimit", "Ulimit options"),
        Option.Flag("use-api-socket", "Bind mount Docker API socket and required auth (not supported)"),
        Option.Value("user", "string", "Username or UID (format: <name|uid>[:<group|gid>])", 'u'),
        Option.Value("userns", "string",
            "User namespace to use (host|remap|auto[:size=N,uidmapping=I:O:N,gidmapping=I:O:N])"),
        Option.Value("uts", "string", "UTS namespace to use"),
        Option.List("volume", "list", "Bind mount a volume", 'v'),
        Option.Value("volume-driver", "string", "Optional volume driver for the container"),
        Option.List("volumes-from", "list", "Mount volumes from the specified container(s)"),
        Option.Value("workdir", "string", "Working directory inside the container", 'w'),
    ];

    /// <summary>The configuration that the flags alone ask for; the image's part is merged later.</summary>
    public static ContainerConfig Read(ParsedArguments a, string id)
    {
        RefusedFlags.Check(a);
        AttachStreams streams = AttachFlags.Read(a, a.Flag("detach"));
        NetworkFlags network = NetworkFlags.Read(a);
        return NamespaceFlags.Apply(new ContainerConfig
        {
            Id = id,
            Name = a.Value("name")?.TrimStart('/') ?? "",
            Created = DateTimeOffset.UtcNow,
            Image = a.Positional[0],
            ImageId = "",
            DiffIds = [],
            Args = [.. a.Positional.Skip(1)],
            Env = [.. KeyValues.Environment(a.Values("env-file"), a.Values("env"))],
            WorkingDir = WorkingDir(a.Value("workdir")),
            User = a.Value("user") ?? "",
            GroupAdd = [.. a.Values("group-add")],
            Hostname = a.Value("hostname") ?? "",
            Domainname = a.Value("domainname") ?? "",
            Tty = a.Flag("tty"),
            OpenStdin = a.Flag("interactive"),
            StdinOnce = streams.HasFlag(AttachStreams.Stdin),
            Attached = [.. AttachFlags.Names(streams)],
            Labels = KeyValues.Labels(a.Values("label-file"), a.Values("label")),
            Annotations = KeyValues.Annotations(a.Values("annotation")),
            Init = a.Flag("init"),
            Links = [.. a.Values("link").Select(Link.Normalized)],
            PublishAllPorts = a.Flag("publish-all"),
            VolumesFrom = [.. a.Values("volumes-from")],
            StorageSizeBytes = StorageSize(a),
            AutoRemove = a.Flag("rm"),
            Restart = RestartOf(a),
            Healthcheck = HealthFlags.Read(a),
            HealthOnFailure = HealthFlags.OnFailure(a),
            DependsOn = DependenciesOf(a),
            ReadonlyRootfs = a.Flag("read-only"),
            Privileged = a.Flag("privileged"),
            CapAdd = CapabilityName.Normalized("cap-add", a.Values("cap-add")),
            CapDrop = CapabilityName.Normalized("cap-drop", a.Values("cap-drop")),
            SecurityOpt = SecurityOptions.Read(a.Values("security-opt")),
            Mounts = MountFlags.Read(a),
            Devices = DevicesOf(a.Values("device")),
            DeviceRequests = DeviceRequestFlags.Read(a),
            DeviceCgroupRules = DeviceRules(a),
            Resources = ResourceFlags.Read(a),
            Ulimits = [.. a.Values("ulimit").Select(limit => Ulimit.Parse(limit).ToString())],
            Sysctls = KeyValues.Sysctls(a.Values("sysctl")),
            ShmSizeBytes = ShmSize(a),
            OomScoreAdj = OomScoreAdj(a),
            NetworkMode = network.Mode,
            Ports = [.. a.Values("publish")],
            Networks = network.Networks,
            ExposedPorts = NetworkFlags.Exposed(a),
            Dns = [.. a.Values("dns")],
            DnsSearch = [.. a.Values("dns-search")],
            DnsOptions = [.. a.Values("dns-opt"), .. a.Values("dns-option")],
            ExtraHosts = [.. a.Values("add-host")],
            LogDriver = a.Value("log-driver") ?? "",
            LogOptions = KeyValues.Pairs(a.Values("log-opt")),
            StopSignal = a.Value("stop-signal") is { Length: > 0 } signal ? SignalNames.Checked(signal) : "",
            StopTimeoutSeconds = (int)(a.Number("stop-timeout") ?? -1),
        }, a);
    }

    // Those that have a name of their vendor's are requests.
    private static Device[] DevicesOf(IReadOnlyList<string> texts)
    {
        var devices = new List<Device>();
        foreach (string text in texts)
            if (!CdiName.TryParse(text, out _)) devices.Add(DeviceOf(text));
        return [.. devices];
    }

    private static Device DeviceOf(string text)
    {
        DeviceSpec spec = DeviceSpec.Parse(text);
        string access = (spec.Access.HasFlag(DeviceAccess.Read) ? "r" : "")
            + (spec.Access.HasFlag(DeviceAccess.Write) ? "w" : "")
            + (spec.Access.HasFlag(DeviceAccess.Mknod) ? "m" : "");
        return new Device(spec.Source, spec.Target, access);
    }

    private static string[] DeviceRules(ParsedArguments a)
    {
        string[] rules = [.. a.Values("device-cgroup-rule")];
        foreach (string rule in rules)
            if (!DeviceRule.TryParse(rule, out _))
                throw a.Invalid("device-cgroup-rule", rule, $"invalid device cgroup format '{rule}'");
        return rules;
    }

    private static RestartPolicy RestartOf(ParsedArguments a)
    {
        RestartPolicy policy = RestartPolicy.Parse(a.Value("restart") ?? "");
        return policy == RestartPolicy.No || !a.Flag("rm") ? policy
            : throw new UsageException("conflicting options: cannot specify both --restart and --rm", 125);
    }

    private static string[] DependenciesOf(ParsedArguments a)
    {
        string[] dependencies = [.. a.Values("depends-on")];
        foreach (string dependency in dependencies) Dependency.Parse(dependency);
        return dependencies;
    }

    private static string WorkingDir(string? path)
    {
        if (string.IsNullOrEmpty(path)) return "";
        return path.StartsWith('/') ? path
            : throw new UsageException($"the working directory '{path}' is invalid, it needs to be an absolute path",
            125);
    }

    private static int? OomScoreAdj(ParsedArguments a) => a.Number("oom-score-adj") is not { } score ? null
        : score is >= -1000 and <= 1000 ? (int)score
        : throw new UsageException($"Invalid value {score}, range for oom score adj is [-1000, 1000]");

    private static long ShmSize(ParsedArguments a) => a.Bytes("shm-size") switch
    {
        null => ContainerDefaults.ShmSizeBytes,
        < 0 => throw new UsageException("SHM size can not be less than 0 (--shm-size)"),
        0 => ContainerDefaults.ShmSizeBytes,
        var size => size.Value,
    };

    private static long StorageSize(ParsedArguments a)
    {
        long size = 0;
        foreach (string option in a.Values("storage-opt"))
        {
            int equals = option.IndexOf('=');
            if (equals < 0 || !option.AsSpan(0, equals).Equals("size", StringComparison.OrdinalIgnoreCase))
                throw new UsageException(
                    $"--storage-opt is supported only with the option size: unknown option {option}", 125);
            if (!ByteSize.TryParse(option[(equals + 1)..], out size, out string problem))
                throw a.Invalid("storage-opt", option, problem);
        }
        return size;
    }
}
