using System.Net;

namespace Skiff.System.Tests.Api;

/// <summary>The agent's file, its check, and reading it again (docs/api.md).</summary>
public sealed class AgentConfigurationTests(SkiffHost host)
{
    [Fact]
    public void Check_tells_every_fault_and_starts_nothing()
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"], "live-restore": true}""");
        CommandResult sound = agent.Roots.Run("agent", "--check", "--config", agent.Config).Exits(0);
        Assert.Equal("OK", sound.Text());
        Assert.Contains("says nothing here: live-restore", sound.Error);
        Assert.False(File.Exists($"{agent.Folder}/a.sock"));
        agent.Configure("""
            {"hosts": ["a.sock"],
             "dns": ["1.1.1.1"]}
            """);
        string[] faults = agent.Roots.Run("agent", "--check", "--config", agent.Config).Exits(1).Error.Trim()
            .Split('\n');
        Assert.Equal(2, faults.Length);
        Assert.Contains($"{agent.Config}: line 1, column 12: bad address \"a.sock\"", faults[0]);
        Assert.Contains($"{agent.Config}: line 2, column 2: \"dns\" is said of each container", faults[1]);
        // A start finds the same.
        Assert.Contains("bad address", agent.Roots.Run("agent", "--config", agent.Config).Exits(1).Error);
        Assert.Contains("no-such-file", agent.Roots.Run("agent", "--config", "/no-such-file").Exits(1).Error);
    }

    [Fact]
    public void Flags_stand_above_the_file()
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"], "labels": ["x=y"], "debug": true}""");
        agent.Start("b.sock", "--listen", $"unix://{agent.Folder}/b.sock", "--group", "1");
        Assert.Equal("0 1", Command.Shell("stat -c '%g' $1/a.sock $1/b.sock | paste -sd' '", agent.Folder).Text());
        string info = agent.Ask("a.sock", "GET", "/info").Is(HttpStatusCode.OK).Text;
        Assert.Contains("\"Labels\":[\"x=y\"]", info);
        Assert.Contains("\"Debug\":true", info);
    }

    [Fact]
    public void A_reload_changes_sockets_and_labels_and_keeps_who_is_there()
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock", "unix://@/gone.sock"]}""");
        agent.Start("gone.sock");
        using var kept = Follow(agent, "a.sock");
        using var lost = Follow(agent, "gone.sock");
        agent.Reload("""
            {"hosts": ["unix://@/a.sock"], "labels": ["x=2"], "metrics-addr": "unix:@/m.sock",
             "sockets": [{"listen": "unix://@/read.sock", "scope": "read-only"}]}
            """, "the configuration was read again");
        Assert.Contains("metrics-addr changes when the agent is restarted", agent.Log);
        Assert.True(lost.EndsWithin(30_000), "who was at a place that is gone is sent away");
        Assert.False(kept.HasExited);
        Assert.False(File.Exists($"{agent.Folder}/gone.sock"));
        Assert.Contains("\"x=2\"", agent.Ask("read.sock", "GET", "/info").Is(HttpStatusCode.OK).Text);
        agent.Ask("read.sock", "POST", "/containers/prune").Is(HttpStatusCode.Forbidden);
        // The same place for others now.
        agent.Reload("""{"sockets": [{"listen": "unix://@/a.sock", "scope": "read-only", "mode": "0666"}]}""",
            "the configuration was read again");
        Assert.True(kept.EndsWithin(30_000), "who was there as root is sent away");
        Assert.Equal("666", Command.Shell("stat -c %a $1/a.sock", agent.Folder).Text());
        agent.Ask("a.sock", "POST", "/containers/prune").Is(HttpStatusCode.Forbidden);
    }

    [Fact]
    public void A_bad_file_at_a_reload_leaves_all_as_it_was()
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"]}""");
        agent.Start("a.sock");
        agent.Reload("""{"hosts": ["unix://@/b.sock"], "debug": 7}""", "the configuration stays as it was");
        Assert.Contains("line 1, column ", agent.Log);
        agent.Ask("a.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
        agent.Reload("""{"hosts": ["unix://@/b.sock", "unix:///proc/c.sock"]}""", "/proc/c.sock");
        agent.Ask("a.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
        Assert.False(File.Exists($"{agent.Folder}/b.sock"));
    }

    private static Command Follow(OwnAgent agent, string socket)
    {
        Command curl = Command.Start("curl",
            ["-sN", "-o", $"{agent.Folder}/{socket}.events", "-D", $"{agent.Folder}/{socket}.head", "--unix-socket",
                $"{agent.Folder}/{socket}", "http://x/events"]);
        OwnAgent.Until(() => File.Exists($"{agent.Folder}/{socket}.head")
            && File.ReadAllText($"{agent.Folder}/{socket}.head").Contains("200 OK"), "the client is there");
        return curl;
    }
}
