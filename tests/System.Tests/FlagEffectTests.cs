namespace Skiff.System.Tests;

/// <summary>What flags of run and create change in a container, as it was seen beside docker 28.</summary>
public sealed class FlagEffectTests(SkiffHost host)
{
    [Theory]
    [InlineData("/t", 126)]
    [InlineData("/t:exec", 0)]
    [InlineData("/t:noexec,exec", 0)]
    public void Programs_in_memory_run_when_that_is_asked_for(string tmpfs, int code) => host.Run("run", "--rm",
        "--tmpfs", tmpfs, host.Busybox, "sh", "-c", "cp /bin/busybox /t/echo && /t/echo it runs").Exits(code);

    [Fact]
    public void Memory_takes_mount_options_that_are_no_options_of_tmpfs()
    {
        string mount = host.Ask("grep ' /t ' /proc/mounts", "--tmpfs", "/t:noatime,suid,dev,mode=700,uid=5");
        Assert.DoesNotContain("nosuid", mount);
        Assert.DoesNotContain("nodev", mount);
        Assert.Contains("noatime", mount);
        Assert.Contains("uid=5", mount);
    }

    [Theory]
    [InlineData("hosts")]
    [InlineData("hostname")]
    [InlineData("resolv.conf")]
    public void A_read_only_container_cannot_write_the_files_made_for_it(string file) =>
        Assert.Contains("Read-only file system",
            host.Run("run", "--rm", "--read-only", host.Busybox, "sh", "-c", $"echo >> /etc/{file}").Exits(1).Error);

    [Fact]
    public void The_missing_source_of_a_volume_is_made_and_told_and_that_of_a_mount_is_not()
    {
        string source = Path.Combine(host.NewFolder(), "missing");
        host.Run("run", "--rm", "-v", $"{source}:/m", "--pull", "never", "no-such-image", "true").Exits(125);
        Assert.False(Directory.Exists(source));
        host.Run("run", "--rm", "--mount", $"type=bind,src={source},dst=/m", host.Busybox, "true")
            .FailsClearly(125, "bind source path does not exist", source);
        Assert.False(Directory.Exists(source));
        Assert.Contains($"WARNING: --volume: {source} did not exist",
            host.Run("run", "--rm", "-v", $"{source}:/m", host.Busybox, "true").Exits(0).Error);
        Assert.True(Directory.Exists(source));
        Assert.Equal("", host.Run("run", "--rm", "-v", $"{source}:/m", host.Busybox, "true").Exits(0).Error);
    }

    [Fact]
    public void A_source_that_has_gone_before_the_start_is_told_by_name()
    {
        string source = host.NewFolder(), name = host.NewName("gone");
        host.Run("create", "--name", name, "-v", $"{source}:/m", host.Busybox, "true").Exits(0);
        Directory.Delete(source);
        host.Run("start", name).FailsClearly(1, "bind source path does not exist", source);
        Assert.Equal("created", host.Run("inspect", "-f", "{{.State.Status}}", name).Text());
        Directory.CreateDirectory(source);
        host.Run("start", name).Exits(0);
        host.Run("rm", "-f", name).Exits(0);
    }

    [Fact]
    public void A_directory_of_devices_is_all_of_them()
    {
        string folder = host.NewFolder();
        Command.Shell("mkdir $1/deep && mknod $1/null c 1 3 && mknod $1/deep/zero c 1 5 && touch $1/file", folder)
            .Exits(0);
        Assert.Equal("/dev/many/deep/zero 1 5\n/dev/many/null 1 3", host.Ask(
            "for f in $(find /dev/many -type c | sort); do stat -c '%n %t %T' $f; done; head -c1 /dev/many/deep/zero "
            + "> /dev/many/null", "--device", $"{folder}:/dev/many"));
        host.Run("run", "--rm", "--device", $"{host.NewFolder()}:/dev/none", host.Busybox, "true")
            .FailsClearly(125, "no devices below it");
    }

    [Fact]
    public void The_domain_belongs_to_the_containers_name_in_its_hosts()
    {
        Assert.EndsWith("\th.d.e h", host.Ask("tail -n 1 /etc/hosts", "--hostname", "h", "--domainname", "d.e"));
        Assert.Equal("h", host.Ask("hostname", "--hostname", "h", "--domainname", "d.e"));
    }

    [Fact]
    public void A_networks_name_may_stand_among_other_words()
    {
        Assert.Equal("02:42:ac:11:00:97", host.Ask("cat /sys/class/net/eth0/address",
            "--network", "name=bridge,mac-address=02:42:ac:11:00:97"));
        Assert.Equal("lo", host.Ask("ls /sys/class/net", "--network", "name=none"));
    }

    [Fact]
    public void Published_ports_mean_nothing_on_the_hosts_network_and_that_is_said() =>
        Assert.Contains("WARNING: Published ports are discarded",
            host.Run("run", "--rm", "--network", "host", "-p", "80:80", host.Busybox, "true").Exits(0).Error);

    [Fact]
    public void Lists_show_one_label_of_a_container()
    {
        using var container = host.Detached("-l", "role=a,b=c", host.Busybox, "sleep", "1000");
        string filter = $"name={container.Name}";
        Assert.Equal("a,b=c|", host.Run("ps", "--filter", filter, "--format", """{{.Label "role"}}|{{.Label "b"}}""")
            .Text());
        Assert.Equal(["role", "a,b=c"],
            host.Run("ps", "--filter", filter, "--format", """table {{.Label "role"}}""").Text().Split('\n'));
    }

    [Fact]
    public void Ports_are_listed_in_the_order_of_the_containers()
    {
        using var container = host.Detached("-p", "80", "-p", "53/udp", host.Busybox, "sleep", "1000");
        Assert.Equal(["53/udp", "80/tcp"],
            host.Run("port", container.Name).Text().Split('\n').Select(line => line.Split(' ')[0]));
    }
}
