namespace Skiff.System.Tests;

/// <summary>create, start, stop, kill, rm, ps, inspect: what they do and what they print.</summary>
public sealed class LifecycleTests(SkiffHost host)
{
    private const string Loop = "trap 'echo stopping; exit 3' TERM; echo up; while :; do sleep 0.05; done";

    [Fact]
    public void Rm_takes_what_a_start_that_was_cut_off_has_left()
    {
        string id = host.Run("create", host.Busybox, "true").Text();
        DirectoryInfo left = Directory.CreateDirectory(Path.Combine(HostState.CgroupRoot, "skiff", id));
        host.Run("rm", id).Exits(0);
        left.Refresh();
        Assert.False(left.Exists);
    }

    [Fact]
    public void Create_start_stop_start_rm_walk_through_the_states()
    {
        var name = host.NewName();
        var id = host.Run("create", "--name", name, host.Busybox, "sh", "-c", Loop).Text();
        using var container = new Container(host, name, id);
        Assert.Equal("created", container.Get("State.Status"));

        Assert.Equal(name, host.Run("start", name).Text());
        container.WaitForLog("up");
        Assert.Equal("running", container.Get("State.Status"));
        Assert.Equal("True", container.Get("State.Running"), ignoreCase: true);

        Assert.Equal(name, host.Run("stop", name).Text());
        Assert.Equal("exited", container.Get("State.Status"));
        Assert.Equal("3", container.Get("State.ExitCode"));

        Assert.Equal(name, host.Run("start", name).Text());
        Assert.Equal("running", container.Get("State.Status"));
        Assert.Equal(name, host.Run("rm", "-f", name).Text());
        host.Run("inspect", name).FailsClearlyWithEmptyList();
    }

    [Fact]
    public void Start_attached_shows_the_output_and_returns_the_exit_code()
    {
        var name = host.NewName();
        using var container = new Container(host, name,
            host.Run("create", "--name", name, host.Busybox, "sh", "-c", "echo seen; exit 9").Text());
        Assert.Equal("seen\n", host.Run("start", "-a", name).Exits(9).Out);
    }

    [Fact]
    public void Files_written_before_a_stop_are_there_after_the_next_start()
    {
        var name = host.NewName();
        using var container = new Container(host, name, host.Run("run", "-d", "--name", name, host.Busybox,
            "sh", "-c", "echo run >> /count; sleep 1000").Text());
        Wait.Until(() => container.Exec("cat /count").Out == "run\n", "the first run's file");
        host.Run("stop", "-t", "0", name).Exits(0);
        host.Run("start", name).Exits(0);
        Wait.Until(() => container.Exec("cat /count").Out == "run\nrun\n", "the second run's file");
    }

    [Fact]
    public void Stop_kills_after_its_time_out()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c",
            "trap '' TERM; echo up; while :; do sleep 0.05; done");
        container.WaitForLog("up");
        host.Run("stop", "-t", "1", container.Name).Exits(0);
        Assert.Equal("137", container.Get("State.ExitCode"));
    }

    [Fact]
    public void Stop_sends_the_images_stop_signal()
    {
        using var container = host.Detached(host.Probe, "sh", "-c",
            "trap 'exit 5' INT; echo up; while :; do sleep 0.05; done");
        container.WaitForLog("up");
        host.Run("stop", container.Name).Exits(0);
        Assert.Equal("5", container.Get("State.ExitCode"));
    }

    [Fact]
    public void Stop_of_a_stopped_container_is_fine()
    {
        using var container = host.Detached(host.Busybox, "true");
        container.WaitFor("exited");
        Assert.Equal(container.Name, host.Run("stop", container.Name).Text());
    }

    [Fact]
    public void Kill_sends_kill_or_the_given_signal()
    {
        using var one = host.Detached(host.Busybox, "sh", "-c",
            "trap 'exit 6' USR1; echo up; while :; do sleep 0.05; done");
        one.WaitForLog("up");
        Assert.Equal(one.Name, host.Run("kill", "--signal", "SIGUSR1", one.Name).Text());
        one.WaitFor("exited");
        Assert.Equal("6", one.Get("State.ExitCode"));

        using var two = host.Detached(host.Busybox, "sleep", "1000");
        host.Run("kill", two.Name).Exits(0);
        two.WaitFor("exited");
        Assert.Equal("137", two.Get("State.ExitCode"));
        host.Run("kill", two.Name).FailsClearly(1, "is not running");
    }

    [Fact]
    public void Rm_refuses_a_running_container_unless_forced()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        host.Run("rm", container.Name).FailsClearly(1, container.Name);
        Assert.Equal("running", container.Get("State.Status"));
        Assert.Equal(container.Name, host.Run("rm", "-f", container.Name).Text());
    }

    [Fact]
    public void Several_names_are_handled_one_by_one_and_a_bad_one_does_not_stop_the_rest()
    {
        using var one = host.Detached(host.Busybox, "sleep", "1000");
        using var two = host.Detached(host.Busybox, "sleep", "1000");
        var result = host.Run("rm", "-f", one.Name, "no-such-container", two.Name);
        Assert.Contains(one.Name, result.Out);
        Assert.Contains(two.Name, result.Out);
        Assert.DoesNotContain(one.Id[..12], host.Run("ps", "-aq").Out);
        Assert.DoesNotContain(two.Id[..12], host.Run("ps", "-aq").Out);
    }

    [Fact]
    public void Containers_are_found_by_name_id_and_prefix()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        foreach (var reference in (string[])[container.Name, container.Id, container.Id[..12], container.Id[..8]])
            Assert.Contains(container.Id, host.Run("inspect", reference).Text());
        Assert.Equal("ok", host.Run("exec", container.Id[..10], "echo", "ok").Text());
    }

    [Fact]
    public void Ps_lists_running_containers_and_with_a_flag_all()
    {
        using var running = host.Detached(host.Busybox, "sleep", "1000");
        using var ended = host.Detached(host.Busybox, "sh", "-c", "exit 4");
        ended.WaitFor("exited");

        var lines = host.Run("ps").Exits(0).Lines;
        Assert.Matches(@"^CONTAINER ID\s+IMAGE\s+COMMAND\s+CREATED\s+STATUS\s+PORTS\s+NAMES$", lines[0]);
        var row = Assert.Single(lines, line => line.EndsWith(running.Name));
        Assert.StartsWith(running.Id[..12], row);
        Assert.Contains("\"sleep 1000\"", row);
        Assert.Matches(@"\sUp (Less than a second|\d+ seconds?|About a minute)\s", row);
        Assert.DoesNotContain(lines, line => line.EndsWith(ended.Name));

        var all = host.Run("ps", "-a").Exits(0).Lines;
        Assert.Matches(@"\sExited \(4\) .+ ago\s", Assert.Single(all, line => line.EndsWith(ended.Name)));
        Assert.Contains(ended.Id[..12], host.Run("ps", "-aq").Lines);
        Assert.Contains(ended.Id, host.Run("ps", "-aq", "--no-trunc").Lines);
    }

    [Fact]
    public void Inspect_has_Dockers_members()
    {
        using var container = host.Detached("-e", "A=B", "--label", "who=test", host.Busybox, "sleep", "1000");
        foreach (var path in (string[])["Id", "Created", "Path", "Args", "State.Status", "State.Pid", "State.StartedAt",
            "Image", "Name", "HostConfig", "Mounts", "Config.Env", "Config.Labels.who", "Config.Image",
            "NetworkSettings.IPAddress"])
        {
            Assert.True(container.Get(path) is not null, $"inspect has no {path}");
        }
        Assert.Equal("/" + container.Name, container.Get("Name"));
        Assert.Equal("sleep", container.Get("Path"));
        Assert.Equal(host.Busybox, container.Get("Config.Image"));
        Assert.Equal("test", container.Get("Config.Labels.who"));
    }

    [Fact]
    public void A_random_name_is_given_when_none_was()
    {
        var id = host.Run("run", "-d", host.Busybox, "sleep", "1000").Text();
        using var container = new Container(host, id, id);
        Assert.Matches("^/[a-z]+_[a-z]+[0-9]*$", container.Get("Name"));
    }
}

file static class ResultExtensions
{
    // docker inspect prints an empty list and the error.
    public static void FailsClearlyWithEmptyList(this CommandResult result)
    {
        Assert.Equal("[]", result.Out.Trim());
        result.FailsClearly(1, "No such object");
    }
}
