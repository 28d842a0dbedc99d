using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>The fields of ContainerCreate's body: what is honoured, and what is refused by its name.</summary>
public sealed class ApiCreateTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    // Beside image and command; inspect then shows the same, fields of the configuration below Config.
    public static TheoryData<string> Shown =>
    [
        """{"Hostname":"h1","Domainname":"d1","User":"7:8","WorkingDir":"/tmp"}""",
        """{"AttachStdin":true,"AttachStdout":false,"AttachStderr":true}""",
        """{"Tty":true,"OpenStdin":true,"StdinOnce":true}""",
        """{"ExposedPorts":{"99/udp":{}},"Volumes":{"/anon":{}},"Labels":{"k":"v, \"w\""}}""",
        """{"Labels":{"a=b":"c=d","a":"","=":"x","two words":"","line\n":"break\n"}}""",
        """{"Entrypoint":["env"],"Cmd":["true"],"Shell":["/bin/ash","-ec"],"StopSignal":"SIGUSR1","StopTimeout":3}""",
        """
        {"Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":5000000000,"Timeout":2000000000,"Retries":2,
        "StartPeriod":1000000000,"StartInterval":3000000000}}
        """,
        """{"MacAddress":"02:00:00:00:00:07","HostConfig":{"NetworkMode":"bridge"}}""",
        """{"HostConfig":{"CpuShares":512,"CpuPeriod":50000,"CpuQuota":25000,"CpusetCpus":"0","CpusetMems":"0"}}""",
        """{"HostConfig":{"Memory":67108864,"MemoryReservation":33554432,"MemorySwap":134217728,"PidsLimit":50}}""",
        """{"HostConfig":{"NanoCpus":1500000000,"BlkioWeight":300,"OomScoreAdj":100,"ShmSize":1048576}}""",
        """{"HostConfig":{"BlkioWeightDevice":[{"Path":"/dev/null","Weight":200}]}}""",
        """{"HostConfig":{"BlkioDeviceReadBps":[{"Path":"/dev/null","Rate":1048576}]}}""",
        """{"HostConfig":{"BlkioDeviceWriteBps":[{"Path":"/dev/null","Rate":1048576}]}}""",
        """{"HostConfig":{"BlkioDeviceReadIOps":[{"Path":"/dev/null","Rate":7}]}}""",
        """{"HostConfig":{"BlkioDeviceWriteIOps":[{"Path":"/dev/null","Rate":7}]}}""",
        """
        {"HostConfig":{"Devices":[{"PathOnHost":"/dev/null","PathInContainer":"/dev/x","CgroupPermissions":"r"}],
        "DeviceCgroupRules":["c 1:3 r"]}}
        """,
        """{"HostConfig":{"DeviceRequests":[{"Driver":"nvidia","Count":2,"Capabilities":[["gpu"]],"Options":{}}]}}""",
        """{"HostConfig":{"DeviceRequests":[{"Count":0,"DeviceIDs":["0","1"],"Capabilities":[["compute","gpu"]]}]}}""",
        """{"HostConfig":{"Ulimits":[{"Name":"nofile","Soft":100,"Hard":200}],"Init":true,"AutoRemove":true}}""",
        """{"HostConfig":{"Binds":["/tmp:/b:ro"],"Tmpfs":{"/t":"size=4096"},"VolumeDriver":""}}""",
        """{"HostConfig":{"LogConfig":{"Type":"json-file","Config":{"max-size":"1m"}}}}""",
        """{"HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8099"}]}}}""",
        """{"HostConfig":{"PublishAllPorts":true,"NetworkMode":"bridge","Dns":["9.9.9.9"]}}""",
        """{"HostConfig":{"DnsOptions":["ndots:2"],"DnsSearch":["example.org"],"ExtraHosts":["a:1.2.3.4"]}}""",
        """{"HostConfig":{"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}}}""",
        """
        {"HostConfig":{"Mounts":[{"Type":"bind","Source":"/tmp","Target":"/m","ReadOnly":true,
        "BindOptions":{"Propagation":"rslave","NonRecursive":true}}]}}
        """,
        """
        {"HostConfig":{"Mounts":[{"Type":"bind","Source":"/tmp","Target":"/m","ReadOnly":true,
        "BindOptions":{"ReadOnlyNonRecursive":true}}]}}
        """,
        """
        {"HostConfig":{"Mounts":[{"Type":"bind","Source":"/tmp","Target":"/m","ReadOnly":true,
        "BindOptions":{"Propagation":"rprivate","ReadOnlyForceRecursive":true}}]}}
        """,
        """
        {"HostConfig":{"Mounts":[{"Type":"volume","Source":"made","Target":"/m","VolumeOptions":{"NoCopy":true,
        "Labels":{"a":"b"},"DriverConfig":{"Name":"local","Options":{"type":"tmpfs","device":"tmpfs"}},
        "Subpath":"x"}}]}}
        """,
        """
        {"HostConfig":{"Mounts":[{"Type":"image","Source":"BUSYBOX","Target":"/m","ImageOptions":{"Subpath":"bin"}}]}}
        """,
        """
        {"HostConfig":{"Mounts":[{"Type":"tmpfs","Target":"/t,u","TmpfsOptions":{"SizeBytes":4096,"Mode":448}}]}}
        """,
        """{"Tty":true,"HostConfig":{"ConsoleSize":[30,90],"Annotations":{"a":"b"},"StorageOpt":{}}}""",
        """{"HostConfig":{"CapAdd":["CAP_NET_ADMIN"],"CapDrop":["CAP_MKNOD"],"GroupAdd":["7"],"Privileged":true}}""",
        """{"HostConfig":{"CgroupnsMode":"host","IpcMode":"host","PidMode":"host","UTSMode":"host"}}""",
        """{"HostConfig":{"UsernsMode":"host","CgroupParent":"/below","ReadonlyRootfs":true,"Isolation":""}}""",
        """{"HostConfig":{"SecurityOpt":["no-new-privileges"],"Sysctls":{"net.ipv4.ip_forward":"0"}}}""",
        """{"HostConfig":{"MaskedPaths":[],"ReadonlyPaths":[]}}""",
        """
        {"HostConfig":{"NetworkMode":"NET"},"NetworkingConfig":{"EndpointsConfig":{"NET":{"IPAMConfig":{
        "IPv4Address":"10.77.9.7","IPv6Address":"fd77:9::7","LinkLocalIPs":["169.254.9.7"]},"Aliases":["other"],
        "MacAddress":"02:00:00:00:00:09","DriverOpts":{"com.docker.network.endpoint.ifname":"lan0"},"GwPriority":5}}}}
        """,
    ];

    // The same, and words of the error.
    public static TheoryData<string, string> Refused => new()
    {
        { """{"HostConfig":{"CpuRealtimePeriod":1000}}""", "cpu-rt-period" },
        { """{"HostConfig":{"CpuRealtimeRuntime":1000}}""", "cpu-rt-runtime" },
        { """{"HostConfig":{"KernelMemory":8388608}}""", "kernel-memory" },
        { """{"HostConfig":{"KernelMemoryTCP":1}}""", "KernelMemoryTCP is not supported" },
        { """{"HostConfig":{"MemorySwappiness":10}}""", "memory-swappiness" },
        { """{"HostConfig":{"OomKillDisable":true}}""", "oom-kill-disable" },
        { """{"HostConfig":{"CpuCount":1}}""", "cpu-count" },
        { """{"HostConfig":{"CpuPercent":1}}""", "cpu-percent" },
        { """{"HostConfig":{"IOMaximumIOps":1}}""", "io-maxiops" },
        { """{"HostConfig":{"IOMaximumBandwidth":1}}""", "io-maxbandwidth" },
        { """{"HostConfig":{"VolumeDriver":"nfs"}}""", "volume-driver" },
        { """{"HostConfig":{"Runtime":"kata"}}""", "runtime" },
        { """{"HostConfig":{"Isolation":"hyperv"}}""", "isolation" },
        { """{"HostConfig":{"Cgroup":"container:x"}}""", "Cgroup is not supported" },
        { """{"HostConfig":{"ConsoleSize":[1]}}""", "invalid ConsoleSize" },
        { """{"HostConfig":{"MaskedPaths":["/proc/kcore"]}}""", "lists of one's own are not supported" },
        { """{"HostConfig":{"MaskedPaths":[]}}""", "both empty open all of them" },
        { """{"HostConfig":{"ReadonlyPaths":["/proc/bus"]}}""", "lists of one's own are not supported" },
        { """{"HostConfig":{"DeviceRequests":[{"Driver":"amd","Capabilities":[["tpu"]]}]}}""",
            "could not select device driver \"amd\" with capabilities: [[\"tpu\"]]" },
        { """{"HostConfig":{"DeviceRequests":[{"Capabilities":["gpu"]}]}}""", "invalid Capabilities" },
        { """{"HostConfig":{"DeviceRequests":[{"Count":1,"Capabilities":[["gpu"]],"Options":{"a":"b"}}]}}""",
            "Options of DeviceRequests are not supported" },
        { """{"HostConfig":{"Mounts":[{"Type":"cluster","Source":"a","Target":"/m"}]}}""", "cluster" },
        { """{"HostConfig":{"Mounts":[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"Options":[["color","red"]]}}]}}""",
            "invalid tmpfs option [\"color=red\"]" },
        { """{"HostConfig":{"Mounts":[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"Options":["ro"]}}]}}""",
            "invalid Options" },
        { """{"HostConfig":{"SecurityOpt":["seccomp={}x"]}}""", "seccomp profile (given as JSON) cannot be used" },
        { """{"HostConfig":{"Links":["nobody:x"]}}""", "nobody" },
        { """{"NetworkingConfig":{"EndpointsConfig":{"bridge":{"Links":["nobody:x"]}}}}""", "nobody" },
        { """{"HostConfig":{"StorageOpt":{"color":"red"}}}""", "unknown option color" },
        { """{"HostConfig":{"VolumesFrom":["nobody"]}}""", "nobody" },
        { """{"NetworkDisabled":true,"HostConfig":{"PortBindings":[]}}""", "invalid PortBindings" },
        // Values that would be more than one in an option.
        { """{"Volumes":{"/etc:/mnt":{}}}""", "invalid volume specification: '/etc:/mnt'" },
        { """{"Volumes":{"data:/mnt":{}}}""", "invalid volume specification: 'data:/mnt'" },
        { """{"HostConfig":{"Tmpfs":{"/t:exec":""}}}""", "invalid Tmpfs: \"/t:exec\"" },
        { """{"HostConfig":{"RestartPolicy":{"Name":"on-failure:5"}}}""", "invalid RestartPolicy" },
        { """{"HostConfig":{"Ulimits":[{"Name":"nofile=1","Soft":1,"Hard":1}]}}""", "invalid Ulimits" },
        { """{"HostConfig":{"PortBindings":{"81:80/tcp":[{"HostPort":""}]}}}""", "invalid PortBindings" },
        { """{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"127.0.0.1:80"}]}}}""", "invalid HostPort" },
        { """{"HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"[::1]:80"}]}}}""", "invalid HostIp" },
        { """{"HostConfig":{"Devices":[{"PathOnHost":"/dev/null:/dev/x"}]}}""", "invalid PathOnHost" },
        { """{"HostConfig":{"Devices":[{"PathOnHost":"/dev/null","PathInContainer":"/x:rwm"}]}}""",
            "invalid PathInContainer" },
        { """{"HostConfig":{"DeviceRequests":[{"Driver":"cdi","DeviceIDs":["/dev/null"]}]}}""",
            "invalid DeviceIDs: \"/dev/null\"" },
        { """{"HostConfig":{"BlkioDeviceReadBps":[{"Path":"/dev/null:1","Rate":1}]}}""", "invalid Path" },
        { """{"HostConfig":{"BlkioWeightDevice":[{"Path":"/dev/null:1","Weight":10}]}}""", "invalid Path" },
        { """{"HostConfig":{"NetworkMode":"name=bridge"}}""", "invalid network" },
        { """{"NetworkingConfig":{"EndpointsConfig":{"name=host":{}}}}""", "invalid network" },
        { """{"NetworkingConfig":{"EndpointsConfig":{"bridge":{"DriverOpts":{"a=b":"c"}}}}}""", "invalid DriverOpts" },
        { """{"HostConfig":{"Mounts":[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"Options":[["ro,exec"]]}}]}}""",
            "invalid Options" },
    };

    [Theory, MemberData(nameof(Shown))]
    public void What_is_asked_for_is_what_inspect_shows(string fields)
    {
        string network = "";
        if (fields.Contains("NET\""))
        {
            network = api.Host.NewName("net");
            api.Docker("network", "create", "--subnet", "10.77.9.0/24", "--ipv6", "--subnet", "fd77:9::/64", network)
                .Exits(0);
        }
        JsonNode asked = JsonNode.Parse(
            fields.Replace("NET\"", $"{network}\"").Replace("BUSYBOX", api.Host.Busybox))!;
        string id = Create(asked).Is(201)!["Id"]!.ToString();
        JsonNode shown = api.Ask("GET", $"/containers/{id}/json").Is(200)!;
        foreach ((string field, JsonNode? value) in asked.AsObject())
            AssertHas(field, value, field == "HostConfig" ? shown[field]
                : field == "NetworkingConfig" ? new JsonObject
                {
                    ["EndpointsConfig"] = shown["NetworkSettings"]!["Networks"]!.DeepClone(),
                } : shown["Config"]![field]);
        api.Remove(id);
        if (network.Length > 0) api.Docker("network", "rm", network).Exits(0);
        api.Skiff("volume", "prune", "-af").Exits(0);
    }

    [Theory, MemberData(nameof(Refused))]
    public void What_cannot_be_done_is_refused_by_its_name(string fields, string words)
    {
        ApiAnswer answer = Create(JsonNode.Parse(fields)!);
        Assert.InRange((int)answer.Status, 400, 404);
        answer.Fails((int)answer.Status, words);
        Assert.Equal("[]", api.Ask("GET", "/containers/json?all=1").Text.Trim());
    }

    [Fact]
    public void What_inspect_does_not_show_is_seen_in_the_container()
    {
        string folder = Path.Combine(api.Host.NewFolder(), "new"), other = api.Started("--hostname", "db1");
        string id = Create(JsonNode.Parse($$"""
            {"Env":["A=1"],"Tty":true,"HostConfig":{"ConsoleSize":[30,90],"Links":["{{other}}:near"],
            "VolumesFrom":["{{other}}"],"StorageOpt":null,"Mounts":[
            {"Type":"bind","Source":"{{folder}}","Target":"/new","BindOptions":{"CreateMountpoint":true} },
            {"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":1048576,"Mode":448,
            "Options":[["noexec"],["uid","7"]]} }]},
            "NetworkingConfig":{"EndpointsConfig":{"bridge":{"Links":["{{other}}:far"]} } } }
            """)!).Is(201)!["Id"]!.ToString();
        api.Ask("POST", $"/containers/{id}/start").Is(204);
        Assert.Equal("1 30 90 7 700", api.In(id,
            "echo $A $(stty -F /dev/console size) $(stat -c '%u %a' /t)"));
        Assert.Matches("(?m) /t tmpfs .*noexec.*size=1024k", api.In(id, "cat /proc/mounts"));
        Assert.Equal("2", api.In(id, "grep -cE 'near|far' /etc/hosts"));
        Assert.True(Directory.Exists(folder));
        api.Remove(id, other);
        string apart = Create(JsonNode.Parse("""{"NetworkDisabled":true}""")!).Is(201)!["Id"]!.ToString();
        Assert.Equal("none", api.Docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", apart).Text());
        api.Remove(apart);
    }

    [Fact]
    public void A_profile_that_the_client_has_read_is_the_containers()
    {
        string profile = Path.Combine(api.Host.NewFolder(), "profile.json"), name = api.Host.NewName();
        File.WriteAllText(profile, """
            {"defaultAction":"SCMP_ACT_ALLOW",
            "syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":71}]}
            """);
        api.Docker("run", "-d", "--name", name, "--security-opt", $"seccomp={profile}",
            "--security-opt", "systempaths=unconfined", api.Host.Busybox, "sleep", "1000").Exits(0);
        Assert.Contains("Protocol error", api.Docker("exec", name, "mkdir", "/new").Exits(1).Error);
        Assert.Equal("rw", api.In(name, "touch /proc/sys/kernel/domainname && echo rw"));
        // What inspect shows makes another container of the same kind.
        JsonNode host = api.Ask("GET", $"/containers/{name}/json").Is(200)!["HostConfig"]!.DeepClone();
        string copy = Create(new JsonObject { ["HostConfig"] = host }).Is(201)!["Id"]!.ToString();
        AssertHas("HostConfig", host, api.Ask("GET", $"/containers/{copy}/json").Is(200)!["HostConfig"]);
        string plain = api.Create(api.Host.NewName(), """["true"]""");
        host = api.Ask("GET", $"/containers/{plain}/json").Is(200)!["HostConfig"]!.DeepClone();
        string second = Create(new JsonObject { ["HostConfig"] = host }).Is(201)!["Id"]!.ToString();
        AssertHas("HostConfig", host, api.Ask("GET", $"/containers/{second}/json").Is(200)!["HostConfig"]);
        api.Remove(name, copy, plain, second);
    }

    private ApiAnswer Create(JsonNode fields)
    {
        var body = (JsonObject)fields.DeepClone();
        body["Image"] = api.Host.Busybox;
        if (!body.ContainsKey("Cmd")) body["Cmd"] = new JsonArray("sleep", "1000");
        return api.Ask("POST", "/containers/create", body.ToJsonString());
    }

    /// <summary>Fails unless what was asked for is shown; of objects there may be more.</summary>
    internal static void AssertHas(string path, JsonNode? asked, JsonNode? shown)
    {
        if (asked is JsonObject fields && shown is JsonObject)
            foreach ((string field, JsonNode? value) in fields) AssertHas($"{path}.{field}", value, shown[field]);
        else if (asked is JsonArray list && shown is JsonArray others && list.Count == others.Count)
            for (int i = 0; i < list.Count; i++) AssertHas($"{path}[{i}]", list[i], others[i]);
        else if (asked is not null and not JsonObject { Count: 0 } && asked.ToJsonString() is not "\"\"")
            Assert.True(JsonNode.DeepEquals(asked, shown),
                $"{path}: {asked.ToJsonString()} was asked for, {shown?.ToJsonString() ?? "null"} is shown");
    }
}
