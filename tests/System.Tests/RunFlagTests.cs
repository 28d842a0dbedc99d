namespace Skiff.System.Tests;

/// <summary>Flags of run and create: what they refuse, in docker's words, and what they do.</summary>
public sealed class RunFlagTests(SkiffHost host)
{
    [Theory]
    [InlineData("-m 5m", "Minimum memory limit allowed is 6MB")]
    [InlineData("--memory-reservation 1m", "Minimum memory reservation allowed is 6MB")]
    [InlineData("-m 64m --memory-swap 32m", "Minimum memoryswap limit should be larger than memory limit")]
    [InlineData("--memory-swap 32m", "You should always set the Memory limit when using Memoryswap limit")]
    [InlineData("-m 64m --memory-reservation 65m", "Minimum memory limit can not be less than memory reservation")]
    [InlineData("--memory-swappiness 101", "valid memory swappiness range is 0-100")]
    [InlineData("--memory-swappiness 60", "--memory-swappiness is not supported: cgroup v2")]
    [InlineData("--kernel-memory 64m", "--kernel-memory is not supported")]
    [InlineData("--oom-kill-disable", "--oom-kill-disable is not supported")]
    [InlineData("--oom-score-adj 1001", "range for oom score adj is [-1000, 1000]")]
    [InlineData("--cpus 0.001", "range of CPUs is from 0.01 to")]
    [InlineData("--cpus 1 --cpu-quota 1000", "Nano CPUs and CPU Quota cannot both be set")]
    [InlineData("--cpu-period 999", "CPU cfs period can not be less than 1ms")]
    [InlineData("--cpu-quota 999", "CPU cfs quota can not be less than 1ms")]
    [InlineData("--cpu-shares=-1", "invalid CPU shares (-1)")]
    [InlineData("--cpuset-cpus 99", "Requested CPUs are not available - requested 99, available:")]
    [InlineData("--cpuset-cpus x", "Invalid value x for cpuset cpus")]
    [InlineData("--cpuset-mems 99", "Requested memory nodes are not available")]
    [InlineData("--cpu-rt-runtime 1000", "--cpu-rt-runtime is not supported: cgroup v2")]
    [InlineData("--cpu-rt-period 1000", "--cpu-rt-period is not supported: cgroup v2")]
    [InlineData("--cpu-count 2", "\"--cpu-count\" is only supported on a Docker daemon running on windows")]
    [InlineData("--cpu-percent 2", "\"--cpu-percent\" is only supported")]
    [InlineData("--io-maxiops 2", "\"--io-maxiops\" is only supported")]
    [InlineData("--io-maxbandwidth 2m", "\"--io-maxbandwidth\" is only supported")]
    [InlineData("--isolation hyperv", "\"--isolation\" is not supported on Linux")]
    [InlineData("--blkio-weight 9", "Range of blkio weight is from 10 to 1000")]
    [InlineData("--blkio-weight-device /dev/null", "bad format: /dev/null")]
    [InlineData("--blkio-weight-device /null:10", "bad format for device path")]
    [InlineData("--blkio-weight-device /dev/null:9", "invalid weight for device")]
    [InlineData("--device-read-bps /dev/null:fast", "invalid rate for device")]
    [InlineData("--device-write-iops /dev/null:1kb", "invalid rate for device")]
    public void Limits_that_cannot_be_are_refused_by_name_and_reason(string flags, string error) =>
        AssertRefused(flags, error);

    [Theory]
    [InlineData("--runtime kata", "\"--runtime\" is not supported")]
    [InlineData("--volume-driver nfs", "\"--volume-driver\" is not supported")]
    [InlineData("--use-api-socket", "\"--use-api-socket\" is not supported")]
    [InlineData("--storage-opt dm.size=1", "supported only with the option size")]
    [InlineData("--storage-opt size=much", "--storage-opt")]
    [InlineData("-a stdlog", "valid streams are STDIN, STDOUT and STDERR")]
    [InlineData("-d -a stdout", "cannot specify both --attach and --detach")]
    [InlineData("--detach-keys ctrl-1", "invalid detach keys (ctrl-1)")]
    [InlineData("--link a:b:c", "bad format for links: a:b:c")]
    [InlineData("--link nobody", "No such container: nobody")]
    [InlineData("--volumes-from nobody", "No such container: nobody")]
    [InlineData("--annotation =x", "the empty string is not permitted as an annotation key")]
    [InlineData("--label-file /nowhere", "/nowhere")]
    [InlineData("--network container:x --hostname h", "conflicting options: hostname and the network mode")]
    [InlineData("--network container:x -p 80:80", "port publishing and the container type network mode")]
    [InlineData("--network container:x --dns 1.1.1.1", "conflicting options: dns and the network mode")]
    [InlineData("--network container:x --expose 80", "port exposing and the container type network mode")]
    [InlineData("--network container:x --add-host a:1.1.1.1", "custom host-to-IP mapping and the network mode")]
    [InlineData("--network container:x --mac-address 02:00:00:00:00:01", "mac-address and the network mode")]
    [InlineData("--network host --link a", "host type networking can't be used with links")]
    [InlineData("--network-alias a", "only supported for user-defined networks")]
    [InlineData("--ip6 fd00::1", "network bridge has no IPv6 addresses")]
    [InlineData("--link-local-ip 10.0.0.1", "invalid link-local address: 10.0.0.1")]
    [InlineData("--ip 1.2.3", "invalid IPv4 address: 1.2.3")]
    [InlineData("--mac-address 1", "1 is not a valid mac address")]
    [InlineData("--dns here", "IP address is not correctly formatted: here")]
    [InlineData("-p 99999:1", "invalid hostPort: 99999")]
    [InlineData("--expose x", "invalid containerPort: x")]
    [InlineData("--add-host x", "bad format for add-host")]
    [InlineData("--shm-size=-1", "--shm-size")]
    public void Other_values_that_cannot_be_are_refused_by_name_and_reason(string flags, string error) =>
        AssertRefused(flags, error);

    private void AssertRefused(string flags, string error)
    {
        CommandResult result = host.Run(["run", "--rm", .. flags.Split(' '), host.Busybox, "true"]);
        Assert.Equal(125, result.ExitCode);
        Assert.Contains(error, result.Error);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Size_is_refused_where_the_filesystem_has_no_quotas() => Assert.Contains(
        "supported only on filesystems with project quotas",
        host.Run("run", "--storage-opt", "size=10m", host.Busybox, "true").Exits(125).Error);

    [Fact]
    public void Flags_that_mean_nothing_here_are_taken() =>
        host.Run("run", "--rm", "--isolation", "default", "--runtime", "runc", "--volume-driver", "local",
            "--disable-content-trust", "--cpu-count", "0", "--log-driver", "local", host.Busybox, "true").Exits(0);

    [Fact]
    public void Labels_and_annotations_come_from_flags_and_files()
    {
        string file = Path.Combine(host.NewFolder(), "labels");
        File.WriteAllText(file, "# comment\n\nfrom=file\nboth=file\n");
        using var container = host.Detached("--label-file", file, "--label", "both=flag", "--annotation", "a=b=c",
            host.Busybox, "sleep", "1000");
        Assert.Equal("file", container.Get("Config.Labels.from"));
        Assert.Equal("flag", container.Get("Config.Labels.both"));
        Assert.Equal("b=c", container.Get("HostConfig.Annotations.a"));
    }

    [Fact]
    public void Publish_all_gives_every_exposed_port_one_of_the_hosts()
    {
        using var container = host.Detached("-P", "--expose", "80", "--expose", "81/udp", "-p", "8082", "--expose",
            "8082", host.Busybox, "sleep", "1000");
        string[] ports = host.Run("port", container.Name).Text().Split('\n');
        Assert.Equal(["80/tcp", "8082/tcp", "81/udp"], ports.Select(line => line.Split(' ')[0]).Order());
    }

    [Fact]
    public void A_linked_container_is_found_by_its_alias_and_its_name()
    {
        using var other = host.Detached("--hostname", "db-host", host.Busybox, "sleep", "1000");
        string address = other.Get("NetworkSettings.IPAddress")!;
        string hosts = host.Run("run", "--rm", "--link", $"{other.Name}:db", host.Busybox, "cat", "/etc/hosts").Text();
        Assert.Contains($"{address}\tdb db-host {other.Name}\n", hosts);
        host.Run("stop", "-t", "0", other.Name).Exits(0);
        Assert.Contains("Cannot link to a non running container",
            host.Run("run", "--rm", "--link", other.Name, host.Busybox, "true").Exits(125).Error);
    }

    [Fact]
    public void Mounts_come_from_another_container_read_only_when_asked_for()
    {
        using var other = host.Detached("-v", "/data", "-v", "/more", host.Busybox, "sh", "-c",
            "echo shared > /data/file; sleep 1000");
        Wait.Until(() => other.Exec("cat /data/file").Out == "shared\n", "the file");
        Assert.Equal("shared", host.Run("run", "--rm", "--volumes-from", other.Name, host.Busybox, "cat", "/data/file")
            .Text());
        Assert.Contains("Read-only file system", host.Run("run", "--rm", "--volumes-from", other.Name + ":ro",
            host.Busybox, "touch", "/data/new").Exits(1).Error);
        Assert.Equal("", host.Run("run", "--rm", "--volumes-from", other.Name, "--tmpfs", "/data", host.Busybox, "ls",
            "/data").Out);
        // They are the other's: --rm of this one leaves them.
        Assert.Equal("shared\n", other.Exec("cat /data/file").Out);
    }

    [Theory]
    [InlineData("stdout", "out\n", "")]
    [InlineData("STDERR", "", "err\n")]
    public void Only_the_streams_that_are_attached_are_seen(string stream, string output, string error)
    {
        CommandResult result =
            host.Run("run", "--rm", "-a", stream, host.Busybox, "sh", "-c", "echo out; echo err >&2").Exits(0);
        Assert.Equal((output, error), (result.Out, result.Error));
    }

    [Fact]
    public void Stdin_alone_can_be_attached_and_the_id_is_printed()
    {
        var name = host.NewName();
        using Command run = host.Start("run", "-i", "-a", "stdin", "--name", name, host.Busybox, "cat");
        CommandResult result = run.Finish(input: "typed\n").Exits(0);
        using var container = new Container(host, name, result.Text());
        Assert.Equal("typed\n", host.Run("logs", name).Out);
    }
}
