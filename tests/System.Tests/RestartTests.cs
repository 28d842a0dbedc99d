using System.Globalization;

namespace Skiff.System.Tests;

/// <summary>Restart policies: what the monitor does by itself, and what ends that.</summary>
public sealed class RestartTests(SkiffHost host)
{
    private const string Count = "echo run >> /count; ";

    [Fact]
    public void A_container_that_always_restarts_does_so_after_every_end_until_it_is_stopped()
    {
        using var container = host.Detached("--restart", "always", host.Busybox, "sh", "-c", "echo up; sleep 0.05");
        Wait.Until(() => Restarts(container) >= 3, "three restarts");
        host.Run("stop", "-t", "0", container.Name).Exits(0);
        Assert.Equal("exited", container.Get("State.Status"));
        int ended = Restarts(container);
        Thread.Sleep(1000);
        Assert.Equal(ended, Restarts(container));
        Assert.Equal("exited", container.Get("State.Status"));
        Assert.True(host.Run("logs", container.Name).Out.Split('\n').Length > 3);
    }

    [Theory]
    [InlineData("on-failure:2", 7, 2)]
    [InlineData("on-failure:2", 0, 0)]
    [InlineData("on-unhealthy:1", 7, 1)]
    [InlineData("no", 7, 0)]
    public void Failures_are_followed_by_as_many_restarts_as_the_policy_says(string policy, int exitCode, int restarts)
    {
        using var container = host.Detached("--restart", policy, host.Busybox, "sh", "-c", $"{Count} exit {exitCode}");
        Wait.Until(() => container.Get("State.Status") == "exited", "the last end");
        Assert.Equal(restarts, Restarts(container));
        Assert.Equal($"{exitCode}", container.Get("State.ExitCode"));
        string file = Path.Combine(host.Root, "containers", container.Id, "upper/count");
        Assert.Equal(restarts + 1, File.ReadAllLines(file).Length);
        Assert.Equal(policy.Split(':')[0], container.Get("HostConfig.RestartPolicy.Name"));
    }

    [Fact]
    public void A_container_that_is_to_be_removed_at_its_end_can_be_restarted_before_it_was_started()
    {
        string name = host.NewName();
        host.Run("create", "--rm", "--name", name, host.Busybox, "sleep", "1000").Exits(0);
        Assert.Equal(name, host.Run("restart", name).Text());
        Assert.Equal("running", host.Run("inspect", name, "--format", "{{.State.Status}}").Text());
        host.Run("rm", "-f", name).Exits(0);
    }

    [Fact]
    public void Between_two_runs_a_container_is_restarting_and_can_be_stopped_and_removed()
    {
        using var container = host.Detached("--restart", "always", host.Busybox, "sh", "-c", "exit 4");
        // Each wait is twice as long as the one before, so this one lasts.
        Wait.Until(() => Restarts(container) >= 5 && container.Get("State.Status") == "restarting",
            "a long wait");
        Assert.Contains("Restarting (4)", host.Run("ps", "--format", "{{.Names}} {{.Status}}").Text());
        Assert.Equal("true", container.Get("State.Restarting"), ignoreCase: true);
        Assert.Contains("is restarting, wait until the container is running",
            host.Run("exec", container.Name, "true").Exits(1).Error);
        Assert.Contains("restarting container", host.Run("attach", container.Name).Exits(1).Error);
        Assert.Contains("container is restarting", host.Run("rm", container.Name).Exits(1).Error);
        Assert.Contains("is restarting", host.Run("pause", container.Name).Exits(1).Error);
        host.Run("kill", container.Name).Exits(0);
        Wait.Until(() => container.Get("State.Status") == "exited", "the end");
        Assert.Equal("4", container.Get("State.ExitCode"));
    }

    [Fact]
    public void A_start_again_that_fails_is_tried_again()
    {
        string file = Path.Combine(host.NewFolder(), "source");
        File.WriteAllText(file, "here");
        using var container = host.Detached("--restart", "on-failure", "-v", $"{file}:/source", host.Busybox,
            "sh", "-c", "test -e /go && exec sleep 1000; touch /go; sleep 1; exit 1");
        File.Delete(file);
        Wait.Until(() => container.Get("State.Error")!.Contains("bind source path does not exist"), "a failed start");
        File.WriteAllText(file, "here again");
        Wait.Until(() => container.Get("State.Status") == "running", "a start that works");
        Assert.Equal("", container.Get("State.Error"));
        Assert.True(Restarts(container) >= 2);
    }

    [Fact]
    public void The_first_start_is_the_users_and_fails_at_once()
    {
        var name = host.NewName();
        using var container = new Container(host, name,
            host.Run("create", "--name", name, "--restart", "always", host.Busybox, "/nothing").Text());
        Assert.Contains("/nothing", host.Run("start", name).Exits(1).Error);
        Assert.Equal("created", container.Get("State.Status"));
        Assert.Equal("0", container.Get("RestartCount"));
    }

    [Fact]
    public void A_signal_that_is_no_end_leaves_the_policy_alone_and_wait_waits_for_the_last_end()
    {
        using var container = host.Detached("--restart", "on-failure:1", host.Busybox, "sh", "-c",
            "trap 'exit 9' HUP; echo up; while :; do sleep 0.05; done");
        container.WaitForLog("up");
        using Command wait = host.Start("wait", container.Name);
        host.Run("kill", "-s", "HUP", container.Name).Exits(0);
        Wait.Until(() => Restarts(container) == 1 && container.Get("State.Status") == "running", "the restart");
        Assert.False(wait.HasExited);
        Wait.Until(() => host.Run("logs", container.Name).Out == "up\nup\n", "the second run");
        host.Run("kill", "-s", "HUP", container.Name).Exits(0);
        Assert.Equal("9", wait.Finish().Text());
    }

    [Theory]
    [InlineData("sometimes", "unknown policy 'sometimes'")]
    [InlineData("always:3", "maximum retry count can only be used with 'on-failure'")]
    [InlineData("on-failure:-1", "maximum retry count cannot be negative")]
    [InlineData("on-failure:x", "maximum retry count must be an integer")]
    [InlineData("on-failure:1:2", "invalid restart policy format")]
    [InlineData(":3", "no policy provided before colon")]
    public void Policies_that_there_are_not_are_refused(string policy, string error) => Assert.Contains(error,
        host.Run("run", "--restart", policy, host.Busybox, "true").Exits(125).Error);

    [Fact]
    public void A_policy_and_removal_at_the_end_contradict_each_other() =>
        Assert.Contains("cannot specify both --restart and --rm",
            host.Run("run", "--rm", "--restart", "always", host.Busybox, "true").Exits(125).Error);

    private static int Restarts(Container container) =>
        int.Parse(container.Get("RestartCount")!, CultureInfo.InvariantCulture);
}
