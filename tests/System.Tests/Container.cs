using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>A container of one test; disposing removes it by force.</summary>
/// <param name="Host">The engine it lives in.</param>
/// <param name="Name">Its name.</param>
/// <param name="Id">The 64 digits that `run -d` or `create` printed.</param>
public sealed record Container(SkiffHost Host, string Name, string Id) : IDisposable
{
    /// <summary>`inspect`'s object.</summary>
    public JsonNode Inspect() => JsonNode.Parse(Host.Run("inspect", Name).Text())!.AsArray()[0]!;

    /// <summary>One member of `inspect`, by its path of names.</summary>
    public string? Get(string path)
    {
        var node = Inspect();
        foreach (var name in path.Split('.'))
            node = node?[name];
        return node?.ToString();
    }

    /// <summary>The pid of the container's first process on the host.</summary>
    public int Pid => int.Parse(Get("State.Pid")!);

    /// <summary>The pid of its monitor, from the record: asking the engine would find it another one.</summary>
    public int Monitor => (int)JsonNode.Parse(File.ReadAllText(Path.Combine(Host.RunRoot, "containers",
        Id.Length > 0 ? Id : Get("Id")!, "run.json")))!["MonitorPid"]!;

    /// <summary>Kills its monitor, and returns who that was; nobody has found it another one yet.</summary>
    public int KillMonitor()
    {
        int monitor = Monitor;
        Command.Shell($"kill -9 {monitor}").Exits(0);
        Wait.Until(() => Command.Shell($"grep -qs '^State:.[^ZX]' /proc/{monitor}/status").ExitCode != 0,
            "the monitor's end");
        return monitor;
    }

    /// <summary>Runs a shell line in it.</summary>
    public CommandResult Exec(string script) => Host.Run("exec", Name, "sh", "-c", script);

    /// <summary>Waits until State.Status is <paramref name="status"/>.</summary>
    public void WaitFor(string status) =>
        Wait.Until(() => Get("State.Status") == status, $"{Name} is {status}, it is {Get("State.Status")}");

    /// <summary>Waits until its logs have a text.</summary>
    public void WaitForLog(string text) =>
        Wait.Until(() => Host.Run("logs", Name).Out.Contains(text), $"\"{text}\" in the logs of {Name}");

    public void Dispose() => Host.Run("rm", "-f", "-v", Name);
}
