using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>
/// What <c>skiff agent</c> adds, and that its death takes nothing away. On roots of their own: it would look after the
/// containers of all tests, also where nobody is to do that.
/// </summary>
public sealed class AgentTests : IDisposable
{
    private readonly SkiffHost _host;
    private readonly OwnRoots _roots;

    public AgentTests(SkiffHost host)
    {
        (_host, _roots) = (host, new OwnRoots(host));
        _roots.Run("pull", "-q", host.Busybox).Exits(0);
    }

    public void Dispose() => _roots.Dispose();

    [Fact]
    public void Agent_cleans_up_after_a_container_that_was_killed_with_its_monitor()
    {
        // One container is older than the agent, two are younger, and one of those is to be removed.
        string older = Run("older");
        using var agent = StartAgent();
        string younger = Run("younger", "-p", $"{NetworkTests.FreePort()}:80"), removed = Run("removed", "--rm");
        foreach (var (name, id) in ((string, string)[])[("older", older), ("younger", younger), ("removed", removed)])
        {
            KillWithMonitor(name);
            Wait.Until(() => !Directory.Exists(RunDirectory(id)), "its run directory is given back");
            Assert.False(Directory.Exists($"{HostState.CgroupRoot}/skiff/{id}"), "its cgroup is given back");
            Assert.False(File.Exists($"{_roots.Folder}/run/networks/endpoints/{id}.json"));
        }
        Assert.Equal("exited", _roots.Run("inspect", "-f", "{{.State.Status}}", "younger").Text());
        Assert.DoesNotContain("removed", _roots.Run("ps", "-a").Text());
        Assert.Equal(0, End(agent).ExitCode);
    }

    [Fact]
    public void Killing_the_agent_harms_no_container()
    {
        using var agent = StartAgent();
        Run("lone");
        Command.Shell($"kill -9 {agent.Pid}").Exits(0);
        agent.Finish();
        Assert.Equal("alive", _roots.Run("exec", "lone", "echo", "alive").Text());
        // Its successor takes over at once.
        using var successor = StartAgent();
        Assert.Equal("alive", _roots.Run("exec", "lone", "echo", "alive").Text());
        End(successor);
    }

    [Fact]
    public void Monitors_that_it_has_started_leave_no_zombie()
    {
        using var agent = StartAgent();
        string id = Run("lone");
        for (int i = 0; i < 3; i++)
        {
            int monitor = MonitorOf(id);
            Command.Shell($"kill -9 {monitor}").Exits(0);
            Wait.Until(() => MonitorOf(id) != monitor, "another monitor is there");
            Assert.Contains($"PPid:\t{agent.Pid}\n", File.ReadAllText($"/proc/{MonitorOf(id)}/status"));
        }
        _roots.Run("rm", "-f", "lone").Exits(0);
        Wait.UntilReaped(agent.Pid);
        Assert.Equal(0, End(agent).ExitCode);
    }

    [Fact]
    public void A_second_agent_is_refused()
    {
        using var agent = StartAgent();
        Assert.Contains("an agent runs already", _roots.Run("agent").Exits(1).Error);
        End(agent);
    }

    [Fact]
    public void A_start_cut_short_by_a_kill_is_cleaned_up()
    {
        string id = Run("lone");
        _roots.Run("stop", "-t", "0", "lone").Exits(0);
        // What a monitor leaves that was killed before it had written its state: directory, lock, cgroup.
        var directory = Directory.CreateDirectory(RunDirectory(id));
        File.WriteAllText(Path.Combine(directory.FullName, "lock"), "");
        Directory.CreateDirectory($"{HostState.CgroupRoot}/skiff/{id}");
        directory.LastWriteTimeUtc = DateTime.UtcNow.AddMinutes(-5);
        _roots.Run("ps", "-a").Exits(0);
        Assert.False(Directory.Exists(directory.FullName));
        Assert.False(Directory.Exists($"{HostState.CgroupRoot}/skiff/{id}"));
        _roots.Run("start", "lone").Exits(0);
    }

    private string Run(string name, params string[] options) =>
        _roots.Run(["run", "-d", "--name", name, .. options, _host.Busybox, "sleep", "1000"]).Text();

    private int MonitorOf(string id) => (int)JsonNode.Parse(File.ReadAllText($"{RunDirectory(id)}/run.json"))![
        "MonitorPid"]!;

    private string RunDirectory(string id) => Path.Combine(_roots.Folder, "run/containers", id);

    private Command StartAgent()
    {
        var agent = _roots.StartAgent();
        Wait.Until(
            () => File.ReadLines("/proc/locks").Any(line => line.Contains($" FLOCK  ADVISORY  WRITE {agent.Pid} ")),
            "the agent holds its lock");
        return agent;
    }

    private void KillWithMonitor(string name)
    {
        string pid = _roots.Run("inspect", "-f", "{{.State.Pid}}", name).Text();
        var monitor = Command.Shell($"sed -n 's/^PPid:\\t//p' /proc/{pid}/status").Text();
        Command.Shell($"kill -9 {monitor} {pid}").Exits(0);
    }

    private static CommandResult End(Command agent)
    {
        Command.Shell($"kill -TERM {agent.Pid}").Exits(0);
        return agent.Finish();
    }
}
