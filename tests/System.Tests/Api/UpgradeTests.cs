using System.Diagnostics;
using System.Net;

namespace Skiff.System.Tests.Api;

/// <summary>The binary is replaced and the agent started again while there is work: nothing of it is lost.</summary>
public sealed class UpgradeTests(SkiffHost host, ITestOutputHelper output)
{
    private const int Restarts = 5;

    [Fact]
    public void An_upgrade_of_the_agent_loses_no_container_no_line_and_no_answer()
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"]}""");
        agent.Binary = Path.Combine(agent.Folder, "skiff");
        Copy(agent.Binary);
        agent.Start("a.sock");
        agent.Roots.Run("pull", "-q", host.Busybox).Exits(0);
        Run(agent, "network", "create", "net");
        Start(agent, "server", "--network-alias", "name", "--", "sleep", "1000");
        Start(agent, "writer", "--", "sh", "-c",
            "i=0; while :; do echo $i; i=$((i + 1)); [ $((i % 500)) -gt 0 ] || sleep 0.05; done");
        Start(agent, "asker", "--", "sh", "-c",
            "while :; do nslookup name >/dev/null 2>&1 && echo answer || echo LOST; done");
        string before = Pids(agent);
        for (int i = 0; i < Restarts; i++) Upgrade(agent);
        Assert.Equal(before, Pids(agent));
        long answers = Count(agent, "asker");
        OwnAgent.Until(() => Count(agent, "asker") > answers, "names are still answered");
        Run(agent, "stop", "-t", "0", "writer", "asker");
        Assert.DoesNotContain("LOST", Run(agent, "logs", "asker"));
        // The driver keeps a ring: what it has is without a gap.
        string[] lines = Run(agent, "logs", "writer").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        long first = long.Parse(lines[0]);
        for (int i = 0; i < lines.Length; i++) Assert.Equal($"{first + i}", lines[i]);
        Assert.True(lines.Length > 1000, $"{lines.Length} lines");
        Run(agent, "rm", "-f", "server", "writer", "asker");
    }

    private void Upgrade(OwnAgent agent)
    {
        string next = agent.Binary + ".next";
        Copy(next);
        File.Move(next, agent.Binary, overwrite: true);
        agent.End();
        var time = Stopwatch.StartNew();
        agent.Start("a.sock");
        TimeSpan listens = time.Elapsed;
        agent.Ask("a.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
        output.WriteLine($"the new agent listens after {listens.TotalMilliseconds:0} ms, "
            + $"and has answered after {time.Elapsed.TotalMilliseconds:0} ms");
    }

    // By a process of its own: programs that the tests start would have it open for writing for a moment.
    private void Copy(string path) => Command.Run("cp", host.Binary, path).Exits(0);

    private void Start(OwnAgent agent, string name, params string[] more)
    {
        int at = Array.IndexOf(more, "--");
        Run(agent, ["run", "-d", "--name", name, "--network", "net", .. more[..at], host.Busybox, .. more[(at + 1)..]]);
    }

    private static string Pids(OwnAgent agent) => Run(agent, "inspect", "server", "writer", "asker",
        "--format", "{{.State.Pid}} {{.State.StartedAt}}");

    private static long Count(OwnAgent agent, string name) => Run(agent, "logs", name).Split('\n').LongLength;

    private static string Run(OwnAgent agent, params string[] arguments) => agent.Roots.Run(arguments).Exits(0).Out;
}
