using Skiff.Agent.Cdi;
using Skiff.Agent.Networks;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Containers;

/// <summary>
/// What a container is, decided once at create and durable in <c>ROOT/containers/ID/config.json</c>. Everything that
/// came from
/// the image and from flags is already merged; a start reads nothing else but layers.
/// </summary>
internal sealed record ContainerConfig
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Without a leading slash; unique on the state root.</summary>
    public required string Name { get; init; }

    /// <summary>When it was created, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The image as the user named it.</summary>
    public required string Image { get; init; }

    /// <summary>The image's id: the digest of its config.</summary>
    public required string ImageId { get; init; }

    /// <summary>The image's layers, base first.</summary>
    public required string[] DiffIds { get; init; }

    /// <summary>Entrypoint and command; never empty.</summary>
    public required string[] Args { get; init; }

    /// <summary>KEY=VALUE, image first, flags override.</summary>
    public required string[] Env { get; init; }

    /// <summary>Working directory, absolute.</summary>
    public string WorkingDir { get; init; } = "/";

    /// <summary>user[:group] by name or number; empty is root.</summary>
    public string User { get; init; } = "";

    /// <summary>More groups, by name or number (<c>--group-add</c>).</summary>
    public string[] GroupAdd { get; init; } = [];

    /// <summary>Host name inside; the short id by default.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>NIS domain name; empty leaves it alone.</summary>
    public string Domainname { get; init; } = "";

    /// <summary>A pseudo-terminal for stdio.</summary>
    public bool Tty { get; init; }

    /// <summary>Rows of the terminal's window until a client says otherwise; 0 when nobody has said.</summary>
    public int ConsoleRows { get; init; }

    /// <summary>Its columns.</summary>
    public int ConsoleColumns { get; init; }

    /// <summary>Keep a stdin open for attachers.</summary>
    public bool OpenStdin { get; init; }

    /// <summary>The streams that the client which made it joins, for inspect: Stdin, Stdout, Stderr.</summary>
    public string[] Attached { get; init; } = [];

    /// <summary>Stdin ends when a client that feeds it has no more; without, it stays open for the next one.</summary>
    public bool StdinOnce { get; init; }

    /// <summary>Labels of image and flags.</summary>
    public Dictionary<string, string> Labels { get; init; } = [];

    /// <summary>Annotations of the user's, kept for others to read.</summary>
    public Dictionary<string, string> Annotations { get; init; } = [];

    /// <summary>A small init of the engine's is the first process: it forwards signals and reaps.</summary>
    public bool Init { get; init; }

    /// <summary>Remove when it ends.</summary>
    public bool AutoRemove { get; init; }

    /// <summary>When it is started again.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.No;

    /// <summary>How its health is checked; null when it is not. <c>NONE</c> is null, too.</summary>
    public Healthcheck? Healthcheck { get; init; }

    /// <summary>What runs a check of one line (<c>CMD-SHELL</c>); empty is <c>/bin/sh -c</c>.</summary>
    public string[] Shell { get; init; } = [];

    /// <summary>What happens when it becomes unhealthy: none, kill, restart or stop.</summary>
    public string HealthOnFailure { get; init; } = "none";

    /// <summary>Containers that the agent starts first: NAME, or NAME:healthy to wait for that.</summary>
    public string[] DependsOn { get; init; } = [];

    /// <summary>Root filesystem read-only.</summary>
    public bool ReadonlyRootfs { get; init; }

    /// <summary>All capabilities, all devices, nothing masked, no seccomp.</summary>
    public bool Privileged { get; init; }

    /// <summary>Capabilities to add; <c>ALL</c> is known.</summary>
    public string[] CapAdd { get; init; } = [];

    /// <summary>Capabilities to drop; <c>ALL</c> is known.</summary>
    public string[] CapDrop { get; init; } = [];

    /// <summary>
    /// <c>--security-opt</c> values as <see cref="SecuritySettings"/> reads them.
    /// </summary>
    public string[] SecurityOpt { get; init; } = [];

    /// <summary>Volumes, bind mounts and tmpfs, with volumes already named.</summary>
    public Mount[] Mounts { get; init; } = [];

    /// <summary>The layers that it needs: its own, and those of images that are mounted in it.</summary>
    public IEnumerable<string> AllDiffIds => DiffIds.Concat(Mounts.SelectMany(mount => mount.DiffIds));

    /// <summary>The names of its volumes.</summary>
    public IEnumerable<string> Volumes => Mounts.Where(mount => mount.Type == "volume").Select(mount => mount.Source);

    /// <summary>Containers whose mounts it has, too: name[:ro|rw]. <see cref="Mounts"/> has them.</summary>
    public string[] VolumesFrom { get; init; } = [];

    /// <summary>What may be written outside of mounts; 0 is any number of bytes.</summary>
    public long StorageSizeBytes { get; init; }

    /// <summary>Host devices to expose.</summary>
    public Device[] Devices { get; init; } = [];

    /// <summary>Devices that vendors describe, by name or by what they can: <c>--device NAME</c>, <c>--gpus</c>.
    /// </summary>
    public DeviceRequest[] DeviceRequests { get; init; } = [];

    /// <summary><c>--device-cgroup-rule</c> values.</summary>
    public string[] DeviceCgroupRules { get; init; } = [];

    /// <summary>Cgroup limits.</summary>
    public Resources Resources { get; init; } = new();

    /// <summary>Resource limits of the process: name=soft:hard.</summary>
    public string[] Ulimits { get; init; } = [];

    /// <summary>Namespaced sysctls: dotted name to value.</summary>
    public Dictionary<string, string> Sysctls { get; init; } = [];

    /// <summary>Size of /dev/shm in bytes.</summary>
    public long ShmSizeBytes { get; init; } = 64 << 20;

    /// <summary>oom_score_adj of the first process; null leaves what the engine has.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>Network: <c>host</c>, <c>none</c>, <c>container:ID</c> (full id), or a network by name or id.</summary>
    public string NetworkMode { get; init; } = "bridge";

    /// <summary>Published ports in <c>-p</c> syntax.</summary>
    public string[] Ports { get; init; } = [];

    /// <summary>Every exposed port is published; <see cref="Ports"/> has them.</summary>
    public bool PublishAllPorts { get; init; }

    /// <summary>Other containers that this one finds by name: name:alias.</summary>
    public string[] Links { get; init; } = [];

    /// <summary>
    /// What it asks of each of its networks, first the one that <see cref="NetworkMode"/> names unless it has left
    /// that; null when nothing but that is asked for.
    /// </summary>
    public EndpointSettings[]? Networks { get; init; }

    /// <summary>The networks that it is attached to when it runs.</summary>
    public EndpointSettings[] Attachments => Networks ?? (HasNetworks ? [new EndpointSettings(NetworkMode)] : []);

    /// <summary>Whether it may be attached to networks: its network namespace is its own.</summary>
    public bool HasNetworks => NetworkMode is not ("host" or "none") && !ContainerNamespaces.Joins(NetworkMode);

    /// <summary>Ports the image or <c>--expose</c> names: 80/tcp.</summary>
    public string[] ExposedPorts { get; init; } = [];

    /// <summary><c>--dns</c>.</summary>
    public string[] Dns { get; init; } = [];

    /// <summary><c>--dns-search</c>.</summary>
    public string[] DnsSearch { get; init; } = [];

    /// <summary><c>--dns-opt</c>.</summary>
    public string[] DnsOptions { get; init; } = [];

    /// <summary><c>--add-host</c>: name:address.</summary>
    public string[] ExtraHosts { get; init; } = [];

    /// <summary>PID namespace: empty for one of its own, <c>host</c>, or <c>container:ID</c> (full id).</summary>
    public string PidMode { get; init; } = "";

    /// <summary>
    /// IPC namespace: empty for one of its own, <c>shareable</c> when others may join it, <c>none</c> without
    /// /dev/shm, <c>host</c>, or <c>container:ID</c> (full id).
    /// </summary>
    public string IpcMode { get; init; } = "";

    /// <summary>UTS namespace: empty for one of its own, or <c>host</c>.</summary>
    public string UtsMode { get; init; } = "";

    /// <summary>Cgroup namespace: empty for one of its own, or <c>host</c>.</summary>
    public string CgroupnsMode { get; init; } = "";

    /// <summary>As <c>--userns</c> said: empty or <c>host</c>, <c>remap</c>, <c>auto[:...]</c>.</summary>
    public string UsernsMode { get; init; } = "";

    /// <summary>User ids in its user namespace, as <c>IdMap</c> writes them; empty: the host's.</summary>
    public string UidMap { get; init; } = "";

    /// <summary>Group ids, likewise.</summary>
    public string GidMap { get; init; } = "";

    /// <summary>SELinux label of its processes; empty: the engine's.</summary>
    public string ProcessLabel { get; init; } = "";

    /// <summary>SELinux label of its files; empty: as the host has them.</summary>
    public string MountLabel { get; init; } = "";

    /// <summary>Absolute in the cgroup v2 tree; empty for the engine's own parent.</summary>
    public string CgroupParent { get; init; } = "";

    /// <summary>Where output is logged (<c>--log-driver</c>); empty asks for the host's default.</summary>
    public string LogDriver { get; init; } = "";

    /// <summary>The driver's options (<c>--log-opt</c>), the host's defaults included.</summary>
    public Dictionary<string, string> LogOptions { get; init; } = [];

    /// <summary>Signal that <c>stop</c> sends.</summary>
    public string StopSignal { get; init; } = "SIGTERM";

    /// <summary>Seconds that <c>stop</c> waits before SIGKILL.</summary>
    public int StopTimeoutSeconds { get; init; } = 10;

    /// <summary>The entrypoint that <see cref="Args"/> starts with, for inspect.</summary>
    public string[] Entrypoint { get; init; } = [];

    /// <summary>The command that <see cref="Args"/> ends with, for inspect.</summary>
    public string[] Cmd { get; init; } = [];
}

/// <summary>A host device inside the container.</summary>
internal sealed record Device(string PathOnHost, string PathInContainer, string Access);

/// <summary>Cgroup v2 limits; 0 is unlimited unless said otherwise.</summary>
internal sealed record Resources
{
    /// <summary>memory.max.</summary>
    public long MemoryMaxBytes { get; init; }

    /// <summary>memory.low, Docker's reservation.</summary>
    public long MemoryReservationBytes { get; init; }

    /// <summary>Docker's memory+swap total; -1 is unlimited swap.</summary>
    public long MemorySwapTotalBytes { get; init; }

    /// <summary>Billionths of processors that <c>--cpus</c> asked for; the quota is made of them. 0 without.</summary>
    public long NanoCpus { get; init; }

    /// <summary>cpu.max: microseconds in each <see cref="CpuPeriodUs"/>.</summary>
    public long CpuQuotaUs { get; init; }

    /// <summary>cpu.max period.</summary>
    public long CpuPeriodUs { get; init; }

    /// <summary>Docker's cpu shares, 2 to 262144.</summary>
    public long CpuShares { get; init; }

    /// <summary>cpuset.cpus.</summary>
    public string CpusetCpus { get; init; } = "";

    /// <summary>cpuset.mems.</summary>
    public string CpusetMems { get; init; } = "";

    /// <summary>pids.max.</summary>
    public long PidsMax { get; init; }

    /// <summary>io.weight by Docker's 10 to 1000.</summary>
    public int BlkioWeight { get; init; }

    /// <summary>io.weight of devices by Docker's 10 to 1000: <c>PATH WEIGHT</c>.</summary>
    public string[] BlkioWeightDevices { get; init; } = [];

    /// <summary>io.max rows: <c>PATH rbps=N</c> with the keys rbps, wbps, riops, wiops.</summary>
    public string[] IoMax { get; init; } = [];
}
