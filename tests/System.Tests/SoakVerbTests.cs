using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Skiff.System.Tests;

/// <summary>
/// Random verbs on fifty containers, by several processes at once, while monitors and the agent are killed: nothing is
/// left at the end, and nothing grows. <c>make soak</c> runs it for two hours, <c>scripts/test Soak</c> beside other
/// programs with little load; without a time it takes seconds. For the control groups to be counted, nobody else may
/// have containers in the same tree: <c>scripts/isolated --cgroup</c> gives it one of its own.
/// </summary>
[Collection(Alone.Name)]
public sealed class SoakVerbTests(SkiffHost host, ITestOutputHelper output)
{
    private const double GrowthMiB = 0.5;
    private const int MostSurprises = 20;

    private static readonly int s_seconds = Settings.Number("SKIFF_SOAK_SECONDS") ?? 15;
    private static readonly int s_workers = Settings.Number("SKIFF_SOAK_WORKERS") ?? 4;
    private static readonly int s_pauseMs = Settings.Number("SKIFF_SOAK_PAUSE_MS") ?? 0;

    // What another worker, or a kill, may have made of the container meanwhile.
    private static readonly Regex s_expected = new(
        "No such (container|object)|is not running|is (already )?paused|is not paused|is restarting"
        + "|restarting container|is already in use by container|cannot remove container|being started or removed"
        + "|already running, or being|cannot start a paused|monitor was killed|monitor ended|stopped container"
        + "|ended while the command ran"
        // What a monitor has forked looks as the monitor does until it is the container's.
        + "|the child ended there by signal SIGKILL"
        + "|same name as its current name|is ending: try again"
        + "|driver does not support reading|marked read-only|non-shareable IPC|paused container"
        + "|because AutoRemove is enabled");

    private readonly ConcurrentDictionary<string, (int Good, int All)> _counts = new();
    private readonly ConcurrentQueue<string> _surprises = [];
    private readonly SoakMemory _monitorMemory = new("the steady container's monitor");
    private readonly SoakMemory _agentMemory = new("the agent");
    private int _kills;

    [Fact]
    public async Task Random_verbs_and_kills_leave_nothing_and_nothing_grows()
    {
        int seed = Settings.Number("SKIFF_SEED") ?? Random.Shared.Next(1_000_000);
        output.WriteLine($"SKIFF_SEED={seed}, {s_seconds} s, {s_workers} workers");
        using var roots = new OwnRoots(host);
        roots.Variables["SKIFF_SUBIDS"] = "2000000:13107200";
        WarmUp(roots);
        var before = new SoakState(roots);
        int steady = StartSteady(roots);
        List<string> descriptors = SoakState.Descriptors(steady);

        DateTime start = DateTime.UtcNow, end = start.AddSeconds(s_seconds);
        Task<Command> killer = Task.Run(() => Kill(roots, new Random(seed - 1), steady, start, end));
        await Task.WhenAll(Enumerable.Range(0, s_workers).Select(i =>
            Task.Run(() => Work(roots, new SoakVerbs(roots, host.Busybox, seed + i), new Random(seed + i), end))));
        using Command agent = await killer;
        Report();

        RemoveOthers(roots);
        Wait.Until(() => SoakState.Descriptors(steady).Count <= descriptors.Count,
            "the steady container's monitor closes what it opened");
        AssertSameDescriptors(roots, agent);
        Assert.Equal("running", roots.Run("inspect", SoakVerbs.Steady, "--format", "{{.State.Status}}").Text());
        roots.RemoveAll();
        AssertNothingLeft(roots, before);
        AssertMemory();
        // Last, as a run of hours is to tell of everything.
        Assert.True(_surprises.IsEmpty, string.Join("\n", _surprises));
    }

    // Whatever stays between containers is there.
    private void WarmUp(OwnRoots roots)
    {
        using Command agent = StartAgent(roots);
        roots.End(agent);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        roots.Run("run", "--rm", "-p", "80", "-v", "/data", host.Busybox, "true").Exits(0);
        roots.Run("system", "release").Exits(0);
    }

    private int StartSteady(OwnRoots roots)
    {
        roots.Run("run", "-d", "--name", SoakVerbs.Steady, "--ipc", "shareable", "--health-cmd", "true",
            "--health-interval", "1s", host.Busybox, "sh", "-c", "while :; do echo steady; sleep 0.2; done").Exits(0);
        Wait.Until(() => roots.Run("logs", SoakVerbs.Steady).Lines.Length > 5, "the steady container speaks");
        return roots.MonitorOf(SoakVerbs.Steady);
    }

    private void Work(OwnRoots roots, SoakVerbs verbs, Random random, DateTime end)
    {
        while (DateTime.UtcNow < end && _surprises.Count < MostSurprises)
        {
            SoakVerb verb = verbs.Next();
            using Command command = roots.Start(verb.Arguments);
            // attach stays for the first two signals, as docker's does.
            for (int i = 0; i < 5 && verb.EndAfterMs > 0 && !command.EndsWithin(verb.EndAfterMs); i++)
                Command.Shell($"kill {command.Pid}");
            CommandResult result = command.Finish();
            Count(verb, result);
            if (!IsFine(verb, result)) AddSurprise($"{result}");
            if (s_pauseMs > 0) Thread.Sleep(random.Next(2 * s_pauseMs));
        }
    }

    // Shown at once: a run of hours may never get to its end.
    private void AddSurprise(string text)
    {
        text = $"{DateTime.UtcNow:HH:mm:ss.fff} {text}";
        _surprises.Enqueue(text);
        lock (_surprises) output.WriteLine(text);
    }

    private void Count(SoakVerb verb, CommandResult result) => _counts.AddOrUpdate(verb.Name,
        _ => (IsRefused(result) ? 0 : 1, 1),
        (_, count) => (count.Good + (IsRefused(result) ? 0 : 1), count.All + 1));

    private static bool IsRefused(CommandResult result) => result.ExitCode != 0 && s_expected.IsMatch(result.Error);

    private static bool IsFine(SoakVerb verb, CommandResult result)
    {
        if (result.Error.Contains("Unhandled", StringComparison.Ordinal)) return false;
        if (verb.Expects is { } text) return result.ExitCode == 0 && result.Out.Contains(text);
        if (result.ExitCode == 0 || IsRefused(result)) return true;
        return verb.Name switch
        {
            "run" => result.ExitCode == 3 && result.Lines.Length == 1000,
            // The command's own code, or that of the end of its container.
            "exec" => result.ExitCode == 3 && result.Out == "in\n" && result.Error == "err\n"
                || result is { ExitCode: 137 or 143, Error: "" or "err\n" },
            "wait" or "logs" => result.ExitCode == 143, // Told to end.
            "attach" => result.Error == "" || result.Error.Contains("forcefully exiting", StringComparison.Ordinal),
            _ => false,
        };
    }

    private Command Kill(OwnRoots roots, Random random, int steady, DateTime start, DateTime end)
    {
        Command agent = StartAgent(roots);
        while (DateTime.UtcNow < end && _surprises.Count < MostSurprises)
        {
            Thread.Sleep(random.Next(200, 1500));
            _monitorMemory.Look(steady);
            // In the second half it lives, and is looked at.
            bool isLate = DateTime.UtcNow - start > (end - start) / 2;
            if (isLate) _agentMemory.Look(agent.Pid);
            if (!isLate && random.Next(10) == 0)
            {
                agent.Kill();
                agent.Finish();
                agent.Dispose();
                agent = StartAgent(roots);
            }
            else if (SoakState.Monitors(roots).Where(pid => pid != steady).ToList() is { Count: > 0 } pids)
                Command.Shell($"kill -9 {pids[random.Next(pids.Count)]}");
            _kills++;
            if (agent.HasExited) AddSurprise($"the agent ended: {agent.Finish()}");
        }
        return agent;
    }

    private static Command StartAgent(OwnRoots roots)
    {
        Command agent = roots.StartAgent();
        Thread.Sleep(200);
        return agent;
    }

    private void Report()
    {
        output.WriteLine($"{_counts.Values.Sum(count => count.All)} verbs, {_kills} kills; done/tried: " + string.Join(
            ", ", _counts.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value.Good}/{pair.Value.All}")));
        if (s_seconds >= 60) output.WriteLine($"{_monitorMemory}; {_agentMemory}");
    }

    private static void RemoveOthers(OwnRoots roots)
    {
        foreach (string name in roots.Run("ps", "-a", "--format", "{{.Names}}").Lines)
            if (name != SoakVerbs.Steady) roots.Run("rm", "-f", "-v", name);
    }

    // A fresh one, which has seen nothing, is the measure.
    private static void AssertSameDescriptors(OwnRoots roots, Command agent)
    {
        Wait.UntilReaped(agent.Pid);
        List<string> old = SoakState.Descriptors(agent.Pid);
        roots.End(agent);
        using Command fresh = StartAgent(roots);
        Wait.Until(() => SoakState.Descriptors(fresh.Pid).Count >= old.Count,
            $"a fresh agent has as many descriptors as the old one: {string.Join(", ", old)}");
        roots.End(fresh);
    }

    // What a monitor that was killed in the middle of a start has left is given back by who looks a minute later.
    private static void AssertNothingLeft(OwnRoots roots, SoakState before)
    {
        DateTime end = DateTime.UtcNow.AddSeconds(90);
        List<string> left;
        do
        {
            roots.Run("ps", "-a").Exits(0);
            roots.RemoveAll();
            // Without -v, rm leaves volumes.
            foreach (string volume in roots.Run("volume", "ls", "-q").Lines)
                if (volume.Length > 0) roots.Run("volume", "rm", volume).Exits(0);
            left = new SoakState(roots).LeftSince(before);
            if (left.Count > 0) Thread.Sleep(1000);
        } while (left.Count > 0 && DateTime.UtcNow < end);
        Assert.True(left.Count == 0, $"left behind:\n{string.Join('\n', left.Take(50))}");
    }

    private void AssertMemory()
    {
        if (s_seconds < 60) return;
        _monitorMemory.AssertFlat(GrowthMiB);
        _agentMemory.AssertFlat(GrowthMiB);
    }
}
