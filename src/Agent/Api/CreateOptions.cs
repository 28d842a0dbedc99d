using System.Globalization;
using System.Text.Json;
using Skiff.Agent.Cli;
using Skiff.Agent.Containers;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>
/// What the body of ContainerCreate says, as the options of the command line that mean the same: one reader checks the
/// values of both, and has one text for what is wrong with them.
/// </summary>
internal sealed class CreateOptions
{
    // Fields that hold one text, number or truth, and the option that means the same.
    private static readonly (string Field, string Option)[] s_config =
    [
        ("Hostname", "hostname"), ("Domainname", "domainname"), ("User", "user"), ("WorkingDir", "workdir"),
        ("Tty", "tty"), ("OpenStdin", "interactive"), ("StopSignal", "stop-signal"), ("StopTimeout", "stop-timeout"),
        ("MacAddress", "mac-address"),
    ];

    private static readonly (string Field, string Option)[] s_host =
    [
        ("AutoRemove", "rm"), ("VolumeDriver", "volume-driver"), ("CgroupnsMode", "cgroupns"), ("IpcMode", "ipc"),
        ("PidMode", "pid"), ("UTSMode", "uts"), ("UsernsMode", "userns"), ("Privileged", "privileged"),
        ("PublishAllPorts", "publish-all"), ("ReadonlyRootfs", "read-only"), ("Runtime", "runtime"),
        ("Isolation", "isolation"),
        ("CgroupParent", "cgroup-parent"), ("CpusetCpus", "cpuset-cpus"), ("CpusetMems", "cpuset-mems"),
        ("Init", "init"), ("OomKillDisable", "oom-kill-disable"),
    ];

    // As these, but 0 says nothing.
    private static readonly (string Field, string Option)[] s_numbers =
    [
        ("OomScoreAdj", "oom-score-adj"), ("ShmSize", "shm-size"), ("CpuShares", "cpu-shares"), ("Memory", "memory"),
        ("BlkioWeight", "blkio-weight"), ("CpuPeriod", "cpu-period"), ("CpuQuota", "cpu-quota"),
        ("CpuRealtimePeriod", "cpu-rt-period"), ("CpuRealtimeRuntime", "cpu-rt-runtime"),
        ("KernelMemory", "kernel-memory"), ("MemoryReservation", "memory-reservation"),
        ("MemorySwap", "memory-swap"), ("PidsLimit", "pids-limit"), ("CpuCount", "cpu-count"),
        ("CpuPercent", "cpu-percent"), ("IOMaximumIOps", "io-maxiops"), ("IOMaximumBandwidth", "io-maxbandwidth"),
    ];

    private static readonly (string Field, string Option)[] s_lists =
    [
        ("Binds", "volume"), ("VolumesFrom", "volumes-from"), ("CapAdd", "cap-add"), ("CapDrop", "cap-drop"),
        ("Dns", "dns"), ("DnsOptions", "dns-option"), ("DnsSearch", "dns-search"), ("ExtraHosts", "add-host"),
        ("GroupAdd", "group-add"), ("Links", "link"), ("SecurityOpt", "security-opt"),
        ("DeviceCgroupRules", "device-cgroup-rule"),
    ];

    private static readonly (string Field, string Option)[] s_pairs =
        [("StorageOpt", "storage-opt"), ("Sysctls", "sysctl"), ("Annotations", "annotation")];

    private static readonly (string Field, string Option)[] s_deviceRates =
    [
        ("BlkioDeviceReadBps", "device-read-bps"), ("BlkioDeviceWriteBps", "device-write-bps"),
        ("BlkioDeviceReadIOps", "device-read-iops"), ("BlkioDeviceWriteIOps", "device-write-iops"),
    ];

    private static readonly Dictionary<string, Option> s_options =
        ContainerOptions.Table.ToDictionary(option => option.Name);

    private CreateOptions()
    {
    }

    /// <summary>The options.</summary>
    public ParsedArguments Arguments { get; } = new();

    /// <summary>Reads a body.</summary>
    /// <param name="body">The object.</param>
    /// <param name="name">The container's name; empty for one that is made up.</param>
    /// <param name="platform">What the image has to be for; empty for the host's.</param>
    public static CreateOptions Read(JsonElement body, string name, string platform)
    {
        var options = new CreateOptions();
        string image = Text(body, "Image");
        if (image.Length == 0) throw ApiException.Bad("no image specified");
        options.Arguments.Positional.Add(image);
        options.Arguments.Positional.AddRange(Texts(body, "Cmd") ?? []);
        if (name.Length > 0) options.Add("name", name);
        if (platform.Length > 0) options.Add("platform", platform);
        options.Scalars(body, s_config);
        foreach (var (port, _) in Entries(body, "ExposedPorts")) options.Add("expose", port);
        JsonElement? host = JsonBody.Object(body, "HostConfig");
        if (host is { } config) options.ReadHostConfig(config);
        // As those of an image they give way to what is mounted at their place: docker-py names both.
        Mount[] mounts = MountFlags.Read(options.Arguments);
        foreach (var (path, _) in Entries(body, "Volumes"))
        {
            // With a colon it would be a bind mount, or another container's volume.
            if (path.Contains(':')) throw ApiException.Bad($"invalid volume specification: '{path}'");
            if (!Array.Exists(mounts, mount => mount.Target == path.TrimEnd('/'))) options.Add("volume", path);
        }
        string mode = host is { } h ? Text(h, "NetworkMode") : "";
        options.ReadNetworks(body, Truth(body, "NetworkDisabled") is true ? "none" : mode is "default" ? "" : mode);
        return options;
    }

    /// <summary>What a body says of single block devices.</summary>
    /// <param name="resources">Resources of the API's description.</param>
    public static ParsedArguments BlockDevices(JsonElement resources)
    {
        var options = new CreateOptions();
        options.ReadBlockDevices(resources);
        return options.Arguments;
    }

    private void ReadHostConfig(JsonElement host)
    {
        Refuse(host);
        Scalars(host, s_host);
        foreach (var (field, option) in s_numbers)
            if (Number(host, field) is { } number and not 0) Add(option, Invariant(number));
        if (Number(host, "MemorySwappiness") is { } swappiness and not -1)
            Add("memory-swappiness", Invariant(swappiness));
        if (Number(host, "NanoCpus") is { } cpus and not 0)
            Add("cpus", (cpus / 1e9m).ToString(CultureInfo.InvariantCulture));
        foreach (var (field, option) in s_lists)
            foreach (string value in Texts(host, field) ?? []) Add(option, value);
        foreach (var (field, option) in s_pairs) AddPairs(host, field, option);
        foreach (var (target, value) in Pairs(host, "Tmpfs"))
            Add("tmpfs", Part("Tmpfs", target, ':') + (value.Length > 0 ? ":" + value : ""));
        foreach (JsonElement mount in Items(host, "Mounts"))
        {
            var (option, value) = MountText.Of(mount);
            Add(option, value);
        }
        ReadPolicies(host);
        ReadSystemPaths(host);
        ReadPorts(host);
        ReadDevices(host);
        ReadBlockDevices(host);
    }

    private void ReadPolicies(JsonElement host)
    {
        if (JsonBody.Object(host, "LogConfig") is { } log)
        {
            if (Text(log, "Type") is { Length: > 0 } driver) Add("log-driver", driver);
            AddPairs(log, "Config", "log-opt");
        }
        if (JsonBody.Object(host, "RestartPolicy") is { } restart && Text(restart, "Name") is { Length: > 0 } policy)
            Add("restart", Part("RestartPolicy", policy, ':')
                + (Number(restart, "MaximumRetryCount") is { } most and not 0 ? $":{most}" : ""));
        foreach (JsonElement limit in Items(host, "Ulimits"))
            Add("ulimit", Part("Ulimits", Text(limit, "Name"), '=')
                + $"={Number(limit, "Soft") ?? 0}:{Number(limit, "Hard") ?? 0}");
    }

    // {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
    private void ReadPorts(JsonElement host)
    {
        foreach (var (port, bindings) in Entries(host, "PortBindings"))
        {
            Part("PortBindings", port, ':');
            if (bindings.ValueKind == JsonValueKind.Null) continue;
            if (bindings.ValueKind != JsonValueKind.Array) throw Wrong("PortBindings", "lists of bindings");
            if (bindings.GetArrayLength() == 0) Add("publish", port);
            foreach (JsonElement binding in bindings.EnumerateArray())
            {
                string address = Text(binding, "HostIp").TrimStart('[').TrimEnd(']');
                string outside = Part("HostPort", Text(binding, "HostPort"), ':');
                if (address.Contains(':')) address = $"[{Part("HostIp", address, ']')}]";
                if (outside is "0") outside = "";
                Add("publish", address.Length > 0 ? $"{address}:{outside}:{port}"
                    : outside.Length > 0 ? $"{outside}:{port}" : port);
            }
        }
    }

    private void ReadDevices(JsonElement host)
    {
        foreach (JsonElement device in Items(host, "Devices"))
        {
            string outside = Part("PathOnHost", Text(device, "PathOnHost"), ':');
            string inside = Part("PathInContainer", Text(device, "PathInContainer"), ':');
            string access = Text(device, "CgroupPermissions");
            Add("device", $"{outside}:{inside}{(access.Length > 0 ? ":" + access : "")}");
        }
        foreach (JsonElement request in Items(host, "DeviceRequests"))
        {
            List<string> ids = Texts(request, "DeviceIDs") ?? [];
            if (Text(request, "Driver") == "cdi")
                foreach (string id in ids)
                    // A path would be a device of the host.
                    Add("device", !id.StartsWith('/') ? id : throw ApiException.Bad(
                        $"invalid DeviceIDs: \"{id}\": has to be VENDOR/CLASS=NAME"));
            else Add("gpus", GpusOf(request, ids));
        }
    }

    private static string GpusOf(JsonElement request, List<string> ids)
    {
        string driver = Text(request, "Driver");
        List<string>? abilities = Capabilities(request).Find(list => list.Contains("gpu"));
        if (abilities is null && driver != "nvidia") throw ApiException.Bad($"could not select device driver "
            + $"\"{driver}\" with capabilities: {Field(request, "Capabilities")?.GetRawText() ?? "[]"}");
        if (Entries(request, "Options").Any())
            throw ApiException.Bad("Options of DeviceRequests are not supported: no driver has any");
        abilities?.Remove("gpu");
        long count = Number(request, "Count") ?? 0;
        return new CsvText().Add("driver", driver).Add("device", string.Join(',', ids))
            .Add("count", count == -1 ? "all" : count != 0 || ids.Count == 0 ? Invariant(count) : "")
            .Add("capabilities", string.Join(',', abilities ?? [])).ToString();
    }

    // [["gpu", "compute"]]: of the lists any may be met.
    private static List<List<string>> Capabilities(JsonElement request)
    {
        if (Field(request, "Capabilities") is not { } lists) return [];
        return lists.ValueKind == JsonValueKind.Array ? [.. lists.EnumerateArray().Select(list => (List<string>)[
            .. list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Select(word =>
                word.ValueKind == JsonValueKind.String ? word.GetString()! : throw NoLists()) : throw NoLists()])]
            : throw NoLists();

        static ApiException NoLists() => Wrong("Capabilities", "a list of lists of strings");
    }

    // Clients send `systempaths=unconfined` as two empty lists, and what inspect shows when they copy a container.
    private void ReadSystemPaths(JsonElement host)
    {
        List<string>? masked = Texts(host, "MaskedPaths"), readOnly = Texts(host, "ReadonlyPaths");
        if (masked is { Count: 0 } && readOnly is { Count: 0 })
            Add("security-opt", $"{SecuritySettings.SystemPaths}={SecuritySettings.Unconfined}");
        else if (masked?.Except(ContainerDefaults.AllMaskedPaths()).Any() is true
            || ContainerDefaults.MaskedPaths.Except(masked ?? [.. ContainerDefaults.MaskedPaths]).Any()
            || readOnly?.ToHashSet().SetEquals(ContainerDefaults.ReadonlyPaths) is false)
            throw ApiException.Bad("MaskedPaths and ReadonlyPaths: lists of one's own are not supported; both empty "
                + "open all of them, and without them, or with those that inspect shows, all are closed");
    }

    private static void Refuse(JsonElement host)
    {
        if (Number(host, "KernelMemoryTCP") is not (null or 0))
            throw ApiException.Bad("KernelMemoryTCP is not supported: cgroup v2 has no such limit");
        if (Text(host, "Cgroup").Length > 0)
            throw ApiException.Bad("Cgroup is not supported: a container has a cgroup of its own (CgroupParent)");
    }

    private void ReadBlockDevices(JsonElement host)
    {
        foreach (JsonElement weight in Items(host, "BlkioWeightDevice"))
            Add("blkio-weight-device", $"{Part("Path", Text(weight, "Path"), ':')}:{Number(weight, "Weight") ?? 0}");
        foreach (var (field, option) in s_deviceRates)
            foreach (JsonElement rate in Items(host, field))
                Add(option, $"{Part("Path", Text(rate, "Path"), ':')}:{Number(rate, "Rate") ?? 0}");
    }

    // The mode names the first network; what is asked of each stands beside.
    private void ReadNetworks(JsonElement body, string mode)
    {
        JsonElement networking = JsonBody.Object(body, "NetworkingConfig") ?? default;
        var ends = new List<(string Name, JsonElement Settings)>(networking.ValueKind == JsonValueKind.Object
            ? Entries(networking, "EndpointsConfig") : []);
        string first = mode.Length > 0 ? mode : ends.Count > 0 ? ends[0].Name : "";
        // The option takes fields, too.
        foreach (string name in ends.ConvertAll(end => end.Name).Append(first)) Part("network", name, '=');
        int at = ends.FindIndex(end => end.Name == first);
        if (at < 0)
        {
            if (first.Length > 0) Add("network", first);
        }
        else Add("network", EndpointText.Of(first, ends[at].Settings));
        for (int i = 0; i < ends.Count; i++)
            if (i != at) Add("network", EndpointText.Of(ends[i].Name, ends[i].Settings));
        // Names only, which count in all of its networks.
        foreach (string link in ends.SelectMany(end => Texts(end.Settings, "Links") ?? []).Distinct())
            Add("link", link);
    }

    private void Scalars(JsonElement of, (string Field, string Option)[] fields)
    {
        foreach (var (field, option) in fields)
        {
            if (Field(of, field) is not { } value) continue;
            string text = value.ValueKind switch
            {
                JsonValueKind.String => value.GetString()!,
                JsonValueKind.True => "true",
                JsonValueKind.False => "",
                JsonValueKind.Number => value.GetRawText(),
                _ => throw Wrong(field, "one value"),
            };
            if (text.Length > 0) Add(option, text);
        }
    }

    private void AddPairs(JsonElement of, string field, string option)
    {
        foreach (var (key, value) in Pairs(of, field)) Add(option, $"{Part(field, key, '=')}={value}");
    }

    private void Add(string option, string value) => Arguments.Add(s_options[option], value);

    private static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);
}
