namespace Skiff.System.Tests;

/// <summary>`exec`: a second process in a running container.</summary>
public sealed class ExecTests(SkiffHost host)
{
    [Fact]
    public void Exec_shares_the_containers_namespaces_and_limits()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        foreach (var kind in (string[])["pid", "mnt", "uts", "ipc", "net", "cgroup"])
        {
            var ours = container.Exec($"readlink /proc/self/ns/{kind}").Text();
            Assert.Equal(container.Exec($"readlink /proc/1/ns/{kind}").Text(), ours);
        }
        Assert.Equal("00000000a80425fb", container.Exec("grep ^CapEff: /proc/self/status | cut -f2").Text());
        Assert.Equal("2", container.Exec("grep ^Seccomp: /proc/self/status | cut -f2").Text());
        Assert.Equal("0::/", container.Exec("cat /proc/self/cgroup | grep ^0::").Text());
    }

    [Fact]
    public void Exec_passes_stdio_and_the_exit_code()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        using var command = host.Start("exec", "-i", container.Name, "sh", "-c", "cat; echo err >&2; exit 12");
        var result = command.Finish("typed\n").Exits(12);
        Assert.Equal("typed\n", result.Out);
        Assert.Equal("err\n", result.Error);
    }

    [Fact]
    public void Exec_has_the_containers_environment_user_and_directory_unless_told()
    {
        using var container = host.Detached("-e", "GIVEN=1", host.Probe, "sleep", "1000");
        Assert.Equal("1000 /data 1 image", container.Exec("echo $(id -u) $(pwd) $GIVEN $PROBE").Text());
        Assert.Equal("0 /opt 2", host.Run("exec", "-u", "root", "-w", "/opt", "-e", "GIVEN=2", container.Name,
            "sh", "-c", "echo $(id -u) $(pwd) $GIVEN").Text());
    }

    [Fact]
    public void Detached_exec_returns_at_once_and_goes_on()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        host.Run("exec", "-d", container.Name, "sh", "-c", "sleep 0.3; echo done > /mark").Exits(0);
        Wait.Until(() => container.Exec("cat /mark").Out == "done\n", "the detached command's mark");
    }

    [Theory]
    [InlineData("no-such-command", 127)]
    [InlineData("/bin/bad-mode", 126)]
    public void A_command_that_cannot_run_gives_Dockers_code(string command, int code)
    {
        using var container = host.Detached(host.Probe, "sleep", "1000");
        host.Run("exec", container.Name, command).FailsClearly(code, command);
    }

    [Fact]
    public void Exec_in_a_stopped_or_unknown_container_is_one_clear_error()
    {
        using var container = host.Detached(host.Busybox, "true");
        container.WaitFor("exited");
        host.Run("exec", container.Name, "true").FailsClearly(1, "not running");
        host.Run("exec", "no-such-container", "true").FailsClearly(1, "No such container");
    }

    [Fact]
    public void Exec_processes_end_with_the_container()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        using var command = host.Start("exec", container.Name, "sleep", "1000");
        Wait.Until(() => container.Exec("pidof sleep | wc -w").Out.Trim() == "2", "the second sleep");
        host.Run("kill", container.Name).Exits(0);
        Assert.Equal(137, command.Finish().ExitCode);
    }

    [Fact]
    public void Twenty_execs_at_once_all_answer()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        var commands = Enumerable.Range(0, 20)
            .Select(i => host.Start("exec", container.Name, "echo", i.ToString())).ToList();
        for (var i = 0; i < commands.Count; i++)
        {
            using var command = commands[i];
            Assert.Equal(i.ToString(), command.Finish().Text());
        }
    }
}
