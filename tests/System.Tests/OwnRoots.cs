using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>State roots of one test, in which the host can crash; disposing removes every container.</summary>
public sealed class OwnRoots(SkiffHost host) : IDisposable
{
    private readonly string _folder = host.NewFolder();

    private string Containers => Path.Combine(_folder, "run", "containers");

    /// <summary>Starts the binary with these roots.</summary>
    public Command Start(params string[] arguments) =>
        host.Start(["--root", Path.Combine(_folder, "root"), "--run-root", Path.Combine(_folder, "run"), .. arguments]);

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

    /// <summary>Kills every monitor, and with it its container.</summary>
    public void KillMonitors()
    {
        foreach (string directory in Directory.GetDirectories(Containers))
        {
            JsonNode state = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "run.json")))!;
            Command.Shell($"kill -9 {state["MonitorPid"]}").Exits(0);
            string process = $"/proc/{state["Pid"]}";
            Wait.Until(() => !File.Exists($"{process}/exe"), "the container ends with its monitor");
        }
    }

    /// <summary>What a crash of the host leaves: nothing that runs, nothing volatile of containers.</summary>
    public void Crash()
    {
        KillMonitors();
        // The kernel would have lost all of it; links and rules are given back by those who still know of them.
        string[] ids = [.. Directory.GetDirectories(Containers).Select(d => Path.GetFileName(d)!)];
        var states = ids.ToDictionary(id => id, id => File.ReadAllBytes(StateOf(id)));
        Run("ps", "-a").Exits(0);
        foreach ((string id, byte[] state) in states) File.WriteAllBytes(StateOf(id), WithAnotherBoot(state));
        File.Delete(Path.Combine(_folder, "run", "boot"));
    }

    /// <summary>Starts an agent.</summary>
    public Command StartAgent() => Start("agent");

    /// <summary>Ends an agent in order.</summary>
    public CommandResult End(Command agent)
    {
        Command.Shell($"kill {agent.Pid}").Exits(0);
        return agent.Finish().Exits(0);
    }

    public void Dispose()
    {
        foreach (string name in Run("ps", "-aq").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Run("rm", "-f", "-v", name);
        Run("system", "release").Exits(0);
    }

    private string StateOf(string id) => Path.Combine(_folder, "root", "containers", id, "state.json");

    private static byte[] WithAnotherBoot(byte[] state)
    {
        JsonNode json = JsonNode.Parse(state)!;
        json["Boot"] = "an-earlier-one";
        return global::System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
