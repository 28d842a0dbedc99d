namespace Skiff.System.Tests;

/// <summary>Health checks, and what an unhealthy container comes to.</summary>
public sealed class HealthTests(SkiffHost host)
{
    // Sound until a check has seen that.
    private const string Sick = "touch /ok; until [ -e /seen ]; do sleep 0.05; done; rm /ok; exec sleep 1000";

    [Fact]
    public void A_container_is_starting_then_healthy_then_unhealthy_and_says_why()
    {
        // The first check takes until it is let go.
        using var container = Checked(
            "echo looking; until [ -e /go ]; do sleep 0.05; done; test -e /ok", [], "touch /ok; exec sleep 1000");
        Assert.Equal("starting", container.Get("State.Health.Status"));
        Assert.Contains("(health: starting)", StatusOf(container));
        container.Exec("touch /go").Exits(0);
        Wait.Until(() => Health(container) == "healthy", "health");
        Assert.Contains("(healthy)", StatusOf(container));
        container.Exec("rm /ok").Exits(0);
        Wait.Until(() => Health(container) == "unhealthy", "sickness");
        Assert.Contains("(unhealthy)", StatusOf(container));
        Wait.Until(() => int.Parse(container.Get("State.Health.FailingStreak")!) > 5, "more failures");
        string log = host.Run("inspect", container.Name, "--format", "{{range .State.Health.Log}}{{.ExitCode}} "
            + "{{.Output}}{{end}}").Text();
        Assert.Equal(string.Join('\n', Enumerable.Repeat("1 looking", 5)), log);
    }

    [Fact]
    public void A_check_that_takes_too_long_is_ended_and_counts_as_a_failure()
    {
        using var container = Checked("exec sleep 777", ["--health-timeout", "200ms"], "sleep 1000");
        Wait.Until(() => Health(container) == "unhealthy", "sickness");
        Assert.Equal("-1 Health check exceeded timeout (200ms)", host.Run("inspect", container.Name, "--format",
            "{{with index .State.Health.Log 0}}{{.ExitCode}} {{.Output}}{{end}}").Text());
        Wait.Until(() => container.Exec("sh -c 'ps | grep [7]77 | tail -n +2'").Out.Length == 0, "one check at most");
    }

    [Fact]
    public void Failures_within_the_start_period_do_not_count()
    {
        using var container = Checked("test -e /ok",
            ["--health-start-period", "100s", "--health-start-interval", "50ms"], "exec sleep 1000");
        Wait.Until(() => host.Run("inspect", container.Name, "--format", "{{len .State.Health.Log}}").Text() == "5",
            "five failures");
        Assert.Equal("starting", Health(container));
        Assert.Equal("0", container.Get("State.Health.FailingStreak"));
        container.Exec("touch /ok").Exits(0);
        Wait.Until(() => Health(container) == "healthy", "health");
        container.Exec("rm /ok").Exits(0);
        Wait.Until(() => Health(container) == "unhealthy", "sickness, for it has been healthy before");
    }

    [Fact]
    public void A_paused_container_is_not_checked()
    {
        using var container = Checked("true", [], "sleep 1000");
        Wait.Until(() => Health(container) == "healthy", "health");
        host.Run("pause", container.Name).Exits(0);
        Thread.Sleep(1000);
        Assert.Equal("healthy", Health(container));
        host.Run("unpause", container.Name).Exits(0);
    }

    [Theory]
    [InlineData("on-unhealthy", "none", "running", 1)]
    [InlineData("no", "restart", "running", 1)]
    [InlineData("always", "kill", "running", 1)]
    [InlineData("no", "kill", "exited", 0)]
    [InlineData("always", "stop", "exited", 0)]
    [InlineData("always", "none", "running", 0)]
    public void An_unhealthy_container_is_restarted_or_ended_as_asked_for(
        string policy, string action, string status, int restarts)
    {
        // Until the first good check failures count for nothing, or a run that begins slowly would be ended for it.
        using var container = Checked("test -e /ok && touch /seen", ["--restart", policy, "--health-on-failure", action,
            "--stop-timeout", "0", "--health-start-period", "1000s", "--health-start-interval", "100ms"],
            "test -e /twice && touch /ok && exec sleep 1000; touch /twice; " + Sick);
        Wait.Until(() => action == "none" && policy == "always" ? Health(container) == "unhealthy"
            : container.Get("State.Status") == status && container.Get("RestartCount") == $"{restarts}"
                && (status == "exited" || Health(container) == "healthy"), "what follows");
        Assert.Equal(status, container.Get("State.Status"));
        Assert.Equal($"{restarts}", container.Get("RestartCount"));
    }

    [Fact]
    public void No_healthcheck_switches_off_the_images_own()
    {
        string name = $"healthy-{host.NewName()}";
        using (var made = host.Detached(host.Busybox, "sleep", "1000"))
            host.Run("commit", "--change", "HEALTHCHECK --interval=200ms --retries=7 CMD [\"true\"]", made.Name, name)
                .Exits(0);
        using (var container = host.Detached(name, "sleep", "1000"))
        {
            Wait.Until(() => Health(container) == "healthy", "health by the image's check");
            Assert.Equal("7", container.Get("Config.Healthcheck.Retries"));
        }
        using (var container = host.Detached("--no-healthcheck", name, "sleep", "1000"))
            Assert.DoesNotContain("Health", host.Run("inspect", container.Name).Out);
        using (var container = host.Detached("--health-retries", "2", name, "sleep", "1000"))
        {
            Assert.Equal("2", container.Get("Config.Healthcheck.Retries"));
            Assert.Equal("[true]",
                host.Run("inspect", container.Name, "--format", "{{slice .Config.Healthcheck.Test 1}}").Text());
        }
        host.Run("rmi", name).Exits(0);
    }

    [Fact]
    public void Nothing_is_written_to_the_disk_while_checks_go_on()
    {
        using var container = Checked("test -e /ok", [], "touch /ok; exec sleep 1000");
        Wait.Until(() => Health(container) == "healthy", "health");
        string[] Written() => [.. Directory.EnumerateFiles(Path.Combine(host.Root, "containers", container.Id), "*",
            SearchOption.AllDirectories).Select(f => $"{f} {File.GetLastWriteTimeUtc(f).Ticks}").Order()];
        string[] before = Written();
        Thread.Sleep(1000);
        Assert.Equal(before, Written());
    }

    [Theory]
    [InlineData("--health-interval=-1s", "--health-interval cannot be negative")]
    [InlineData("--health-interval=1us", "--health-interval cannot be less than 1ms")]
    [InlineData("--health-timeout=soon", "--health-timeout")]
    [InlineData("--health-retries=-1", "--health-retries cannot be negative")]
    [InlineData("--health-on-failure=panic", "--health-on-failure")]
    [InlineData("--no-healthcheck --health-cmd=true", "--no-healthcheck conflicts with --health-* options")]
    public void Values_out_of_their_range_are_refused(string flags, string error) => Assert.Contains(error,
        host.Run(["run", .. flags.Split(' '), host.Busybox, "true"]).Exits(125).Error);

    private Container Checked(string check, string[] flags, string command) => host.Detached([.. flags,
        "--health-cmd", check, "--health-interval", "100ms", "--health-retries", "2", host.Busybox, "sh", "-c",
        command]);

    private static string Health(Container container) => container.Get("State.Health.Status")!;

    private string StatusOf(Container container) =>
        host.Run("ps", "--filter", $"name={container.Name}", "--format", "{{.Status}}").Text();
}
