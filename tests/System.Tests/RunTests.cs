namespace Skiff.System.Tests;

/// <summary>`run` in the foreground: stdio, exit codes, signals, flags of the command itself.</summary>
public sealed class RunTests(SkiffHost host)
{
    [Fact]
    public void Stdout_and_stderr_stay_apart()
    {
        var result = host.Run("run", "--rm", host.Busybox, "sh", "-c", "echo out; echo err >&2").Exits(0);
        Assert.Equal("out\n", result.Out);
        Assert.Equal("err\n", result.Error);
    }

    [Fact]
    public void Interactive_stdin_reaches_the_command_and_its_end_too()
    {
        using var command = host.Start("run", "--rm", "-i", host.Busybox, "sh", "-c", "cat; echo end");
        Assert.Equal("one\ntwo\nend\n", command.Finish("one\ntwo\n").Exits(0).Out);
    }

    [Fact]
    public void Stdin_is_empty_without_interactive()
    {
        using var command = host.Start("run", "--rm", host.Busybox, "sh", "-c", "cat; echo end");
        Assert.Equal("end\n", command.Finish("unseen\n").Exits(0).Out);
    }

    [Fact]
    public void An_image_without_layers_runs_what_a_mount_brings()
    {
        // A new volume gets what the image has at its place.
        string volume = host.NewName();
        host.Run("run", "--rm", "-v", $"{volume}:/bin", host.Busybox, "true").Exits(0);
        var result = host.Run("run", "--rm", "-v", $"{volume}:/bin", host.Image("probe:empty"), "/bin/ls", "/");
        host.Run("volume", "rm", volume).Exits(0);
        Assert.Equal("bin\ndev\netc\nproc\nsys\n", result.Exits(0).Out);
    }

    [Fact]
    public void Ten_megabytes_pass_through_unchanged()
    {
        const string Script = "head -c 10000000 /dev/urandom > $1/in; "
            + "$SKIFF run --rm -i $2 cat < $1/in > $1/out; cmp $1/in $1/out && echo same";
        using var command = Command.Start(
            "/bin/bash", ["-c", Script, "bash", host.NewFolder(), host.Busybox], host.Variables());
        Assert.Equal("same", command.Finish().Text());
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("exit 255", 255)]
    [InlineData("sleep 1000 & kill -9 $!; wait $!", 137)]
    public void Exit_code_is_the_commands(string script, int code) =>
        host.Run("run", "--rm", host.Busybox, "sh", "-c", script).Exits(code);

    [Theory]
    [InlineData("KILL", 137)]
    [InlineData("TERM", 143)]
    public void Exit_code_of_a_signalled_command_is_128_and_the_signal(string signal, int code)
    {
        var name = host.NewName();
        // A first process has no default action for TERM from inside; from the host's namespace it is delivered only
        // when there is a handler, so the shell takes it and dies of it again in a child that is not the first.
        using var command = host.Start("run", "--name", name, host.Busybox, "sh", "-c",
            "trap 'exit 143' TERM; echo ready; while :; do sleep 0.1; done");
        using var container = new Container(host, name, "");
        Wait.Until(() => host.Run("logs", name).Out.Contains("ready"), "the container's first line");
        Assert.Equal(name, host.Run("kill", "-s", signal, name).Text());
        Assert.Equal(code, command.Finish().ExitCode);
        Assert.Equal(code.ToString(), container.Get("State.ExitCode"));
    }

    [Fact]
    public void Terminating_the_client_terminates_the_command()
    {
        using var command = host.Start("run", "--rm", host.Busybox, "sh", "-c",
            "trap 'echo caught; exit 42' TERM; echo ready; while :; do sleep 0.1; done");
        Wait.Until(() => command.OutSoFar == "ready\n", "the container's first line");
        Command.Shell($"kill -TERM {command.Pid}").Exits(0);
        var result = command.Finish().Exits(42);
        Assert.Equal("ready\ncaught\n", result.Out);
    }

    [Theory]
    [InlineData("no-such-command", 127, "no-such-command")]
    [InlineData("/no/such/file", 127, "/no/such/file")]
    [InlineData("/bin/bad-mode", 126, "/bin/bad-mode")]
    [InlineData("/bin/bad-format", 126, "/bin/bad-format")]
    [InlineData("/bin/bad-interpreter", 127, "/no/such/interpreter")]
    [InlineData("/etc", 126, "/etc")]
    public void A_command_that_cannot_run_gives_Dockers_code_and_names_it(string command, int code, string word)
    {
        host.Run("pull", "-q", host.Probe).Exits(0);
        host.Run("run", "--rm", "--entrypoint", command, host.Probe).FailsClearly(code, word);
    }

    [Fact]
    public void Entrypoint_and_command_of_the_image_are_used()
    {
        Assert.Contains("uid=1000(web)", host.Run("run", "--rm", host.Probe).Text());
        Assert.Equal("given", host.Run("run", "--rm", host.Probe, "echo", "given").Text());
        Assert.Equal("bare", host.Run("run", "--rm", "--entrypoint", "echo", host.Probe, "bare").Text());
    }

    [Fact]
    public void Flags_may_be_joined_and_given_with_an_equals_sign()
    {
        using var command = host.Start("run", "--rm=true", "-i", "--env=A=1", "-eB=2", $"--name={host.NewName()}",
            host.Busybox, "sh", "-c", "echo $A$B");
        Assert.Equal("12", command.Finish("").Text());
    }

    [Fact]
    public void Flags_after_the_image_belong_to_the_command() =>
        Assert.Equal("--rm -d", host.Run("run", "--rm", host.Busybox, "echo", "--rm", "-d").Text());

    [Fact]
    public void Removed_containers_are_gone_when_run_returns()
    {
        var name = host.NewName();
        host.Run("run", "--rm", "--name", name, host.Busybox, "true").Exits(0);
        Assert.DoesNotContain(host.Run("ps", "-a").Lines, line => line.EndsWith(name));
        host.Run("run", "--rm", "--name", name, host.Busybox, "true").Exits(0);
    }

    [Fact]
    public void Roots_can_be_given_as_flags()
    {
        var folder = host.NewFolder();
        var arguments = new[] { "--root", $"{folder}/root", "--run-root", $"{folder}/run", "ps", "-aq" };
        Assert.Equal("", Command.Run(host.Binary, arguments).Text());
    }

    [Fact]
    public void Detached_run_prints_the_full_id_and_returns_at_once()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        Assert.Matches("^[0-9a-f]{64}$", container.Id);
        Assert.Equal(container.Id, container.Get("Id"));
        Assert.Equal("running", container.Get("State.Status"));
    }

    [Fact]
    public void Debian_runs_bash_and_its_package_manager()
    {
        const string Script = "[[ -e /etc/debian_version ]] && dpkg -l bash | grep -c ^ii";
        Assert.Equal("1", host.Run("run", "--rm", host.Debian, "bash", "-c", Script).Text());
    }
}
