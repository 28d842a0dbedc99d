namespace Skiff.System.Tests;

/// <summary>
/// What the agent starts when it comes up. A boot is what a host's crash leaves: every monitor dead and an empty
/// volatile root; these tests have roots of their own for it.
/// </summary>
public sealed class BootTests(SkiffHost host)
{
    private const string Forever = "exec sleep 1000";

    [Fact]
    public void After_a_boot_runs_what_its_policy_wants()
    {
        using var roots = new OwnRoots(host);
        string[] policies = ["no", "always", "unless-stopped", "on-failure"];
        foreach (string policy in policies)
        {
            roots.Run("run", "-d", "--name", policy, "--restart", policy, host.Busybox, "sh", "-c", Forever).Exits(0);
            roots.Run("run", "-d", "--name", $"{policy}-stopped", "--restart", policy, host.Busybox, "sh", "-c",
                Forever).Exits(0);
            roots.Run("stop", "-t", "0", $"{policy}-stopped").Exits(0);
            roots.Run("create", "--name", $"{policy}-never", "--restart", policy, host.Busybox, "true").Exits(0);
        }
        roots.Crash();
        Assert.Equal("", roots.Running());
        using (Command agent = roots.StartAgent())
        {
            Wait.Until(() => roots.Running() == "always always-stopped on-failure unless-stopped",
                $"what should run, not {roots.Running()}");
            roots.End(agent);
        }
        Assert.Equal("the host went down while the container ran",
            roots.Run("inspect", "no", "--format", "{{.State.Error}}").Text());
        // A second agent of the same boot does not start again what was stopped.
        roots.Run("stop", "-t", "0", "always", "unless-stopped").Exits(0);
        using (Command agent = roots.StartAgent())
        {
            Thread.Sleep(500);
            Assert.Equal("always-stopped on-failure", roots.Running());
            roots.End(agent);
        }
    }

    [Fact]
    public void A_container_starts_after_those_it_depends_on_and_when_they_are_healthy()
    {
        using var roots = new OwnRoots(host);
        roots.Run("run", "-d", "--name", "db", "--health-cmd", "test -e /ok", "--health-interval", "100ms",
            host.Busybox, "sh", "-c", "rm -f /ok; sleep 3; touch /ok; " + Forever).Exits(0);
        roots.Run("run", "-d", "--name", "queue", "--depends-on", "db:healthy", host.Busybox, "sh", "-c", Forever)
            .Exits(0);
        roots.Run("run", "-d", "--name", "web", "--restart", "always", "--depends-on", "queue", "--depends-on",
            "db:healthy", host.Busybox, "sh", "-c", Forever).Exits(0);
        roots.Crash();
        using Command agent = roots.StartAgent();
        Wait.Until(() => roots.Running() == "db", "the database alone");
        Wait.Until(() => roots.Running() == "db queue web", "all of them");
        string Started(string name) => roots.Run("inspect", name, "--format", "{{.State.StartedAt}}").Text();
        Assert.True(string.CompareOrdinal(Started("db"), Started("queue")) < 0);
        Assert.True(string.CompareOrdinal(Started("queue"), Started("web")) < 0);
        // The database's own script is not healthy before these seconds are over.
        Assert.True(DateTimeOffset.Parse(Started("queue")) - DateTimeOffset.Parse(Started("db"))
            >= TimeSpan.FromSeconds(2.9));
        roots.End(agent);
    }

    [Fact]
    public void A_start_that_fails_at_boot_is_tried_until_it_works()
    {
        using var roots = new OwnRoots(host);
        string source = Path.Combine(host.NewFolder(), "disk");
        Directory.CreateDirectory(source);
        roots.Run("run", "-d", "--name", "data", "--restart", "unless-stopped", "-v", $"{source}:/data", host.Busybox,
            "sh", "-c", Forever).Exits(0);
        roots.Crash();
        Directory.Delete(source);
        using Command agent = roots.StartAgent();
        Wait.Until(() => roots.Run("ps", "--format", "{{.Names}} {{.State}}").Text() == "data restarting",
            "a container that waits for its mount");
        Directory.CreateDirectory(source);
        Wait.Until(() => roots.Run("ps", "--format", "{{.Names}} {{.State}}").Text() == "data running", "its start");
        Assert.Contains("starting container data: ", roots.End(agent).Error);
    }

    [Fact]
    public void A_container_that_is_killed_with_its_monitor_is_started_again_by_its_policy()
    {
        using var roots = new OwnRoots(host);
        using Command agent = roots.StartAgent();
        roots.Run("run", "-d", "--name", "again", "--restart", "on-failure", host.Busybox, "sh", "-c", Forever)
            .Exits(0);
        string before = roots.Run("inspect", "again", "--format", "{{.State.Pid}}").Text();
        roots.KillMonitors();
        Wait.Until(() => roots.Running() == "again"
            && roots.Run("inspect", "again", "--format", "{{.State.Pid}}").Text() != before, "another run");
        Assert.Contains("its monitor was killed; started again", roots.End(agent).Error);
    }

    [Theory]
    [InlineData("nobody", 1, "No such container: nobody")]
    [InlineData("nobody:ready", 125, "expected NAME, NAME:started or NAME:healthy")]
    public void Dependencies_that_cannot_be_are_refused(string dependency, int exitCode, string error) =>
        Assert.Contains(error, host.Run("create", "--depends-on", dependency, host.Busybox, "true").Exits(exitCode)
            .Error);
}
