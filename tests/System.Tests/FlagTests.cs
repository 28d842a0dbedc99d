namespace Skiff.System.Tests;

/// <summary>What flags do that no other test is about. docs/flags.md has the test of each.</summary>
public sealed class FlagTests(SkiffHost host)
{
    [Fact]
    public void Cidfile_gets_the_id_and_must_not_be_there()
    {
        var file = Path.Combine(host.NewFolder(), "id");
        using var container = new Container(host, host.NewName(), "");
        var id = host.Run("run", "-d", "--name", container.Name, "--cidfile", file, host.Busybox, "true").Text();
        Assert.Equal(id, File.ReadAllText(file));
        host.Run("run", "--cidfile", file, host.Busybox, "true").FailsClearly(125, file);
    }

    [Fact]
    public void Resolver_options_and_domains_can_be_given()
    {
        var seen = host.Ask("cat /etc/resolv.conf", "--dns-option", "ndots:3", "--dns-option", "timeout:1",
            "--dns-search", "a.example", "--dns-search", "b.example");
        Assert.Matches(@"(?m)^options ndots:3 timeout:1$", seen);
        Assert.Matches(@"(?m)^search a\.example b\.example$", seen);
    }

    [Fact]
    public void Domainname_is_the_kernels()
    {
        Assert.Equal("example.org", host.Ask("cat /proc/sys/kernel/domainname", "--domainname", "example.org"));
    }

    [Fact]
    public void Net_is_another_word_for_network() =>
        Assert.Equal("lo", host.Ask("ls /sys/class/net", "--net", "none"));

    [Fact]
    public void An_address_can_be_chosen()
    {
        Assert.Equal("02:00:00:00:00:07", host.Ask("cat /sys/class/net/eth0/address", "--mac-address",
            "02:00:00:00:00:07"));
        var address = host.Ask("ip -4 -o addr show eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'");
        // No other container has come so far.
        var other = string.Join('.', address.Split('.')[..2]) + ".250.200";
        Assert.Contains($"inet {other}/", host.Ask("ip -4 -o addr show eth0", "--ip", other));
    }

    [Fact]
    public void Rm_removes_a_container_when_it_ends()
    {
        var name = host.NewName();
        host.Run("run", "--rm", "--name", name, host.Busybox, "true").Exits(0);
        Assert.NotEqual(0, host.Run("inspect", name).ExitCode);
    }

    [Fact]
    public void Pull_says_when_to_ask_the_registry()
    {
        var missing = host.Image("not-there:1");
        Assert.Contains("No such image",
            host.Run("run", "--rm", "--pull", "never", missing, "true").FailsClearly(125, missing).Error);
        host.Run("run", "--rm", "--pull", "always", host.Busybox, "true").Exits(0);
        host.Run("run", "--rm", "--pull=sometimes", host.Busybox, "true").FailsClearly(125, "sometimes");
        Assert.Contains("{\"status\":",
            host.Run("run", "--rm", "--pull", "always", "--progress", "json", host.Busybox, "true").Exits(0).Error);
        Assert.Equal("", host.Run("run", "--rm", "--pull", "always", "--quiet", host.Busybox, "true").Exits(0).Error);
    }

    [Fact]
    public void Platform_has_to_be_that_of_the_image()
    {
        host.Run("run", "--rm", "--platform", "linux/amd64", host.Busybox, "true").Exits(0);
        host.Run("run", "--rm", "--platform", "plan9/mips", host.Busybox, "true").FailsClearly(125, "plan9/mips");
        host.Run("rmi", "--platform", "plan9/mips", host.Busybox).FailsClearly(1, "plan9/mips");
        host.Run("push", "--platform", "plan9/mips", host.Busybox).FailsClearly(1, "plan9/mips");
        string copy = host.Image("flags/platform:v1");
        host.Run("tag", host.Busybox, copy).Exits(0);
        host.Run("push", "-q", "--platform", "linux/amd64", copy).Exits(0);
        host.Run("rmi", copy).Exits(0);
    }

    [Fact]
    public void Stop_signal_and_its_time_can_be_given_and_taken_back()
    {
        const string loop = "trap 'exit 5' USR1; trap '' TERM; echo up; while :; do sleep 0.05; done";
        using var own = host.Detached("--stop-signal", "USR1", host.Busybox, "sh", "-c", loop);
        own.WaitForLog("up");
        host.Run("stop", own.Name).Exits(0);
        Assert.Equal("5", own.Get("State.ExitCode"));
        using var given = host.Detached("--stop-timeout", "1000", host.Busybox, "sh", "-c", loop);
        given.WaitForLog("up");
        host.Run("restart", "--timeout", "0", given.Name).Exits(0);
        Wait.Until(() => host.Run("logs", given.Name).Out == "up\nup\n", "the second start");
        host.Run("restart", "-s", "USR1", "--time", "20", given.Name).Exits(0);
        Wait.Until(() => host.Run("logs", given.Name).Out == "up\nup\nup\n", "the third start");
        host.Run("stop", "-s", "USR1", "--timeout", "20", given.Name).Exits(0);
        Assert.Equal("5", given.Get("State.ExitCode"));
        host.Run("start", given.Name).Exits(0);
        host.Run("stop", "--time", "0", given.Name).Exits(0);
        Assert.Equal("137", given.Get("State.ExitCode"));
    }

    [Fact]
    public void Health_checks_have_a_pace_of_their_own_at_the_start()
    {
        using var container = host.Detached("--health-cmd", "echo x >> /checks; false", "--health-interval", "1h",
            "--health-start-interval", "100ms", "--health-start-period", "1h", host.Busybox, "sleep", "1000");
        Wait.Until(() => container.Exec("cat /checks").Out.Length >= 6, "three checks");
        // Failures do not count before the period is over.
        Assert.Equal("starting", container.Get("State.Health.Status"));
    }

    [Fact]
    public void Exec_takes_its_environment_from_a_file_too()
    {
        var file = Path.Combine(host.NewFolder(), "env");
        File.WriteAllText(file, "# no\nFROM_FILE=a b\nBOTH=file\n");
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        Assert.Equal("a b flag", host.Run("exec", "--env-file", file, "-e", "BOTH=flag", container.Name, "sh", "-c",
            "echo $FROM_FILE $BOTH").Text());
    }

    [Fact]
    public void Exec_has_all_capabilities_when_privileged()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        var all = Command.Shell("sed -n 's/^CapBnd:\\t//p' /proc/self/status").Text();
        Assert.Equal(all, host.Run("exec", "--privileged", container.Name, "sed", "-n", "s/^CapEff:\\t//p",
            "/proc/self/status").Text());
    }

    [Fact]
    public void Start_has_stdin_when_asked_for_and_no_checkpoints()
    {
        using var container = new Container(host, host.NewName(), "");
        host.Run("create", "-i", "--name", container.Name, host.Busybox, "cat").Exits(0);
        using (var command = host.Start("start", "-ai", container.Name))
            Assert.Equal("typed\n", command.Finish("typed\n").Exits(0).Out);
        host.Run("start", "--checkpoint", "x", container.Name).FailsClearly(1, "--checkpoint is not supported");
        host.Run("start", "--checkpoint-dir", "/x", container.Name).FailsClearly(1, "--checkpoint is not supported");
    }

    [Fact]
    public void Inspect_of_a_container_takes_a_template_and_measures_it()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "head -c 3000000 /dev/zero > /f; sleep 1000");
        Wait.Until(() => long.Parse(host.Run("container", "inspect", "-s", "-f", "{{.SizeRw}}", container.Name).Text())
            >= 3000000, "the size of what it has written");
        Wait.Until(() => long.Parse(host.Run("inspect", "--size", "--format", "{{.SizeRw}}", container.Name).Text())
            >= 3000000, "the same by the short name");
    }

    [Fact]
    public void Links_are_removed_by_their_name_alone_and_there_are_none() =>
        Assert.NotEqual(0, host.Run("rm", "--link", "/a/b").ExitCode);

    [Fact]
    public void Commit_need_not_pause_the_container()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        var id = host.Run("commit", "--pause=false", container.Name).Text();
        host.Run("rmi", "--no-prune", id).Exits(0);
    }

    [Fact]
    public void Version_and_info_take_a_format()
    {
        Assert.Matches(@"^\d+\.\d+\.\d+$", host.Run("version", "-f", "{{.Server.Version}}").Text());
        Assert.Contains("\"Client\":{", host.Run("version", "--format", "json").Text());
        Assert.Equal("linux 2", host.Run("info", "-f", "{{.OSType}} {{.CgroupVersion}}").Text());
        host.Run("info", "--format", "{{.Nothing}}").FailsClearly(1, "Nothing");
    }

    [Fact]
    public void Image_verbs_take_what_means_nothing_here_and_refuse_the_rest_by_name()
    {
        host.Run("pull", "-q", "--disable-content-trust", "--limit-rate", "100m", host.Busybox).Exits(0);
        string copy = host.Image("flags/trust:v1");
        host.Run("tag", host.Busybox, copy).Exits(0);
        host.Run("push", "-q", "--disable-content-trust=false", copy).Exits(0);
        host.Run("rmi", copy).Exits(0);
        host.Run("images", "--tree").FailsClearly(1, "--tree is not supported");
        Assert.Contains("sha256:", host.Run("images", "--digests").Text());
        Assert.Matches(@"(?m)^\d{6,}$",
            host.Run("history", "--human=false", "--format", "{{.Size}}", host.Busybox).Text());
    }

    [Fact]
    public void Import_can_name_the_platform()
    {
        var folder = host.NewFolder();
        Command.Shell("echo x > $1/file && tar -C $1 -cf $1/a.tar file", folder).Exits(0);
        var id = host.Run("import", "--platform", "linux/arm64", Path.Combine(folder, "a.tar")).Text();
        Assert.Equal("arm64", host.Run("image", "inspect", "-f", "{{.Architecture}}", id).Text());
        host.Run("rmi", id).Exits(0);
    }
}
