using System.Net.Sockets;

namespace Skiff.System.Tests;

/// <summary>`agent --metrics`: numbers for Prometheus.</summary>
public sealed class MetricsTests(SkiffHost host)
{
    [Fact]
    public void Prometheus_text_has_containers_states_and_the_engine()
    {
        using var roots = new OwnRoots(host);
        var (name, socket) = (host.NewName(), Path.Combine(host.NewFolder(), "metrics"));
        roots.Run("pull", host.Busybox).Exits(0);
        roots.Run("run", "-d", "--name", name, "--health-cmd", "true", "--health-interval", "100ms", host.Busybox,
            "sh", "-c", "while :; do :; done").Exits(0);
        roots.Run("create", "--name", name + "-new", host.Busybox, "true").Exits(0);
        using var agent = roots.Start("agent", "--metrics", $"unix:{socket}");
        Wait.Until(() => File.Exists(socket), "the agent listens");
        Assert.Equal("600", Command.Run("stat", "-c", "%a", socket).Text());
        var answer = "";
        // While a check runs there is one process more.
        Wait.Until(() => (answer = Ask(socket)).Split('\n') is var all
            && all.Any(line => line.Contains("_healthy{") && line.EndsWith(" 1")) && Value(all, "pids", name) == 1,
            "a health check");
        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n", answer);
        var lines = answer[(answer.IndexOf("\r\n\r\n") + 4)..].TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.Matches(
            """^(# (HELP|TYPE) \w+ .+|[a-z_]+(\{(\w+="[^"]*",?)+\})? [-+.\dE]+)$""", line));
        Assert.Contains("skiff_containers{state=\"running\"} 1", lines);
        Assert.Contains("skiff_containers{state=\"created\"} 1", lines);
        Assert.Contains("skiff_images 1", lines);
        Assert.Contains("skiff_agent_monitors 1", lines);
        Assert.Contains(lines, line => line.StartsWith("skiff_container_state{")
            && line.Contains($"name=\"{name}-new\"") && line.EndsWith("state=\"created\"} 1"));
        Assert.True(Value(lines, "cpu_seconds_total", name) > 0);
        Assert.Equal(1, Value(lines, "pids", name));
        Assert.Equal(1, Value(lines, "healthy", name));
        Wait.Until(() => Value(Ask(socket).Split('\n'), "cpu_seconds_total", name)
            > Value(lines, "cpu_seconds_total", name), "the loop computes on");
        roots.End(agent);
        Assert.False(File.Exists(socket));
    }

    [Fact]
    public void Requests_that_are_none_are_answered_and_slow_ones_keep_nobody_waiting()
    {
        using var roots = new OwnRoots(host);
        var socket = Path.Combine(host.NewFolder(), "metrics");
        using var agent = roots.Start("agent", "--metrics", $"unix:{socket}");
        Wait.Until(() => File.Exists(socket), "the agent listens");
        var silent = Enumerable.Range(0, 20).Select(_ => Connect(socket)).ToArray();
        Assert.StartsWith("HTTP/1.1 200", Ask(socket));
        Assert.StartsWith("HTTP/1.1 404", Ask(socket, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 405", Ask(socket, "POST /metrics HTTP/1.1\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 400", Ask(socket, "nonsense\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 431", Ask(socket, new string('x', 9000)));
        Assert.EndsWith("\r\n\r\n", Ask(socket, "HEAD /metrics HTTP/1.0\r\n\r\n"));
        foreach (var one in silent) one.Dispose();
        roots.End(agent);
    }

    [Fact]
    public void Addresses_are_checked_before_anything_else_happens()
    {
        using var roots = new OwnRoots(host);
        foreach (var bad in (string[])["nonsense", "127.0.0.1", "localhost:1", "127.0.0.1:99999", ""])
            roots.Run("agent", "--metrics", bad).FailsClearly(1, "--metrics");
        roots.Run("agent", "--metrics", $"127.0.0.1:{host.RegistryPort}").FailsClearly(1, "cannot serve metrics");
    }

    private static double Value(string[] lines, string metric, string container) => double.Parse(
        lines.Single(line => line.StartsWith($"skiff_container_{metric}{{") && line.Contains($"name=\"{container}\""))
            .Split(' ')[^1]);

    private static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static string Ask(string path, string request = "GET /metrics HTTP/1.1\r\nHost: agent\r\n\r\n")
    {
        using var socket = Connect(path);
        socket.Send(global::System.Text.Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(new NetworkStream(socket));
        return reader.ReadToEnd();
    }
}
