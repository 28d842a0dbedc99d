using Skiff.Agent.Cli.Progress;
using Skiff.Agent.Cli.Values;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop.Ebpf;

namespace Skiff.Agent.Cli;

/// <summary>The options that <c>run</c> and <c>create</c> share, and how they become a configuration.</summary>
internal static class ContainerOptions
{
    /// <summary>With the names of docker.</summary>
    public static readonly Option[] Table =
    [
        Option.List("add-host", "list", "Add a custom host-to-IP mapping (host:ip)"),
        Option.Value("blkio-weight", "uint16",
            "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"),
        Option.List("cap-add", "list", "Add Linux capabilities"),
        Option.List("cap-drop", "list", "Drop Linux capabilities"),
        Option.Value("cidfile", "string", "Write the container ID to the file"),
        Option.Value("cpu-period", "int", "Limit CPU CFS (Completely Fair Scheduler) period"),
        Option.Value("cpu-quota", "int", "Limit CPU CFS (Completely Fair Scheduler) quota"),
        Option.Value("cpu-shares", "int", "CPU shares (relative weight)", 'c'),
        Option.Value("cpus", "decimal", "Number of CPUs"),
        Option.Value("cpuset-cpus", "string", "CPUs in which to allow execution (0-3, 0,1)"),
        Option.Value("cpuset-mems", "string", "MEMs in which to allow execution (0-3, 0,1)"),
        Option.List("depends-on", "list", "Container that the agent starts before this one (NAME[:healthy])"),
        Option.List("device", "list", "Add a host device to the container"),
        Option.List("device-cgroup-rule", "list", "Add a rule to the cgroup allowed devices list"),
        Option.List("device-read-bps", "list", "Limit read rate (bytes per second) from a device"),
        Option.List("device-read-iops", "list", "Limit read rate (IO per second) from a device"),
        Option.List("device-write-bps", "list", "Limit write rate (bytes per second) to a device"),
        Option.List("device-write-iops", "list", "Limit write rate (IO per second) to a device"),
        Option.List("dns", "list", "Set custom DNS servers"),
        Option.List("dns-option", "list", "Set DNS options"),
        Option.List("dns-search", "list", "Set custom DNS search domains"),
        Option.Value("domainname", "string", "Container NIS domain name"),
        Option.Value("entrypoint", "string", "Overwrite the default ENTRYPOINT of the image"),
        Option.List("env", "list", "Set environment variables", 'e'),
        Option.List("env-file", "list", "Read in a file of environment variables"),
        Option.List("expose", "list", "Expose a port or a range of ports"),
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
        Option.Flag("interactive", "Keep STDIN open even if not attached", 'i'),
        Option.Value("ip", "string", "IPv4 address (e.g., 172.30.100.104)"),
        Option.Value("ipc", "string", "IPC mode to use"),
        Option.List("label", "list", "Set meta data on a container", 'l'),
        Option.Value("log-driver", "string", "Logging driver for the container"),
        Option.List("log-opt", "list", "Log driver options"),
        Option.Value("mac-address", "string", "Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
        Option.Value("memory", "bytes", "Memory limit", 'm'),
        Option.Value("memory-reservation", "bytes", "Memory soft limit"),
        Option.Value("memory-swap", "bytes", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
        Option.List("mount", "mount", "Attach a filesystem mount to the container"),
        Option.Value("name", "string", "Assign a name to the container"),
        Option.Value("network", "network", "Connect a container to a network"),
        Option.Value("net", "network", "Connect a container to a network"),
        Option.Flag("no-healthcheck", "Disable any container-specified HEALTHCHECK"),
        Option.Value("oom-score-adj", "int", "Tune host's OOM preferences (-1000 to 1000)"),
        Option.Value("pid", "string", "PID namespace to use"),
        Option.Value("pids-limit", "int", "Tune container pids limit (set -1 for unlimited)"),
        Option.Value("platform", "string", "Set platform if server is multi-platform capable"),
        Option.Flag("privileged", "Give extended privileges to this container"),
        ProgressView.Option,
        Option.List("publish", "list", "Publish a container's port(s) to the host", 'p'),
        Option.Value("pull", "string", "Pull image before running (always, missing, never)"),
        Option.Flag("quiet", "Suppress the pull output", 'q'),
        Option.Flag("read-only", "Mount the container's root filesystem as read only"),
        Option.Value("restart", "string",
            "Restart policy to apply when a container exits (no, always, unless-stopped, on-failure[:N], "
            + "on-unhealthy[:N])"),
        Option.Flag("rm", "Automatically remove the container and its associated anonymous volumes when it exits"),
        Option.List("security-opt", "list", "Security Options"),
        Option.Value("shm-size", "bytes", "Size of /dev/shm"),
        Option.Value("stop-signal", "string", "Signal to stop the container"),
        Option.Value("stop-timeout", "int", "Timeout (in seconds) to stop a container"),
        Option.List("sysctl", "map", "Sysctl options"),
        Option.List("tmpfs", "list", "Mount a tmpfs directory"),
        Option.Flag("tty", "Allocate a pseudo-TTY", 't'),
        Option.List("ulimit", "ulimit", "Ulimit options"),
        Option.Value("user", "string", "Username or UID (format: <name|uid>[:<group|gid>])", 'u'),
        Option.Value("uts", "string", "UTS namespace to use"),
        Option.List("volume", "list", "Bind mount a volume", 'v'),
        Option.Value("workdir", "string", "Working directory inside the container", 'w'),
    ];

    /// <summary>The configuration that the flags alone ask for; the image's part is merged later.</summary>
    public static ContainerConfig Read(ParsedArguments a, string id)
    {
        return new ContainerConfig
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
            Labels = KeyValues.Labels(a.Values("label")),
            AutoRemove = a.Flag("rm"),
            Restart = RestartOf(a),
            Healthcheck = HealthFlags.Read(a),
            HealthOnFailure = HealthFlags.OnFailure(a),
            DependsOn = DependenciesOf(a),
            ReadonlyRootfs = a.Flag("read-only"),
            Privileged = a.Flag("privileged"),
            CapAdd = [.. a.Values("cap-add")],
            CapDrop = [.. a.Values("cap-drop")],
            SecurityOpt = SecurityOptions.Read(a.Values("security-opt")),
            Mounts = MountFlags.Read(a),
            Devices = [.. a.Values("device").Select(DeviceOf)],
            DeviceCgroupRules = [.. a.Values("device-cgroup-rule")],
            Resources = ResourceFlags.Read(a),
            Ulimits = [.. a.Values("ulimit")],
            Sysctls = KeyValues.Labels(a.Values("sysctl")),
            ShmSizeBytes = a.Bytes("shm-size") ?? ContainerDefaults.ShmSizeBytes,
            OomScoreAdj = (int?)a.Number("oom-score-adj"),
            NetworkMode = Network(a.Value("network") ?? a.Value("net") ?? "bridge"),
            Ports = [.. a.Values("publish")],
            IpAddress = a.Value("ip"),
            MacAddress = a.Value("mac-address"),
            ExposedPorts = [.. a.Values("expose").Select(p => p.Contains('/') ? p : p + "/tcp")],
            Dns = [.. a.Values("dns")],
            DnsSearch = [.. a.Values("dns-search")],
            DnsOptions = [.. a.Values("dns-option")],
            ExtraHosts = [.. a.Values("add-host")],
            PidMode = HostOrPrivate(a, "pid"),
            IpcMode = HostOrPrivate(a, "ipc"),
            UtsMode = HostOrPrivate(a, "uts"),
            LogDriver = a.Value("log-driver") ?? "",
            LogOptions = KeyValues.Pairs(a.Values("log-opt")),
            StopSignal = a.Value("stop-signal") is { } signal ? SignalNames.Checked(signal) : "",
            StopTimeoutSeconds = (int)(a.Number("stop-timeout") ?? -1),
        };
    }

    private static Device DeviceOf(string text)
    {
        DeviceSpec spec = DeviceSpec.Parse(text);
        string access = (spec.Access.HasFlag(DeviceAccess.Read) ? "r" : "")
            + (spec.Access.HasFlag(DeviceAccess.Write) ? "w" : "")
            + (spec.Access.HasFlag(DeviceAccess.Mknod) ? "m" : "");
        return new Device(spec.Source, spec.Target, access);
    }

    private static RestartPolicy RestartOf(ParsedArguments a)
    {
        RestartPolicy policy = RestartPolicy.Parse(a.Value("restart") ?? "");
        return policy == RestartPolicy.No || !a.Flag("rm") ? policy
            : throw new UsageException("Conflicting options: cannot specify both --restart and --rm", 125);
    }

    private static string[] DependenciesOf(ParsedArguments a)
    {
        string[] dependencies = [.. a.Values("depends-on")];
        foreach (string dependency in dependencies) Dependency.Parse(dependency);
        return dependencies;
    }

    private static string WorkingDir(string? path)
    {
        if (path is null) return "";
        return path.StartsWith('/') ? path
            : throw new UsageException($"the working directory '{path}' is invalid, it needs to be an absolute path",
            125);
    }

    private static string Network(string mode) => mode == "default" ? "bridge" : mode;

    private static string HostOrPrivate(ParsedArguments a, string name) => a.Value(name) switch
    {
        null or "" or "private" or "shareable" => "",
        "host" => "host",
        var other => throw new UsageException($"--{name}: invalid {name.ToUpperInvariant()} mode: {other}", 125),
    };
}
