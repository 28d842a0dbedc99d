using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skiff.System.Tests.Api;

/// <summary>HTTP itself, also as no client should speak it; versions and errors of the API.</summary>
public sealed class ApiProtocolTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    [Theory]
    [InlineData("GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200 OK")]
    [InlineData("GET http://x/v1.40/_ping HTTP/1.0\r\n\r\n", "200 OK")]
    [InlineData("HEAD /_ping HTTP/1.0\r\n\r\n", "200 OK")]
    [InlineData("\r\nGET /_ping HTTP/1.0\r\n\r\n", "200 OK")]
    [InlineData("GET /_ping HTTP/2.0\r\nHost: x\r\n\r\n", "505")]
    [InlineData("GET /_ping\r\n\r\n", "400")]
    [InlineData("GET /_ping HTTP/1.1\r\n\r\n", "400")]
    [InlineData("GET _ping HTTP/1.0\r\n\r\n", "400")]
    [InlineData("G T /_ping HTTP/1.0\r\n\r\n", "400")]
    [InlineData("GET /_ping HTTP/1.0\r\nBad Name: x\r\n\r\n", "400")]
    [InlineData("GET /_ping HTTP/1.0\r\nA: x\r\n B: folded\r\n\r\n", "400")]
    [InlineData("POST /containers/prune HTTP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "400")]
    [InlineData("POST /containers/prune HTTP/1.0\r\nContent-Length: -1\r\n\r\n", "400")]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "400")]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "501")]
    [InlineData("POST /containers/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400")]
    [InlineData("POST /containers/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "400")]
    [InlineData("POST /containers/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}xx", "400")]
    [InlineData("POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", "413")]
    [InlineData("GET /containers/%00/json HTTP/1.0\r\n\r\n", "400")]
    [InlineData("POST /containers/create HTTP/1.0\r\nContent-Length: 13\r\n\r\n{\"Image\":\"\u00d0\"}", "400")]
    [InlineData("POST /containers/create HTTP/1.0\r\nContent-Length: 14\r\n\r\n{\"a\":\"\\ud800\"}", "400")]
    public void Each_request_has_the_answer_that_it_deserves(string text, string status)
    {
        // Its sending half is closed, too: who waits for more than that would wait for ever.
        using Socket socket = api.Connect();
        socket.Send(Encoding.Latin1.GetBytes(text));
        socket.Shutdown(SocketShutdown.Send);
        Assert.StartsWith($"HTTP/1.1 {status}", ApiAgent.ReadToEnd(socket));
    }

    [Theory]
    [InlineData("nowhere", "expected unix://PATH")]
    [InlineData("unix://", "expected unix://PATH")]
    [InlineData("tcp://127.0.0.1:2375", "TCP needs certificates")]
    public void Agent_refuses_to_listen_where_it_should_not(string address, string problem)
    {
        using var roots = new OwnRoots(api.Host);
        Assert.Contains(problem, roots.Run("agent", "--listen", address).Exits(1).Error);
    }

    [Fact]
    public void Heads_have_a_limit()
    {
        Assert.StartsWith("HTTP/1.1 431", api.Exchange("GET /" + new string('a', 100_000) + " HTTP/1.0\r\n\r\n"));
        string headers = string.Concat(Enumerable.Range(0, 200).Select(i => $"h{i}: x\r\n"));
        Assert.StartsWith("HTTP/1.1 431", api.Exchange($"GET / HTTP/1.0\r\n{headers}\r\n"));
    }

    [Fact]
    public void Requests_may_come_together_and_in_pieces()
    {
        using Socket socket = api.Connect();
        const string one = "GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n";
        const string chunked = "POST /containers/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "1;ext=1\r\n{\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n";
        string last = one.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        foreach (char c in one + one + chunked) socket.Send([(byte)c]);
        socket.Send(Encoding.ASCII.GetBytes(last));
        string answers = ApiAgent.ReadToEnd(socket);
        Assert.Equal(3, answers.Split("HTTP/1.1 200 OK").Length - 1);
        Assert.Contains("no image specified", answers);
    }

    [Fact]
    public void A_client_that_asks_before_it_sends_gets_leave()
    {
        using Socket socket = api.Connect();
        socket.Send(Encoding.ASCII.GetBytes("POST /containers/create HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            + "Content-Length: 2\r\nConnection: close\r\n\r\n"));
        byte[] buffer = new byte[1000];
        Assert.StartsWith("HTTP/1.1 100 Continue\r\n\r\n", Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer)));
        socket.Send("{}"u8);
        Assert.Contains("no image specified", ApiAgent.ReadToEnd(socket));
    }

    [Fact]
    public void Every_answer_names_the_version()
    {
        string answer = api.Exchange("GET /_ping HTTP/1.0\r\n\r\n");
        Assert.Contains("\r\nApi-Version: 1.51\r\n", answer);
        Assert.Contains("\r\nOstype: linux\r\n", answer);
        Assert.EndsWith("\r\n\r\nOK", answer);
    }

    [Fact]
    public void Versions_out_of_range_are_refused()
    {
        api.Ask("GET", "/v1.40/version").Is(HttpStatusCode.OK);
        api.Ask("GET", "/v1.51/version").Is(HttpStatusCode.OK);
        api.Ask("GET", "/v1.39/version").Fails(HttpStatusCode.BadRequest, "1.39 is too old");
        api.Ask("GET", "/v1.52/version").Fails(HttpStatusCode.BadRequest, "1.52 is too new");
        api.Ask("GET", "/nosuch").Fails(HttpStatusCode.NotFound, "page not found");
        api.Ask("DELETE", "/version").Is(HttpStatusCode.MethodNotAllowed);
    }

    [Theory]
    [InlineData("GET", "/swarm")]
    [InlineData("POST", "/v1.44/swarm/init")]
    [InlineData("GET", "/services")]
    [InlineData("GET", "/nodes/x")]
    [InlineData("GET", "/secrets")]
    [InlineData("POST", "/configs/create")]
    [InlineData("GET", "/tasks")]
    public void Swarm_is_answered_as_by_a_daemon_outside_of_one(string method, string path) =>
        api.Ask(method, path).Fails(HttpStatusCode.ServiceUnavailable, "This node is not a swarm manager");

    [Fact]
    public void A_thousand_idle_clients_keep_nobody_waiting()
    {
        var clients = new List<Socket>();
        try
        {
            for (int i = 0; i < 1000; i++)
            {
                clients.Add(api.Connect());
                if (i % 2 == 0) clients[^1].Send("GET /_ping HTT"u8);
            }
            api.Ask("GET", "/_ping").Is(HttpStatusCode.OK);
            clients[0].Send("P/1.0\r\n\r\n"u8);
            Assert.EndsWith("OK", ApiAgent.ReadToEnd(clients[0]));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }
}
