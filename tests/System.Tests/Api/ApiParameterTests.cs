using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>Parameters of operations on containers that Docker's client does not send, or not alone.</summary>
public sealed class ApiParameterTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    [Fact]
    public void Sizes_are_told_when_asked_for()
    {
        string name = api.Ended("head -c 100000 /dev/zero > /file");
        Assert.True((long)Row("size=1")["SizeRw"]! >= 100_000);
        Assert.False(Row("size=0").AsObject().ContainsKey("SizeRw"));
        Assert.True((long)api.Ask("GET", $"/containers/{name}/json?size=1").Is(200)!["SizeRw"]! >= 100_000);
        Assert.False(api.Ask("GET", $"/containers/{name}/json").Is(200)!.AsObject().ContainsKey("SizeRw"));
        api.Remove(name);

        JsonNode Row(string size) => api.Ask("GET", $"/containers/json?all=true&limit=1&{size}").Is(200)![0]!;
    }

    [Fact]
    public void A_container_is_for_the_platform_that_is_named()
    {
        string body = $$"""{"Image":"{{api.Host.Busybox}}"}""", name = api.Host.NewName();
        api.Ask("POST", $"/containers/create?name={name}&platform=linux/s390x", body).Fails(404, "No such image");
        api.Ask("POST", $"/containers/create?name={name}&platform=nonsense/", body).Fails(400, "nonsense/");
        api.Ask("POST", $"/containers/create?name={name}&platform=linux", body).Is(201);
        api.Remove(name);
    }

    [Fact]
    public void Logs_are_of_the_streams_times_and_lines_that_are_asked_for()
    {
        string name = api.Ended("echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three");
        string[] stamped = Logs("stdout=1&stderr=1&timestamps=1").Split('\n');
        string second = stamped[1].Split(' ')[0];
        Assert.Equal("one\ntwo\nthree\n", Logs("stdout=1&stderr=1"));
        Assert.Equal("one\nthree\n", Logs("stdout=1"));
        Assert.Equal("two\n", Logs("stderr=1&follow=1"));
        Assert.Equal("three\n", Logs("stdout=1&stderr=1&tail=1"));
        Assert.Equal("two\nthree\n", Logs($"stdout=1&stderr=1&since={second}"));
        Assert.Equal("one\ntwo\n", Logs($"stdout=1&stderr=1&until={second}"));
        api.Ask("GET", $"/containers/{name}/logs").Fails(400, "you must choose at least one stream");
        api.Remove(name);

        string Logs(string query) => Unframed(api.Send("GET", $"/containers/{name}/logs?{query}").Is(200).Body);
    }

    [Fact]
    public void Windows_get_the_size_that_is_asked_for()
    {
        string name = api.Started("-t");
        api.Ask("POST", $"/containers/{name}/resize?h=33&w=99").Is(200);
        Assert.Equal("33 99", api.In(name, "stty -F /dev/console size"));
        api.Ask("POST", $"/containers/{name}/resize?h=x&w=99").Fails(400, "invalid h");
        string exec = api.Ask("POST", $"/containers/{name}/exec", """{"Cmd":["sleep","1000"],"Tty":true}""").Is(201)!
            ["Id"]!.ToString();
        api.Ask("POST", $"/exec/{exec}/start", """{"Detach":true,"Tty":true}""").Is(200);
        api.Ask("POST", $"/exec/{exec}/resize?h=22&w=77").Is(200);
        Assert.Equal("22 77", api.In(name, "stty -F /dev/pts/1 size"));
        JsonNode shown = api.Ask("GET", $"/exec/{exec}/json").Is(200)!;
        Assert.Equal("true sleep 1000 true", $"{shown["Running"]} {shown["ProcessConfig"]!["entrypoint"]} "
            + $"{shown["ProcessConfig"]!["arguments"]![0]} {shown["ProcessConfig"]!["tty"]}");
        api.Remove(name);
    }

    [Fact]
    public void A_signal_of_choice_ends_a_container()
    {
        string name = api.Host.NewName();
        api.Docker("run", "-d", "--name", name, api.Host.Busybox, "sh", "-c",
            "trap 'echo caught; exit 3' USR2; echo ready; while :; do sleep 0.1; done").Exits(0);
        Wait.Until(() => api.Docker("logs", name).Text() == "ready", "it waits for the signal");
        api.Ask("POST", $"/containers/{name}/restart?signal=SIGUSR2&t=60").Is(204);
        Wait.Until(() => api.Docker("logs", name).Text() == "ready\ncaught\nready", "it waits again");
        api.Ask("POST", $"/containers/{name}/stop?signal=NOSUCH&t=1").Fails(400, "NOSUCH");
        api.Ask("POST", $"/containers/{name}/stop?signal=USR2&t=60").Is(204);
        Assert.Equal("3", api.Docker("inspect", "-f", "{{.State.ExitCode}}", name).Text());
        api.Ask("POST", $"/containers/{name}/start?checkpoint=one").Fails(400, "checkpoint is not supported");
        api.Ask("POST", $"/containers/{name}/start?detachKeys=ctrl-a").Is(204);
        api.Ask("DELETE", $"/containers/{name}?link=1&force=1").Fails(400, "link is not supported");
        api.Ask("DELETE", $"/containers/{name}?force=1").Is(204);
    }

    [Fact]
    public void Attaching_begins_with_the_logs_and_ends_with_the_keys()
    {
        string id = api.Create(api.Host.NewName(), """["cat"]""", """, "Tty": true, "OpenStdin": true""");
        using (Socket first = Attached("stream=1&stdin=1&stdout=1&stderr=1&detachKeys=ctrl-a,x"))
        {
            api.Ask("POST", $"/containers/{id}/start").Is(204);
            first.Send("hello\r"u8);
            // Its echo, and what comes back.
            for (string output = ""; !output.Contains("hello\r\nhello\r\n"); output += Received(first))
            {
            }
            first.Send("\u0001x"u8);
            ApiAgent.ReadToEnd(first);
        }
        using (Socket second = Attached("logs=1&stdout=1"))
            Assert.EndsWith("hello\r\nhello\r\n", ApiAgent.ReadToEnd(second));
        Assert.Equal("true", api.Docker("inspect", "-f", "{{.State.Running}}", id).Text());
        api.Remove(id);

        Socket Attached(string query)
        {
            Socket socket = api.Connect();
            socket.Send(Encoding.ASCII.GetBytes($"POST /containers/{id}/attach?{query} HTTP/1.1\r\nHost: x\r\n"
                + "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"));
            byte[] head = new byte[13];
            Assert.Equal("HTTP/1.1 101 ", Encoding.ASCII.GetString(head, 0, socket.Receive(head)));
            return socket;
        }
    }

    [Fact]
    public void Prunes_take_what_fits()
    {
        string kept = api.Create(api.Host.NewName(), """["true"]"""), gone = api.Create(
            api.Host.NewName(), """["true"]""", """, "Labels": {"of": "prune"}""");
        JsonNode pruned = api.AskFiltered("POST", "/containers/prune", """{"label":["of=prune"]}""").Is(200)!;
        Assert.Equal($"[\"{gone}\"]", pruned["ContainersDeleted"]!.ToJsonString());
        Assert.Equal("[]", api.AskFiltered("POST", "/containers/prune", """{"until":["1h"]}""").Is(200)!
            ["ContainersDeleted"]!.ToJsonString());
        api.AskFiltered("POST", "/containers/prune", """{"color":["red"]}""").Fails(400, "invalid filter 'color'");
        api.Remove(kept);
    }

    [Fact]
    public void The_daemon_tells_about_itself()
    {
        JsonNode info = api.Ask("GET", "/info").Is(200)!;
        Assert.Equal("linux inactive", $"{info["OSType"]} {info["Swarm"]!["LocalNodeState"]}");
    }

    private static string Received(Socket socket)
    {
        byte[] buffer = new byte[4096];
        int count = socket.Receive(buffer);
        Assert.True(count > 0, "the connection has ended");
        return Encoding.UTF8.GetString(buffer, 0, count);
    }

    // What frames hold (ContainerAttach, "Stream format").
    private static string Unframed(byte[] bytes)
    {
        var text = new StringBuilder();
        for (int at = 0; at < bytes.Length;)
        {
            int length = bytes[at + 4] << 24 | bytes[at + 5] << 16 | bytes[at + 6] << 8 | bytes[at + 7];
            text.Append(Encoding.UTF8.GetString(bytes, at + 8, length));
            at += 8 + length;
        }
        return text.ToString();
    }
}
