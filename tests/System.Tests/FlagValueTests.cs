using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>
/// Values of run's and create's flags as docker 28 was seen to take and to refuse them, and what inspect shows of them.
/// </summary>
public sealed class FlagValueTests(SkiffHost host)
{
    // What is wrong with the words themselves ends create with 125, what the engine refuses with 1; run has 125 for
    // both.
    [Theory]
    [InlineData(125, "--add-host a:1.2.3", "for \"--add-host\" flag: invalid IP address in add-host: \"1.2.3\"")]
    [InlineData(125, "--add-host a:1.2.3.04", "invalid IP address in add-host: \"1.2.3.04\"")]
    [InlineData(125, "--add-host a:", "invalid IP address in add-host: \"\"")]
    [InlineData(125, "--blkio-weight 70000", "\"--blkio-weight\" flag: strconv.ParseUint: parsing \"70000\": value")]
    [InlineData(125, "--blkio-weight=-1", "strconv.ParseUint: parsing \"-1\": invalid syntax")]
    [InlineData(1, "--blkio-weight 9", "Range of blkio weight is from 10 to 1000")]
    [InlineData(1, "--cap-add foo", "invalid --cap-add: unknown capability: \"CAP_FOO\"")]
    [InlineData(1, "--cap-drop CAP_FOO", "invalid --cap-drop: unknown capability: \"CAP_FOO\"")]
    [InlineData(125, "--cpu-count a", "for \"--cpu-count\" flag: strconv.ParseInt: parsing \"a\": invalid syntax")]
    [InlineData(1, "--cpu-period 999", "CPU cfs period can not be less than 1ms")]
    [InlineData(125, "--cpu-rt-runtime a", "for \"--cpu-rt-runtime\" flag: strconv.ParseInt")]
    [InlineData(1, "--cpus=-1", "range of CPUs is from 0.01 to")]
    [InlineData(125, "--cpus 1/0", "failed to parse 1/0 as a rational number")]
    [InlineData(125, "--cpus 1/3", "value is too precise")]
    [InlineData(1, "--cpus 1 --cpu-period 10000", "CPU Period cannot both be set (--cpus, --cpu-period)")]
    [InlineData(125, "--device-cgroup-rule c_1:3", "\"--device-cgroup-rule\" flag: invalid device cgroup")]
    [InlineData(125, "--device-read-bps /dev/null:1:2", "invalid rate for device: /dev/null:1:2")]
    [InlineData(125, "--dns 1.2.3", "for \"--dns\" flag: IP address is not correctly formatted: 1.2.3")]
    [InlineData(125, "--dns-search a_b.c", "for \"--dns-search\" flag: a_b.c is not a valid domain")]
    [InlineData(125, "--dns-search=-x", "-x is not a valid domain")]
    [InlineData(125, "--dns-search 12", "12 is not a valid domain")]
    [InlineData(125, "--env-file /nowhere", "open /nowhere: ENOENT")]
    [InlineData(125, "--expose 70000", "invalid range format for --expose: 70000, error: invalid containerPort: 70000")]
    [InlineData(1, "--health-cmd a --health-interval 1us", "--health-interval cannot be less than 1ms")]
    [InlineData(125, "--ip 1.2.3.04", "for \"--ip\" flag: invalid IPv4 address: 1.2.3.04")]
    [InlineData(125, "--network host --ip 1.2.3.4", "--ip: user specified IP address is supported on networks with")]
    [InlineData(125, "--kernel-memory a", "for \"--kernel-memory\" flag: invalid size: 'a'")]
    [InlineData(125, "-l =a", "for \"-l, --label\" flag: invalid label '=a': empty name")]
    [InlineData(125, "--link :a", "for \"--link\" flag: bad format for links: :a")]
    [InlineData(1, "--memory-reservation 5m", "Minimum memory reservation allowed is 6MB")]
    [InlineData(125, "--network=", "--network: no name set for network")]
    [InlineData(1, "--network host --network none", "cannot attach both user-defined and non-user-defined")]
    [InlineData(1, "--network bridge --net bridge", "network \"bridge\" is specified multiple times")]
    [InlineData(125, "--network name=bridge,foo=a", "for \"--network\" flag: invalid field key foo")]
    [InlineData(125, "--network mac-address=02:00:00:00:00:01", "network name/id is not specified")]
    [InlineData(125, "--network name=bridge,alias=a", "--network-alias: network-scoped aliases are only supported")]
    [InlineData(1, "--oom-score-adj 1001", "range for oom score adj is [-1000, 1000]")]
    [InlineData(125, "-p 99999", "for \"-p, --publish\" flag: invalid containerPort: 99999")]
    [InlineData(1, "--restart foo", "invalid restart policy: unknown policy 'foo'")]
    [InlineData(125, "--restart on-failure:a", "invalid restart policy format: maximum retry count must be an integer")]
    [InlineData(125, "--sysctl net.ipv4.ip_forward", "\"--sysctl\" flag: sysctl 'net.ipv4.ip_forward' is not allowed")]
    [InlineData(125, "--sysctl kernel.foo=1", "--sysctl: sysctl 'kernel.foo=1' is not allowed")]
    [InlineData(125, "--ulimit foo=1", "for \"--ulimit\" flag: invalid ulimit type: foo")]
    [InlineData(125, "--ulimit as=1", "invalid ulimit type: as")]
    [InlineData(125, "--ulimit NOFILE=5", "invalid ulimit type: NOFILE")]
    [InlineData(125, "--ulimit nofile=5:4", "ulimit soft limit must be less than or equal to hard limit: 5 > 4")]
    [InlineData(125, "--uts host --domainname d", "conflicting options: domainname and the UTS mode")]
    public void Impossible_values_have_dockers_exit_codes_and_name_the_flag(int code, string flags, string error)
    {
        foreach (var (verb, expected) in (ReadOnlySpan<(string, int)>)[("create", code), ("run", 125)])
        {
            CommandResult result = host.Run([verb, .. flags.Split(' '), host.Busybox, "true"]);
            Assert.Equal(expected, result.ExitCode);
            Assert.Contains(error, result.Error);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("--cidfile= --ip= --mac-address= --stop-signal= --pull= --workdir=")]
    [InlineData("--network name=bridge --dns-search . --dns ::1 --dns-opt ndots:2")]
    [InlineData("-v /tmp:/m -v /tmp:/m --tmpfs /t --tmpfs /t")]
    [InlineData("--add-host a:[1.2.3.4] --annotation a")]
    public void Values_that_docker_takes_are_taken(string flags) => host.Run(
        ["run", "--rm", .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), host.Busybox, "true"]).Exits(0);

    [Fact]
    public void Without_an_image_run_and_create_end_as_every_verb_without_its_arguments()
    {
        Assert.Contains("requires at least 1 argument", host.Run("run").Exits(1).Error);
        Assert.Contains("requires at least 1 argument", host.Run("create").Exits(1).Error);
    }

    [Fact]
    public void Blanks_in_the_names_of_labels_are_refused()
    {
        string file = Path.Combine(host.NewFolder(), "labels");
        File.WriteAllText(file, "a b=1\n");
        Assert.Contains("label 'a b' contains whitespaces",
            host.Run("create", "-l", "a b=c", host.Busybox).Exits(125).Error);
        Assert.Contains("variable 'a b' contains whitespaces",
            host.Run("create", "--label-file", file, host.Busybox).Exits(125).Error);
    }

    [Theory]
    [InlineData("--cpus 3/2", "NanoCpus", "1500000000")]
    [InlineData("--cpus 15e-1", "NanoCpus", "1500000000")]
    [InlineData("--cpus 1.5", "CpuQuota", "0")]
    [InlineData("--cpus 0 --cpu-quota 50000", "CpuQuota", "50000")]
    [InlineData("-m 64m", "MemorySwap", "134217728")]
    [InlineData("-m 64m --memory-swap -1", "MemorySwap", "-1")]
    [InlineData("--pids-limit -1", "PidsLimit", "null")]
    [InlineData("--pids-limit 5", "PidsLimit", "5")]
    [InlineData("--cap-add net_admin --cap-drop all", "CapAdd", """["CAP_NET_ADMIN"]""")]
    [InlineData("--cap-drop all", "CapDrop", """["ALL"]""")]
    [InlineData("--security-opt no-new-privileges", "SecurityOpt", """["no-new-privileges"]""")]
    [InlineData("--security-opt systempaths=unconfined", "MaskedPaths", "[]")]
    [InlineData("--privileged", "ReadonlyPaths", "null")]
    [InlineData("--ulimit nofile=10:20 --ulimit core=0", "Ulimits",
        """[{"Name":"core","Hard":0,"Soft":0},{"Name":"nofile","Hard":20,"Soft":10}]""")]
    [InlineData("--device /dev/null:/dev/x:r", "Devices",
        """[{"PathOnHost":"/dev/null","PathInContainer":"/dev/x","CgroupPermissions":"r"}]""")]
    [InlineData("--device-read-bps /dev/null:1mb", "BlkioDeviceReadBps", """[{"Path":"/dev/null","Rate":1048576}]""")]
    [InlineData("--device-write-iops /dev/null:4", "BlkioDeviceWriteIOps", """[{"Path":"/dev/null","Rate":4}]""")]
    [InlineData("--blkio-weight-device /dev/null:100", "BlkioWeightDevice",
        """[{"Path":"/dev/null","Weight":100}]""")]
    [InlineData("--add-host a=1.2.3.4", "ExtraHosts", """["a:1.2.3.4"]""")]
    [InlineData("--tmpfs /t:exec,size=1m", "Tmpfs", """{"/t":"size=1048576,exec"}""")]
    [InlineData("--mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700", "Mounts",
        """[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":1048576,"Mode":448}}]""")]
    [InlineData("--mount type=bind,src=/tmp,dst=/t,ro", "Mounts",
        """[{"Type":"bind","Source":"/tmp","Target":"/t","ReadOnly":true}]""")]
    [InlineData("-v /tmp:/t:ro", "Binds", """["/tmp:/t:ro"]""")]
    [InlineData("-p 8080:80 -p 127.0.0.1:53:53/udp", "PortBindings",
        """{"53/udp":[{"HostIp":"127.0.0.1","HostPort":"53"}],"80/tcp":[{"HostIp":"","HostPort":"8080"}]}""")]
    [InlineData("-p 90-91", "PortBindings",
        """{"90/tcp":[{"HostIp":"","HostPort":""}],"91/tcp":[{"HostIp":"","HostPort":""}]}""")]
    [InlineData("-P --expose 80", "PortBindings", "{}")]
    public void The_hosts_part_of_inspect_is_dockers(string flags, string field, string expected)
    {
        using var container = Create(flags.Split(' '));
        Assert.Equal(expected, host.Run("inspect", "-f", $"{{{{json .HostConfig.{field}}}}}", container.Name).Text());
    }

    [Theory]
    [InlineData("", "AttachStdin", "false")]
    [InlineData("", "AttachStdout", "true")]
    [InlineData("-a stdout", "AttachStderr", "false")]
    [InlineData("-i", "AttachStdin", "true")]
    [InlineData("", "Entrypoint", "null")]
    [InlineData("", "Healthcheck", "null")]
    [InlineData("-v /data", "Volumes", """{"/data":{}}""")]
    [InlineData("--expose 90-91/udp -p 80:80", "ExposedPorts", """{"80/tcp":{},"90/udp":{},"91/udp":{}}""")]
    [InlineData("--mac-address 02:42:ac:11:00:99", "MacAddress", "\"02:42:ac:11:00:99\"")]
    public void The_containers_part_of_inspect_is_dockers(string flags, string field, string expected)
    {
        using var container = Create(flags.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(expected, host.Run("inspect", "-f", $"{{{{json .Config.{field}}}}}", container.Name).Text());
    }

    [Fact]
    public void Inspect_has_dockers_fields_also_where_there_is_nothing_to_say()
    {
        using var container = Create();
        JsonNode json = container.Inspect();
        foreach (string field in "AppArmorProfile ExecIDs GraphDriver MountLabel ProcessLabel".Split(' '))
            Assert.True(json.AsObject().ContainsKey(field), field);
        foreach (string field in ("BlkioDeviceReadIOps BlkioDeviceWriteBps CpuCount CpuPercent CpuRealtimePeriod "
            + "DeviceCgroupRules DeviceRequests DnsOptions DnsSearch IOMaximumIOps Isolation MaskedPaths "
            + "MemorySwappiness OomKillDisable ReadonlyPaths Runtime VolumeDriver").Split(' '))
            Assert.True(json["HostConfig"]!.AsObject().ContainsKey(field), field);
        Assert.Equal("<nil> <nil>",
            host.Run("inspect", "-f", "{{.HostConfig.Init}} {{.SizeRw}}", container.Name).Text());
    }

    private Container Create(params string[] flags)
    {
        string name = host.NewName("value");
        return new Container(host, name, host.Run(["create", "--name", name, .. flags, host.Busybox]).Text());
    }
}
