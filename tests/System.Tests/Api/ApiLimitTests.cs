using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skiff.System.Tests.Api;

/// <summary>Clients that are many, slow or silent: each gets an answer, others are served, and nothing is left.
/// </summary>
public sealed class ApiLimitTests(SkiffHost host)
{
    [Fact]
    public void Of_ten_thousand_clients_those_above_the_limit_are_told_so_and_leave_nothing()
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"]}""");
        agent.Start("a.sock");
        agent.Ask("a.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
        var (descriptors, memory) = (agent.Descriptors, Memory(agent));
        var clients = new List<Socket>();
        try
        {
            int refused = 0;
            for (int i = 0; i < 10_000; i++)
            {
                Socket client = Connect(agent);
                clients.Add(client);
                // One is there already, for questions.
                if (clients.Count < 4096) continue;
                string answer = ReadAll(client);
                Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n", answer);
                Assert.EndsWith("{\"message\":\"too many clients: at most 4096 at once (max-connections)\"}\n", answer);
                refused++;
                if (i % 500 == 0) agent.Ask("a.sock", "GET", "/info").Is(HttpStatusCode.OK);
            }
            Assert.Equal(10_000 - 4095, refused);
        }
        finally
        {
            foreach (Socket client in clients) client.Dispose();
        }
        OwnAgent.Until(() => agent.Descriptors <= descriptors + 8, "the descriptors are back");
        using (Socket next = Connect(agent))
        {
            next.Send("GET /_ping HTTP/1.0\r\n\r\n"u8);
            Assert.StartsWith("HTTP/1.1 200 OK", ReadAll(next));
        }
        OwnAgent.Until(() => Memory(agent) < memory + 16_384, "the memory is back");
    }

    [Theory]
    [InlineData("GET /_ping HTTP/1.1\r\nHost: x\r\n", "no whole request within 1 s")]
    [InlineData("POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        "no whole body within 1 s")]
    [InlineData("POST /containers/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        "no whole body within 1 s")]
    public void Clients_that_do_not_come_to_an_end_are_told_so_while_others_are_served(string request, string words)
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"], "client-timeout": 1}""");
        agent.Start("a.sock");
        agent.Ask("a.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
        int descriptors = agent.Descriptors;
        List<Socket> clients = [.. Enumerable.Range(0, 300).Select(_ => Connect(agent))];
        foreach (Socket client in clients) client.Send(Encoding.ASCII.GetBytes(request));
        agent.Ask("a.sock", "GET", "/info").Is(HttpStatusCode.OK);
        foreach (Socket client in clients)
        {
            string answer = ReadAll(client);
            Assert.StartsWith("HTTP/1.1 408 ", answer);
            Assert.Contains($"{{\"message\":\"{words}\"}}", answer);
            client.Dispose();
        }
        OwnAgent.Until(() => agent.Descriptors <= descriptors + 8, "the descriptors are back");
    }

    // One is silent; one has an answer, but does not send what it has announced.
    [Theory]
    [InlineData("")]
    [InlineData("GET /_ping HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")]
    public void A_connection_on_which_nothing_happens_is_closed(string request)
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"], "client-timeout": 1}""");
        agent.Start("a.sock");
        using Socket client = Connect(agent);
        client.Send(Encoding.ASCII.GetBytes(request));
        string answer = ReadAll(client);
        Assert.StartsWith(request.Length == 0 ? "" : "HTTP/1.1 200 OK", answer);
    }

    private static Socket Connect(OwnAgent agent) => agent.Connect("a.sock");

    private static string ReadAll(Socket socket) => ApiAgent.ReadToEnd(socket);

    // Kilobytes that are the agent's own.
    private static long Memory(OwnAgent agent) => long.Parse(File.ReadLines($"/proc/{agent.Pid}/smaps_rollup")
        .First(line => line.StartsWith("Pss_Anon:")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
}
