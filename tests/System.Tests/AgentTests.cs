namespace Skiff.System.Tests;

/// <summary>What <c>skiff agent</c> adds, and that its death takes nothing away.</summary>
public sealed class AgentTests(SkiffHost host)
{
    [Fact]
    public void Agent_cleans_up_after_a_container_that_was_killed_with_its_monitor()
    {
        // One container is older than the agent, two are younger, and one of those is to be removed.
        using var older = host.Detached(host.Busybox, "sleep", "1000");
        using var agent = StartAgent();
        using var younger = host.Detached("-p", $"{NetworkTests.FreePort()}:80", host.Busybox, "sleep", "1000");
        using var removed = host.Detached("--rm", host.Busybox, "sleep", "1000");
        foreach (var container in new[] { older, younger, removed })
        {
            KillWithMonitor(container);
            Wait.Until(() => !Directory.Exists(RunDirectory(container.Id)), "its run directory is given back");
            Assert.False(Directory.Exists($"{HostState.CgroupRoot}/skiff/{container.Id}"), "its cgroup is given back");
            Assert.False(File.Exists($"{host.RunRoot}/networks/endpoints/{container.Id}.json"));
        }
        Assert.Equal("exited", younger.Get("State.Status"));
        Assert.DoesNotContain(removed.Name, host.Run("ps", "-a").Text());
        Assert.Equal(0, End(agent).ExitCode);
    }

    [Fact]
    public void Killing_the_agent_harms_no_container()
    {
        using var agent = StartAgent();
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        Command.Shell($"kill -9 {agent.Pid}").Exits(0);
        agent.Finish();
        Assert.Equal("alive", container.Exec("echo alive").Text());
        // Its successor takes over at once.
        using var successor = StartAgent();
        Assert.Equal("alive", container.Exec("echo alive").Text());
        End(successor);
    }

    [Fact]
    public void A_second_agent_is_refused()
    {
        using var agent = StartAgent();
        Assert.Contains("an agent runs already", host.Run("agent").Exits(1).Error);
        End(agent);
    }

    [Fact]
    public void A_start_cut_short_by_a_kill_is_cleaned_up()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        host.Run("stop", "-t", "0", container.Name).Exits(0);
        // What a monitor leaves that was killed before it had written its state: directory, lock, cgroup.
        var directory = Directory.CreateDirectory(RunDirectory(container.Id));
        File.WriteAllText(Path.Combine(directory.FullName, "lock"), "");
        Directory.CreateDirectory($"{HostState.CgroupRoot}/skiff/{container.Id}");
        directory.LastWriteTimeUtc = DateTime.UtcNow.AddMinutes(-5);
        host.Run("ps", "-a").Exits(0);
        Assert.False(directory.Exists && Directory.Exists(directory.FullName));
        Assert.False(Directory.Exists($"{HostState.CgroupRoot}/skiff/{container.Id}"));
        host.Run("start", container.Name).Exits(0);
    }

    private string RunDirectory(string id) => Path.Combine(host.RunRoot, "containers", id);

    private Command StartAgent()
    {
        var agent = host.Start("agent");
        Wait.Until(
            () => File.ReadLines("/proc/locks").Any(line => line.Contains($" FLOCK  ADVISORY  WRITE {agent.Pid} ")),
            "the agent holds its lock");
        return agent;
    }

    private static void KillWithMonitor(Container container)
    {
        int pid = container.Pid;
        var monitor = Command.Shell($"sed -n 's/^PPid:\\t//p' /proc/{pid}/status").Text();
        Command.Shell($"kill -9 {monitor} {pid}").Exits(0);
    }

    private static CommandResult End(Command agent)
    {
        Command.Shell($"kill -TERM {agent.Pid}").Exits(0);
        return agent.Finish();
    }
}
