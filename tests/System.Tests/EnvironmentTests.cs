namespace Skiff.System.Tests;

/// <summary>What a process sees inside: the same facts that it sees in Docker.</summary>
public sealed class EnvironmentTests(SkiffHost host)
{
    [Theory]
    [InlineData("pid")]
    [InlineData("mnt")]
    [InlineData("uts")]
    [InlineData("ipc")]
    [InlineData("net")]
    [InlineData("cgroup")]
    public void Namespaces_are_the_containers_own(string kind)
    {
        var inside = host.Ask($"readlink /proc/self/ns/{kind}");
        Assert.StartsWith($"{kind}:[", inside);
        Assert.NotEqual(File.ResolveLinkTarget($"/proc/self/ns/{kind}", false)!.Name, inside);
    }

    [Theory]
    [InlineData("/", "overlay", "rw")]
    [InlineData("/proc", "proc", "rw,nosuid,nodev,noexec")]
    [InlineData("/sys", "sysfs", "ro,nosuid,nodev,noexec")]
    [InlineData("/sys/fs/cgroup", "cgroup2", "ro,nosuid,nodev,noexec")]
    [InlineData("/dev", "tmpfs", "rw,nosuid")]
    [InlineData("/dev/pts", "devpts", "rw,nosuid,noexec")]
    [InlineData("/dev/mqueue", "mqueue", "rw,nosuid,nodev,noexec")]
    [InlineData("/dev/shm", "tmpfs", "rw,nosuid,nodev,noexec")]
    public void Mounts_have_their_type_and_options(string path, string type, string options)
    {
        var rows = host.Ask("cat /proc/mounts").Split('\n').Select(line => line.Split(' '));
        var row = rows.Last(fields => fields[1] == path);
        Assert.Equal(type, row[2]);
        Assert.Subset(row[3].Split(',').ToHashSet(), options.Split(',').ToHashSet());
    }

    [Theory]
    [InlineData("/proc/kcore")]
    [InlineData("/proc/keys")]
    [InlineData("/proc/timer_list")]
    [InlineData("/proc/latency_stats")]
    [InlineData("/proc/sched_debug")]
    public void Masked_files_are_empty(string path) =>
        Assert.Equal("0", host.Ask($"[ -e {path} ] || {{ echo 0; exit; }}; cat {path} | wc -c"));

    [Theory]
    [InlineData("/proc/acpi")]
    [InlineData("/proc/scsi")]
    [InlineData("/sys/firmware")]
    [InlineData("/sys/devices/virtual/powercap")]
    public void Masked_folders_are_empty(string path) =>
        Assert.Equal("0", host.Ask($"ls -A {path} 2>/dev/null | wc -l"));

    [Theory]
    [InlineData("/proc/sys/kernel/domainname")]
    [InlineData("/proc/sysrq-trigger")]
    [InlineData("/proc/irq/default_smp_affinity")]
    [InlineData("/sys/kernel/mm/ksm/run")]
    public void Read_only_paths_refuse_writing(string path) =>
        Assert.Contains("Read-only file system",
            host.Run("run", "--rm", host.Busybox, "sh", "-c",
                $"[ -e {path} ] || exec echo 'Read-only file system' >&2; echo 1 > {path}").Error);

    [Theory]
    [InlineData("null", "character special file 1:3 666")]
    [InlineData("zero", "character special file 1:5 666")]
    [InlineData("full", "character special file 1:7 666")]
    [InlineData("random", "character special file 1:8 666")]
    [InlineData("urandom", "character special file 1:9 666")]
    [InlineData("tty", "character special file 5:0 666")]
    public void Standard_devices_are_there(string name, string expected) =>
        Assert.Equal(expected, host.Ask($"stat -c '%F %t:%T %a' /dev/{name}"));

    [Theory]
    [InlineData("fd", "/proc/self/fd")]
    [InlineData("stdin", "/proc/self/fd/0")]
    [InlineData("stdout", "/proc/self/fd/1")]
    [InlineData("stderr", "/proc/self/fd/2")]
    [InlineData("ptmx", "pts/ptmx")]
    [InlineData("core", "/proc/kcore")]
    public void Standard_device_links_are_there(string name, string target) =>
        Assert.Equal(target, host.Ask($"readlink /dev/{name}"));

    [Fact]
    public void Only_the_standard_devices_are_there() =>
        Assert.Equal("core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero",
            host.Ask("ls /dev | sort | xargs"));

    [Theory]
    [InlineData("CapEff", "00000000a80425fb")]
    [InlineData("CapPrm", "00000000a80425fb")]
    [InlineData("CapBnd", "00000000a80425fb")]
    [InlineData("CapInh", "0000000000000000")]
    [InlineData("CapAmb", "0000000000000000")]
    [InlineData("Seccomp", "2")]
    [InlineData("NoNewPrivs", "0")]
    public void Status_of_a_root_process_is_Dockers_default(string key, string expected) =>
        Assert.Equal(expected, host.Ask($"grep ^{key}: /proc/self/status | cut -f2"));

    [Theory]
    [InlineData("CapEff", "0000000000000000")]
    [InlineData("CapBnd", "00000000a80425fb")]
    public void An_ordinary_user_has_no_effective_capability(string key, string expected) =>
        Assert.Equal(expected, host.Ask($"grep ^{key}: /proc/self/status | cut -f2", "-u", "1000"));

    [Theory]
    [InlineData("--cap-add=NET_ADMIN", "00000000a80435fb")]
    [InlineData("--cap-drop=ALL", "0000000000000000")]
    [InlineData("--cap-drop=CHOWN", "00000000a80425fa")]
    [InlineData("--cap-add=CAP_SYS_TIME", "00000000aa0425fb")]
    public void Capabilities_can_be_added_and_dropped(string flag, string expected) =>
        Assert.Equal(expected, host.Ask("grep ^CapEff: /proc/self/status | cut -f2", flag));

    [Fact]
    public void Seccomp_refuses_what_Docker_refuses()
    {
        // A user namespace needs CAP_SYS_ADMIN in Docker's profile; the kernel itself would allow it to root.
        var refused = host.Run("run", "--rm", host.Busybox, "unshare", "-U", "true");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Operation not permitted", refused.Error);
        Assert.Equal("0",
            host.Ask("grep ^Seccomp: /proc/self/status | cut -f2", "--security-opt", "seccomp=unconfined"));
    }

    [Fact]
    public void No_new_privileges_can_be_asked_for() =>
        Assert.Equal("1",
            host.Ask("grep ^NoNewPrivs: /proc/self/status | cut -f2", "--security-opt", "no-new-privileges"));

    [Fact]
    public void Hostname_is_the_short_id_and_is_in_hosts()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        var name = container.Exec("hostname").Text();
        Assert.Equal(container.Id[..12], name);
        var address = container.Get("NetworkSettings.IPAddress");
        Assert.Matches($@"(?m)^{address}\s+{name}$", container.Exec("cat /etc/hosts").Text());
        Assert.Matches(@"(?m)^127\.0\.0\.1\s+localhost$", container.Exec("cat /etc/hosts").Text());
    }

    [Fact]
    public void Hostname_and_hosts_can_be_given()
    {
        var seen = host.Ask("hostname; cat /etc/hosts", "--hostname", "web.example.org", "--add-host", "db:192.0.2.7");
        Assert.StartsWith("web.example.org\n", seen);
        Assert.Matches(@"(?m)^192\.0\.2\.7\s+db$", seen);
    }

    [Fact]
    public void Resolver_can_be_given() =>
        Assert.Contains("nameserver 192.0.2.53", host.Ask("cat /etc/resolv.conf", "--dns", "192.0.2.53"));

    [Fact]
    public void Resolver_file_is_there_without_being_asked_for() =>
        Assert.Equal("yes", host.Ask("[ -e /etc/resolv.conf ] && echo yes"));

    [Fact]
    public void Environment_is_the_images_and_the_users()
    {
        var file = Path.Combine(host.NewFolder(), "env");
        File.WriteAllText(file, "# comment\nFROM_FILE=x y\n\nSKIFF_ROOT\n");
        var seen = host.Run("run", "--rm", "-e", "GIVEN=1", "-e", "PROBE=replaced", "-e", "SKIFF_RUN_ROOT",
            "-e", "NOT_SET_HERE", "--env-file", file, host.Probe, "env").Text().Split('\n').ToHashSet();
        var expected = new HashSet<string> { "GIVEN=1", "PROBE=replaced", "FROM_FILE=x y", "HOME=/data",
            $"SKIFF_ROOT={host.Root}", $"SKIFF_RUN_ROOT={host.RunRoot}" };
        Assert.Subset(seen, expected);
        Assert.Contains(seen, line => line.StartsWith("PATH=/usr/local/sbin:"));
        Assert.Contains(seen, line => line.StartsWith("HOSTNAME="));
        Assert.DoesNotContain(seen, line => line.StartsWith("NOT_SET_HERE"));
        Assert.DoesNotContain(seen, line => line.StartsWith("DOTNET"));
    }

    [Fact]
    public void Working_directory_is_the_images_or_the_users_and_is_made_when_missing()
    {
        Assert.Equal("/data", host.Run("run", "--rm", host.Probe, "pwd").Text());
        Assert.Equal("/made/here", host.Ask("pwd", "-w", "/made/here"));
        Assert.Equal("/", host.Ask("pwd"));
    }

    [Fact]
    public void Process_has_only_its_three_descriptors() =>
        Assert.Equal(["0", "1", "2", "3"], // The last one is the directory that ls reads.
            host.Run("run", "--rm", host.Busybox, "ls", "/proc/self/fd").Text().Split('\n'));

    [Fact]
    public void Process_starts_with_default_signals_and_an_empty_mask()
    {
        // SIGPIPE is ignored by .NET; a container must not inherit that.
        Assert.Equal("0000000000000000 0000000000000000",
            host.Run("run", "--rm", host.Busybox, "grep", "-hE", "^Sig(Blk|Ign)", "/proc/self/status")
                .Text().Replace("SigBlk:\t", "").Replace("SigIgn:\t", "").Replace('\n', ' '));
    }

    [Theory]
    [InlineData("--ulimit=nofile=1000:2000", "ulimit -Sn; ulimit -Hn", "1000\n2000")]
    [InlineData("--oom-score-adj=500", "cat /proc/self/oom_score_adj", "500")]
    [InlineData("--shm-size=8m", "grep ' /dev/shm ' /proc/mounts | grep -o size=[0-9]*k", "size=8192k")]
    [InlineData("--read-only", "touch /x 2>&1 | grep -o 'Read-only file system'", "Read-only file system")]
    public void Flag_has_its_effect(string flag, string script, string expected) =>
        Assert.Equal(expected, host.Ask(script, flag));

    [Fact]
    public void First_process_is_number_one_and_sees_nobody_else() =>
        Assert.Equal("1", host.Ask("cd /proc; set -- [0-9]*; echo $#"));

    [Fact]
    public void The_containers_cgroup_looks_like_the_root()
    {
        Assert.Contains("0::/\n", host.Ask("cat /proc/self/cgroup") + "\n");
    }
}
