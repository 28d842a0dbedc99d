using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>State roots of one test, in which the host can crash; disposing removes every container.</summary>
public sealed class OwnRoots(SkiffHost host) : IDisposable
{
    private string Containers => Path.Combine(Folder, "run", "containers");

    /// <summary>Where they are.</summary>
    public string Folder { get; } = host.NewFolder();

    /// <summary>The environment of the binary.</summary>
    public Dictionary<string, string?> Variables { get; } = host.Variables();

    /// <summary>A process in whose network namespace the binary runs from now on; null: in that of the tests.</summary>
    public int? NetworkOf { get; set; }

    /// <summary>Starts the binary with these roots.</summary>
    public Command Start(params string[] arguments)
    {
        string[] all = [host.Binary, "--root", Path.Combine(Folder, "root"), "--run-root", Path.Combine(Folder, "run"),
            .. arguments];
        return NetworkOf is not { } pid ? Command.Start(all[0], all[1..], Variables)
            : Command.Start("nsenter", ["--target", $"{pid}", "--net", .. all], Variables);
    }

    /// <summary>Starts the binary with these roots on a terminal of its own.</summary>
    public Command StartTerminal(string arguments) => host.StartTerminal(
        $"$SKIFF --root {Path.Combine(Folder, "root")} --run-root {Path.Combine(Folder, "run")} {arguments}", Folder);

    /// <summary>Runs the binary to its end.</summary>
    public CommandResult Run(params string[] arguments)
    {
        using Command command = Start(arguments);
        return command.Finish();
    }

    /// <summary>The names of running containers, sorted.</summary>
    public string Running() => string.Join(' ',
        Run("ps", "--filter", "status=running", "--format", "{{.Names}}").Out.Split('\n',
            StringSplitOptions.RemoveEmptyEntries).Order());

    /// <summary>Kills every monitor together with its container.</summary>
    public void KillMonitors()
    {
        foreach (string id in Directory.GetDirectories(Containers).Select(d => Path.GetFileName(d)!))
        {
            JsonNode state = StateOf(id)!;
            // The monitor may neither see the container's end nor be gone before it, or another one adopts it.
            Command.Shell($"kill -STOP {state["MonitorPid"]}; kill -9 {state["Pid"]}").Exits(0);
            string process = $"/proc/{state["Pid"]}";
            Wait.Until(() => Ended(process), "the container ends");
            Command.Shell($"kill -9 {state["MonitorPid"]}").Exits(0);
            Wait.Until(() => !Directory.Exists(process), "nothing is left of it");
        }
    }

    /// <summary>The monitors that there are.</summary>
    public IEnumerable<int> Monitors() => Directory.Exists(Containers)
        ? Directory.GetDirectories(Containers).Select(d => (int?)StateOf(Path.GetFileName(d))?["MonitorPid"])
            .OfType<int>()
        : [];

    /// <summary>The monitor of a running container.</summary>
    public int MonitorOf(string name) =>
        (int)StateOf(Run("inspect", name, "--format", "{{.Id}}").Text())!["MonitorPid"]!;

    /// <summary>How many containers have a monitor, by what is in the volatile root.</summary>
    public int CountRunning() => Directory.Exists(Containers) ? Directory.GetDirectories(Containers).Length : 0;

    /// <summary>What a crash of the host leaves: nothing that runs, nothing volatile of containers.</summary>
    public void Crash()
    {
        KillMonitors();
        // The kernel would have lost all of it; links and rules are given back by those who still know of them.
        string[] ids = [.. Directory.GetDirectories(Containers).Select(d => Path.GetFileName(d)!)];
        var states = ids.ToDictionary(id => id, id => File.ReadAllBytes(RecordOf(id)));
        Run("ps", "-a").Exits(0);
        foreach ((string id, byte[] state) in states) File.WriteAllBytes(RecordOf(id), WithAnotherBoot(state));
        File.Delete(Path.Combine(Folder, "run", "boot"));
    }

    /// <summary>Starts an agent.</summary>
    public Command StartAgent() => Start("agent");

    /// <summary>Ends an agent in order.</summary>
    public CommandResult End(Command agent)
    {
        Command.Shell($"kill {agent.Pid}").Exits(0);
        return agent.Finish().Exits(0);
    }

    /// <summary>Removes every container and network, and gives back what they share.</summary>
    public void RemoveAll()
    {
        foreach (string name in Run("ps", "-aq").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Run("rm", "-f", "-v", name);
        Run("network", "prune", "-f").Exits(0);
        Run("system", "release").Exits(0);
    }

    public void Dispose() => RemoveAll();

    // Null of one that has ended meanwhile, or has not begun.
    private JsonNode? StateOf(string id)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(Path.Combine(Containers, id, "run.json")));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool Ended(string process)
    {
        try
        {
            // PF_EXITING (proc_pid_stat(5), the seventh field behind the name): it may have to wait for processes that
            // its monitor, stopped now, has to reap.
            string stat = File.ReadAllText($"{process}/stat");
            return (ulong.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[6]) & 4) != 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private string RecordOf(string id) => Path.Combine(Folder, "root", "containers", id, "state.json");

    private static byte[] WithAnotherBoot(byte[] state)
    {
        JsonNode json = JsonNode.Parse(state)!;
        json["Boot"] = "an-earlier-one";
        return global::System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
