namespace Skiff.System.Tests;

/// <summary>
/// A monitor is killed with SIGKILL: its container does not notice, and the next look finds it another monitor, which
/// does everything that the first one did.
/// </summary>
public sealed class AdoptionTests(SkiffHost host)
{
    private const string Count = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done";
    private const string OrderlyEnd = "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done";

    [Fact]
    public void A_container_lives_on_and_its_output_and_its_end_are_recorded()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", $"trap 'exit 7' TERM; {Count}");
        container.WaitForLog("line 3");
        int pid = container.Pid, before = container.KillMonitor();
        // Nobody has looked yet: what is printed now waits in the pipe.
        Thread.Sleep(300);
        Assert.Equal(pid, container.Pid);
        Assert.Equal("running", container.Get("State.Status"));
        Assert.NotEqual(before, container.Monitor);
        Assert.Equal("fine", container.Exec("echo fine").Text());
        Assert.Equal("/dev/pts/0", host.Run("exec", "-t", container.Name, "readlink", "/proc/self/fd/0").Text().Trim());
        int seen = host.Run("logs", container.Name).Lines.Length;
        Wait.Until(() => host.Run("logs", container.Name).Lines.Length > seen + 5, "more lines");
        host.Run("stop", container.Name).Exits(0);
        Assert.Equal("7", container.Get("State.ExitCode"));
        Assert.Equal("", container.Get("State.Error"));
        string[] lines = host.Run("logs", container.Name).Lines;
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(i => $"line {i}"), lines);
        AssertNothingLeft(container);
    }

    [Theory]
    [InlineData("exit 3", "3", "")]
    [InlineData("kill -9 $$", "0", "")] // The first process of a PID namespace does not die by its own signal.
    public void An_exit_code_is_known_though_the_monitor_is_not_its_parent(string end, string exitCode, string error)
    {
        string folder = host.NewFolder();
        using var container = host.Detached(
            "-v", $"{folder}:/f", host.Busybox, "sh", "-c", $"until [ -e /f/go ]; do sleep 0.02; done; {end}");
        container.KillMonitor();
        host.Run("ps").Exits(0);
        File.WriteAllText(Path.Combine(folder, "go"), "");
        Assert.Equal(exitCode, host.Run("wait", container.Name).Text());
        Assert.Equal(exitCode, container.Get("State.ExitCode"));
        Assert.Equal(error, container.Get("State.Error"));
    }

    [Fact]
    public void An_end_that_nobody_saw_is_not_made_up()
    {
        using var roots = new OwnRoots(host); // Where nobody else looks meanwhile.
        string id = roots.Run("run", "-d", "--name", "lone", "-p", $"{NetworkTests.FreePort()}:80", host.Busybox,
            "sleep", "1000").Text();
        roots.KillMonitors();
        string state = roots.Run("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}", "lone")
            .Text();
        Assert.StartsWith("exited 255 ", state);
        Assert.Contains("nobody was told how", state);
        AssertNothingLeft(Path.Combine(roots.Folder, "run"), id);
        roots.Run("start", "lone").Exits(0);
        Assert.Equal("again", roots.Run("exec", "lone", "echo", "again").Text());
    }

    [Fact]
    public void Clients_go_on_with_the_next_monitor()
    {
        string name = host.NewName();
        using var run = host.Start("run", "--name", name, host.Busybox, "sh", "-c", $"trap 'exit 7' TERM; {Count}");
        using var container = new Container(host, name, "");
        container.WaitForLog("line 2");
        using var wait = host.Start("wait", name);
        using var logs = host.Start("logs", "-f", name);
        using var attach = host.Start("attach", name);
        Thread.Sleep(300);
        for (int i = 0; i < 3; i++)
        {
            container.KillMonitor();
            Thread.Sleep(300);
        }
        host.Run("stop", name).Exits(0);
        Assert.Equal("7", wait.Finish().Text());
        string[] followed = logs.Finish().Exits(0).Lines, attached = attach.Finish().Exits(7).Lines,
            first = run.Finish().Exits(7).Lines;
        Assert.Equal(host.Run("logs", name).Lines, followed);
        Assert.Equal(followed[^1], attached[^1]);
        Assert.Equal(followed[^1], first[^1]);
        Assert.Equal("line 1", first[0]);
    }

    [Fact]
    public void A_stop_whose_monitor_is_killed_ends_the_container_all_the_same()
    {
        using var container = host.Detached("--restart", "always", host.Busybox, "sh", "-c",
            "trap 'echo term' TERM; echo up; while :; do sleep 0.05; done");
        container.WaitForLog("up");
        using var stop = host.Start("stop", "-t", "5", container.Name);
        container.WaitForLog("term");
        container.KillMonitor();
        stop.Finish().Exits(0);
        Assert.Equal("exited", container.Get("State.Status"));
        Assert.Equal("137", container.Get("State.ExitCode"));
        AssertNothingLeft(container);
    }

    [Fact]
    public void Its_policy_goes_on_until_somebody_stops_it()
    {
        using var container = host.Detached("--restart", "on-failure", host.Busybox, "sh", "-c", OrderlyEnd);
        container.WaitForLog("up");
        int first = container.Pid;
        container.KillMonitor();
        // One that ends before anybody has looked is not started again.
        Assert.Equal("running", container.Get("State.Status"));
        Command.Shell($"kill -TERM {first}").Exits(0);
        Wait.Until(() => container.Get("RestartCount") == "1" && container.Get("State.Status") == "running",
            "another run");
        Assert.NotEqual(first, container.Pid);
        container.KillMonitor();
        host.Run("stop", container.Name).Exits(0);
        Assert.Equal("exited", container.Get("State.Status"));
        AssertNothingLeft(container);
    }

    [Fact]
    public void A_paused_one_stays_paused_and_its_health_is_kept()
    {
        using var container = host.Detached("--health-cmd", "echo checked", "--health-interval", "100ms", host.Busybox,
            "sleep", "1000");
        Wait.Until(() => container.Get("State.Health.Status") == "healthy", "its health");
        host.Run("pause", container.Name).Exits(0);
        container.KillMonitor();
        Assert.Equal("paused", container.Get("State.Status"));
        Assert.Equal("healthy", container.Get("State.Health.Status"));
        host.Run("unpause", container.Name).Exits(0);
        string log = container.Inspect()["State"]!["Health"]!["Log"]!.ToJsonString();
        Wait.Until(() => container.Inspect()["State"]!["Health"]!["Log"]!.ToJsonString() != log, "checks go on");
    }

    [Fact]
    public void Its_health_is_looked_after_and_an_unhealthy_one_is_started_again()
    {
        using var container = host.Detached("--health-cmd", "test ! -e /t/sick", "--health-interval", "100ms",
            "--health-retries", "2", "--health-on-failure", "restart", "--stop-signal", "KILL", "--tmpfs", "/t",
            host.Busybox, "sleep", "1000");
        Wait.Until(() => container.Get("State.Health.Status") == "healthy", "its health");
        int pid = container.Pid;
        container.KillMonitor();
        container.Exec("touch /t/sick").Exits(0);
        Wait.Until(() => container.Get("RestartCount") == "1" && container.Get("State.Status") == "running",
            "another run");
        Assert.NotEqual(pid, container.Pid);
        Wait.Until(() => container.Get("State.Health.Status") == "healthy", "the health of the next run");
    }

    [Fact]
    public void One_that_is_to_be_removed_is_removed_at_its_end()
    {
        using var container = host.Detached("--rm", host.Busybox, "sh", "-c", OrderlyEnd);
        container.WaitForLog("up");
        container.KillMonitor();
        host.Run("stop", container.Name).Exits(0);
        Assert.DoesNotContain(container.Name, host.Run("ps", "-a").Text());
        AssertNothingLeft(container);
    }

    [Fact]
    public void Many_verbs_at_once_find_it_one_monitor()
    {
        using var roots = new OwnRoots(host); // Where nobody else looks at the lock meanwhile.
        string id = roots.Run("run", "-d", "--name", "lone", host.Busybox, "sleep", "1000").Text();
        string[] look = ["inspect", "lone", "--format", "{{.State.Status}} {{.State.Pid}}"];
        string before = roots.Run(look).Text();
        int monitor = roots.MonitorOf("lone");
        Command.Shell($"kill -9 {monitor}").Exits(0);
        Wait.Until(() => !Directory.Exists($"/proc/{monitor}"), "the monitor's end");
        Command[] verbs = [.. Enumerable.Range(0, 10).Select(_ => roots.Start(look))];
        foreach (Command verb in verbs)
            using (verb) Assert.Equal(before, verb.Finish().Text());
        Assert.StartsWith("running ", before);
        Assert.Equal("1", Command.Shell(
            $"for p in /proc/[0-9]*; do readlink $p/fd/* 2> /dev/null; done | grep -c '{id}/lock$'").Text());
    }

    [Fact]
    public void A_command_that_exec_runs_ends_with_its_monitor()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        using var exec = host.Start("exec", container.Name, "sleep", "2000");
        Wait.Until(() => host.Run("top", container.Name).Out.Contains("sleep 2000"), "the command");
        container.KillMonitor();
        exec.Finish().FailsClearly(137, "monitor");
        // The kernel ends it; its client may hear of the monitor first.
        Wait.Until(() => !host.Run("top", container.Name).Text().Contains("sleep 2000"), "the command's end");
        Assert.Contains("sleep 1000", host.Run("top", container.Name).Text());
    }

    [Fact]
    public void An_end_that_nobody_can_tell_of_is_said_to_be_unknown()
    {
        using var roots = new OwnRoots(host);
        using Command run = roots.Start("run", "-q", "--rm", "--name", "lone", host.Busybox, "sleep", "1000");
        Wait.Until(() => roots.Running() == "lone", "it runs");
        Command.Shell($"kill -STOP {run.Pid}").Exits(0);
        roots.KillMonitors();
        // This one learns what has happened, and nothing is left for the first to see.
        roots.Run("ps", "-a").Exits(0);
        Assert.Equal("", roots.Run("ps", "-aq").Text());
        Command.Shell($"kill -CONT {run.Pid}").Exits(0);
        run.Finish().FailsClearly(255, "nobody was told how the container ended");
    }

    [Fact]
    public void The_agent_finds_another_monitor_at_once()
    {
        using var roots = new OwnRoots(host);
        using Command agent = roots.StartAgent();
        roots.Run("run", "-d", "--name", "lone", host.Busybox, "sleep", "1000").Exits(0);
        int before = roots.MonitorOf("lone");
        Wait.Until(() => Directory.Exists($"/proc/{before}"), "its monitor");
        Command.Shell($"kill -9 {before}").Exits(0);
        Wait.Until(() => roots.Monitors().Any(pid => pid != before), "another monitor without any verb");
        Assert.Equal("lone", roots.Running());
        Assert.Contains("another one took over", roots.End(agent).Error);
    }

    [Fact]
    public void The_agent_keeps_terminals_open()
    {
        using var roots = new OwnRoots(host);
        using Command agent = roots.StartAgent();
        roots.Run("run", "-dit", "--name", "lone", "--restart", "always", host.Busybox, "sh").Exits(0);
        string ask = "inspect -f {{.State.Pid}} lone", kept = "";
        for (int i = 0; i < 2; i++)
        {
            // Each run has a terminal of another filesystem.
            string Kept() => Command.Shell($"stat -Lc %d $(find /proc/{agent.Pid}/fd -lname '*ptmx')").Out;
            Wait.Until(() => Kept() is { Length: > 0 } now && now != kept, "the agent has the terminal of this run");
            kept = Kept();
            using Command attach = roots.StartTerminal("attach lone");
            Type(attach, $"echo $((20 + {i}))");
            Wait.Until(() => roots.Run("logs", "lone").Out.Contains($"\n2{i}"), "what the shell answers");
            string pid = roots.Run(ask.Split(' ')).Text();
            int monitor = roots.MonitorOf("lone");
            Command.Shell($"kill -9 {monitor}").Exits(0);
            // What is typed at that very moment may be lost.
            Wait.Until(() => roots.Monitors().Any(other => other != monitor), "the next monitor");
            Type(attach, $"echo $((30 + {i}))");
            Wait.Until(() => roots.Run("logs", "lone").Out.Contains($"\n3{i}"), "what it answers by the next monitor");
            Assert.Equal(pid, roots.Run(ask.Split(' ')).Text());
            using Command again = roots.StartTerminal("attach lone");
            Type(again, $"echo $((40 + {i})) $(tty)");
            string answer = $"\n4{i} /dev/pts/0";
            Wait.Until(() => roots.Run("logs", "lone").Out.Contains(answer), "what a later client is told");
            Type(attach, "exit");
            attach.Finish();
            Assert.Contains(answer, again.Finish().Out);
            Wait.Until(() => roots.Run(ask.Split(' ')).Text() is var next && next != "0" && next != pid,
                "the next run");
        }
        roots.End(agent);
    }

    [Fact]
    public void Without_an_agent_its_terminal_hangs_up()
    {
        using var container = host.Detached("-it", host.Busybox, "sh", "-c",
            "trap 'touch /hung-up; exit 5' HUP; echo up; while :; do sleep 0.05; done");
        container.WaitForLog("up");
        container.KillMonitor();
        container.WaitFor("exited");
        host.Run("cp", $"{container.Name}:/hung-up", host.NewFolder()).Exits(0);
        AssertNothingLeft(container);
    }

    private static void Type(Command attach, string line)
    {
        attach.Input.Write(line + "\n");
        attach.Input.Flush();
    }

    private void AssertNothingLeft(Container container) => AssertNothingLeft(host.RunRoot, container.Id);

    private static void AssertNothingLeft(string runRoot, string id)
    {
        Assert.False(Directory.Exists(Path.Combine(runRoot, "containers", id)), "its run directory");
        Assert.False(Directory.Exists($"{HostState.CgroupRoot}/skiff/{id}"), "its cgroup");
        Assert.False(File.Exists($"{runRoot}/networks/endpoints/{id}.json"), "its address");
    }
}
