using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Skiff.System.Tests.Api;

/// <summary>Clients that ask and do not read the answer: they are let go, and nobody else feels them.</summary>
public sealed class ApiReaderTests(SkiffHost host)
{
    // More than a socket holds, and than a monitor keeps for one that is behind.
    private const string Much = "head -c 3000000 /dev/zero | tr '\\0' x";

    private readonly List<Socket> _clients = [];

    // Whoever has nothing to be sent is nobody's burden, and stays.
    [Fact]
    public void Answers_that_nobody_reads_end_and_those_with_nothing_to_say_do_not()
    {
        using OwnAgent agent = Start();
        string id = Create(agent, "long", "sleep 1000", $$""", "Labels": {"much": "{{new string('x', 1_000_000)}}"}""");
        string talks = Create(agent, "talks", $"{Much}; sleep 1000");
        Begin(agent, talks);
        OwnAgent.Until(() => agent.Ask("a.sock", "GET", $"/containers/{talks}/logs?stdout=1").Text.Length > 2_900_000,
            "all is logged");
        string since = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString();
        for (int i = 0; i < 1500; i++) agent.Ask("a.sock", "POST", $"/containers/{id}/rename?name=long{i % 2}")
            .Is(HttpStatusCode.NoContent);
        using Socket idle = Send(agent, "GET", "/events?filters={%22type%22:[%22volume%22]}");
        using Socket silent = Send(agent, "GET", "/containers/long1/logs?follow=1&stdout=1");
        OwnAgent.Until(() => idle.Available > 0 && silent.Available > 0, "they are served");
        int descriptors = Descriptors(agent);
        string[] paths =
        [
            "/containers/json?all=1", "/containers/talks/logs?follow=1&stdout=1", $"/events?since={since}",
            "/containers/talks/export", "/containers/talks/archive?path=/bin", $"/images/{host.Busybox}/get",
        ];
        foreach (string path in paths) _clients.Add(Send(agent, "GET", path));
        agent.Ask("a.sock", "GET", "/info").Is(HttpStatusCode.OK);
        AssertLetGo(agent, paths, others: 2);
        OwnAgent.Until(() => Descriptors(agent) <= descriptors, "so are the descriptors of what they read");
        agent.Ask("a.sock", "POST", "/volumes/create", """{"Name": "one"}""").Is(HttpStatusCode.Created);
        Assert.Contains("\"Action\":\"create\"", ReadUntil(idle, "create"));
        Assert.False(silent.Poll(0, SelectMode.SelectRead) && silent.Available == 0, "it is still followed");
    }

    // Its output is thrown away then, and it goes on.
    [Theory]
    [InlineData("POST", "/containers/talks/attach?stream=1&stdout=1", "")]
    [InlineData("POST", "/containers/talks/attach?stream=1&stdin=1&stdout=1", "")]
    [InlineData("GET", "/containers/talks/attach/ws?stream=1&stdout=1", "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    public void A_container_goes_on_when_one_that_is_attached_does_not_read(string method, string path, string headers)
    {
        using OwnAgent agent = Start();
        string id = Create(agent, "talks", Much, ", \"OpenStdin\": true");
        int descriptors = Descriptors(agent);
        _clients.Add(Send(agent, method, path, headers));
        OwnAgent.Until(() => _clients[0].Available > 0, "it is attached");
        Begin(agent, id);
        OwnAgent.Until(() => StateOf(agent, id) == "exited", "it is not held up");
        AssertLetGo(agent, [path]);
        OwnAgent.Until(() => Descriptors(agent) <= descriptors, "its descriptors are back");
    }

    [Fact]
    public void A_process_goes_on_whose_client_does_not_read_and_the_client_is_let_go_before_its_end()
    {
        using OwnAgent agent = Start();
        string id = Create(agent, "sleeps", "sleep 1000");
        Begin(agent, id);
        string exec = (string)agent.Ask("a.sock", "POST", $"/containers/{id}/exec",
            $$"""
            {"Cmd": ["sh", "-c", "{{Much.Replace("\\", "\\\\")}}; touch /over; sleep 1000"],
            "AttachStdin": true, "AttachStdout": true}
            """).Is(HttpStatusCode.Created).Json["Id"]!;
        _clients.Add(Send(agent, "POST", $"/exec/{exec}/start", "", "{}"));
        OwnAgent.Until(() => agent.Roots.Run("exec", id, "test", "-e", "/over").ExitCode == 0, "it is not held up");
        AssertLetGo(agent, [exec]);
        Assert.True((bool)agent.Ask("a.sock", "GET", $"/exec/{exec}/json").Json["Running"]!);
    }

    private OwnAgent Start()
    {
        var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"], "client-timeout": 1}""");
        agent.Roots.Run("pull", "-q", host.Busybox).Exits(0);
        return agent.Start("a.sock");
    }

    private string Create(OwnAgent agent, string name, string script, string more = "") => (string)agent.Ask(
        "a.sock", "POST", $"/containers/create?name={name}", $$"""
        {"Image": "{{host.Busybox}}", "Cmd": ["sh", "-c", "{{script.Replace("\\", "\\\\")}}"],
        "HostConfig": {"NetworkMode": "none"}{{more}}}
        """).Is(HttpStatusCode.Created).Json["Id"]!;

    private static void Begin(OwnAgent agent, string id) =>
        agent.Ask("a.sock", "POST", $"/containers/{id}/start").Is(HttpStatusCode.NoContent);

    private static string StateOf(OwnAgent agent, string id) =>
        (string)agent.Ask("a.sock", "GET", $"/containers/{id}/json").Json["State"]!["Status"]!;

    private static Socket Send(OwnAgent agent, string method, string path, string headers = "", string body = "")
    {
        Socket socket = agent.Connect("a.sock");
        socket.Send(Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}"
            + $"Content-Length: {body.Length}\r\n\r\n{body}"));
        return socket;
    }

    // The agent has closed the connections, in the middle of the answers.
    private void AssertLetGo(OwnAgent agent, string[] what, int others = 0)
    {
        OwnAgent.Until(() => Connections(agent) <= others, "the clients are let go");
        for (int i = 0; i < what.Length; i++)
        {
            using Socket client = _clients[i];
            string answer = ApiAgent.ReadToEnd(client);
            Assert.Matches("^HTTP/1.1 (200|101) ", answer);
            Assert.False(answer.EndsWith("0\r\n\r\n"), $"{what[i]}: the answer was read");
        }
    }

    // Those that the agent has besides the one that asks; sockets that it has closed are not in the list.
    private static int Connections(OwnAgent agent)
    {
        agent.Ask("a.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
        string end = $" 03 [0-9]+ {Path.Combine(agent.Folder, "a.sock")}$";
        return File.ReadLines("/proc/self/net/unix").Count(line => Regex.IsMatch(line, end)) - 1;
    }

    private static int Descriptors(OwnAgent agent)
    {
        agent.Ask("a.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
        return agent.Descriptors;
    }

    private static string ReadUntil(Socket client, string word)
    {
        byte[] buffer = new byte[4096];
        string text = "";
        while (!text.Contains(word) && client.Receive(buffer) is > 0 and var count)
            text += Encoding.UTF8.GetString(buffer, 0, count);
        return text;
    }
}
