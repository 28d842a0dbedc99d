using System.Text.RegularExpressions;

namespace Skiff.System.Tests;

/// <summary>
/// Random verbs on fifty containers, by several processes at once, while monitors and the agent are killed: nothing is
/// left at the end, and nothing grows. SKIFF_SOAK_SECONDS says how long; SKIFF_SEED repeats the choices of a run, but
/// not their timing. <c>make soak</c> runs it alone for two hours; without a time it runs for some seconds.
/// </summary>
public sealed class SoakVerbTests(SkiffHost host, ITestOutputHelper output)
{
    private const int Containers = 50, Workers = 4, MostRunning = 20;
    private const double GrowthMiB = 1.0;

    private static readonly int s_seconds = Settings.Number("SKIFF_SOAK_SECONDS") ?? 15;

    // What another worker, or a kill, may have made of the container meanwhile.
    private static readonly Regex s_expected = new(
        @"No such (container|object)|is not running|is (already )?paused|is not paused"
        + "|is restarting|restarting container|is already in use by container|cannot remove container"
        + "|being started or removed|already running, or being"
        + "|cannot start a paused|paused container|monitor was killed|monitor ended|stopped container"
        + "|ended while the command ran|non running container|sendmsg: the container's monitor|connection reset"
        + "|the same name as its current name|No such file or directory: .*(containers|cgroup)",
        RegexOptions.IgnoreCase);

    private readonly List<string> _surprises = [];
    private int _steps;
    private int _kills;

    [Fact(Skip = "Finds a process left behind; being looked into.")]
    public async Task Random_verbs_and_kills_leave_nothing_and_nothing_grows()
    {
        int seed = Settings.Number("SKIFF_SEED") ?? Random.Shared.Next();
        output.WriteLine($"SKIFF_SEED={seed}, {s_seconds} s");
        using var roots = new OwnRoots(host);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        var before = new SoakState(roots);
        roots.Run("run", "-d", "--name", "steady", "--health-cmd", "true", "--health-interval", "1s", host.Busybox,
            "sh", "-c", "while :; do echo steady; sleep 0.2; done").Exits(0);
        var memory = new List<double>();
        DateTime end = DateTime.UtcNow.AddSeconds(s_seconds);
        Task killer = Task.Run(() => Kill(roots, new Random(seed - 1), end, memory));
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(i => Task.Run(() => Work(roots, new Random(seed + i),
            end)))];
        await Task.WhenAll([killer, .. workers]);
        output.WriteLine($"{_steps} verbs, {_kills} kills, steady monitor {memory[0]:F2} to {memory[^1]:F2} MiB");
        Assert.True(_surprises.Count == 0, string.Join("\n", _surprises.Take(20)));
        Assert.Equal("running", roots.Run("inspect", "steady", "--format", "{{.State.Status}}").Text());
        AssertFlat(memory);
        roots.RemoveAll();
        before.AssertSame(new SoakState(roots));
    }

    private static void AssertFlat(List<double> memory)
    {
        int part = Math.Max(1, memory.Count / 4);
        double early = memory.Take(part).Order().ElementAt(part / 2), late =
            memory.TakeLast(part).Order().ElementAt(part / 2);
        Assert.True(late - early < GrowthMiB, $"the steady monitor's memory: {early:F2} MiB, later {late:F2} MiB");
    }

    private void Work(OwnRoots roots, Random random, DateTime end)
    {
        while (DateTime.UtcNow < end && _surprises.Count == 0)
        {
            string[] verb = Choose(roots, random, $"c{random.Next(Containers)}");
            using Command command = roots.Start(verb);
            CommandResult result = command.Finish(limit: TimeSpan.FromSeconds(60));
            Interlocked.Increment(ref _steps);
            // An exec and a run in the foreground end with their command's own code.
            bool fine = result.ExitCode == 0 || s_expected.IsMatch(result.Error)
                || (verb[0] is "exec" && result.ExitCode is 137 or 143);
            if (fine && !result.Error.Contains("Unhandled")) continue;
            lock (_surprises)
                _surprises.Add($"skiff {string.Join(' ', verb)}: {result.ExitCode}: {result.Error}");
        }
    }

    private string[] Choose(OwnRoots roots, Random random, string name) => random.Next(18) switch
    {
        0 or 1 or 2 or 3 => roots.CountRunning() < MostRunning ? Running(random, name) : ["rm", "-f", "-v", name],
        4 => ["create", "--name", name, "--network", "none", host.Busybox, "sleep", "1000"],
        5 => ["start", name],
        6 => ["stop", "-t", "0", name],
        7 => ["restart", "-t", "0", name],
        8 => ["kill", name],
        9 => ["pause", name],
        10 => ["unpause", name],
        11 => ["exec", name, "sh", "-c", "echo in"],
        12 => ["exec", "steady", "sh", "-c", "echo in; echo err >&2"],
        13 => ["logs", "--tail", "5", random.Next(2) == 0 ? name : "steady"],
        14 => ["inspect", name],
        15 => ["ps", "-a"],
        16 => ["rename", name, $"c{random.Next(Containers)}"],
        _ => ["rm", "-f", "-v", name],
    };

    private string[] Running(Random random, string name)
    {
        string[] flags = random.Next(8) switch
        {
            0 => ["--restart", "always"],
            1 => ["--restart", "on-failure:3", "--health-cmd", "false", "--health-interval", "300ms"],
            2 => ["--init", "--tmpfs", "/t"],
            3 => ["-t", "-i"],
            4 => ["-v", "/data", "-p", "80"],
            5 => ["--network", "host"],
            6 => ["--rm"],
            _ => [],
        };
        string script = random.Next(3) switch { 0 => "exit 3", 1 => "sleep 2; exit 1", _ => "exec sleep 1000" };
        return ["run", "-d", "--name", name, .. flags, host.Busybox, "sh", "-c", script];
    }

    private void Kill(OwnRoots roots, Random random, DateTime end, List<double> memory)
    {
        Command agent = roots.StartAgent();
        int steady = roots.MonitorOf("steady");
        while (DateTime.UtcNow < end && _surprises.Count == 0)
        {
            memory.Add(SoakState.PssMiB(steady));
            Thread.Sleep(random.Next(200, 1500));
            if (random.Next(10) == 0)
            {
                Command.Shell($"kill -9 {agent.Pid}");
                agent.Finish();
                agent.Dispose();
                agent = roots.StartAgent();
            }
            else if (roots.Monitors().Where(pid => pid != steady).ToList() is { Count: > 0 } pids)
                Command.Shell($"kill -9 {pids[random.Next(pids.Count)]}");
            _kills++;
        }
        roots.End(agent);
        agent.Dispose();
    }
}
