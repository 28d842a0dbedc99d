using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace Skiff.System.Tests.Api;

/// <summary>Attaching by WebSocket, with .NET's client, and as no client should do it.</summary>
public sealed class ApiWebSocketTests(ApiAgent api) : IClassFixture<ApiAgent>, IDisposable
{
    private const string Handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(2));

    // Headers, the status, words.
    public static TheoryData<string, int, string> BadHandshakes => new()
    {
        { "", 400, "Upgrade: websocket" },
        { Handshake.Replace("websocket\r\n", "tcp\r\n"), 400, "Upgrade: websocket" },
        { Handshake.Replace("n: Upgrade", "n: close"), 400, "Connection: Upgrade" },
        { Handshake.Replace("13", "8"), 426, "has to be 13" },
        { Handshake.Replace("dGhl", ""), 400, "Sec-WebSocket-Key" },
        { Handshake.Replace("dGhl", "*"), 400, "Sec-WebSocket-Key" },
    };

    // What a client sends, in hexadecimal: its frames have masks (here of zeros) and no reserved bits.
    public static TheoryData<string> BrokenFrames =>
    [
        "8203616263", // No mask.
        "c28000000000", // A reserved bit.
        "838000000000", // An opcode that nobody knows.
        "808000000000", // Goes on with nothing.
        "028000000000828000000000", // A message within a message.
        "098000000000", // A ping in pieces.
        "89fe007e00000000", // A ping that is too long.
        "82ff800000000000000000000000", // A length of 64 bits.
    ];

    [Theory, MemberData(nameof(BadHandshakes))]
    public void A_handshake_that_cannot_be_is_refused(string headers, int status, string words)
    {
        string id = api.Create(api.Host.NewName(), """["true"]""");
        WholeAnswer answer = api.Send("GET", $"/containers/{id}/attach/ws?stream=1&stdout=1", null, headers);
        answer.Fails(status, words);
        Assert.Equal(status == 426 ? "13" : null, answer.Headers.GetValueOrDefault("Sec-WebSocket-Version"));
        api.Send("GET", "/containers/nobody/attach/ws", null, Handshake).Fails(404, "No such container");
        api.Remove(id);
    }

    [Fact]
    public async Task Input_goes_in_and_both_streams_come_out_until_the_end()
    {
        string id = api.Create(api.Host.NewName(), """["sh", "-c", "read a; echo out $a; echo err >&2; exit 3"]""",
            """, "OpenStdin": true""");
        using ClientWebSocket socket = await OpenAsync(
            $"/containers/{id}/attach/ws?stream=1&stdin=1&stdout=1&stderr=1");
        api.Ask("POST", $"/containers/{id}/start").Is(HttpStatusCode.NoContent);
        // One message in two frames, and the type of it says nothing.
        await socket.SendAsync("wo"u8.ToArray(), WebSocketMessageType.Text, false, _patience.Token);
        await socket.SendAsync("rd\n"u8.ToArray(), WebSocketMessageType.Text, true, _patience.Token);
        string output = await ReadToCloseAsync(socket);
        Assert.Equal(["err", "out word"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, _patience.Token);
        api.Remove(id);
    }

    [Theory]
    [InlineData("/containers/{0}/attach/ws?logs=1&stdout=1", "out\n")]
    [InlineData("/containers/{0}/attach/ws?logs=1&stderr=1", "err\n")]
    [InlineData("/v1.41/containers/{0}/attach/ws?logs=1", "out\nerr\n")]
    [InlineData("/containers/{0}/attach/ws?stdout=1", "")]
    public async Task What_was_logged_comes_first(string path, string output)
    {
        string name = api.Ended("echo out; sleep 0.2; echo err >&2");
        using ClientWebSocket socket = await OpenAsync(path.Replace("{0}", name));
        Assert.Equal(output, await ReadToCloseAsync(socket));
        api.Remove(name);
    }

    [Fact]
    public async Task Much_goes_through_both_ways()
    {
        string id = api.Create(api.Host.NewName(), """["head", "-c", "3000000"]""", """, "OpenStdin": true""");
        using ClientWebSocket socket = await OpenAsync($"/containers/{id}/attach/ws?stream=1&stdin=1&stdout=1");
        api.Ask("POST", $"/containers/{id}/start").Is(HttpStatusCode.NoContent);
        byte[] sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        Task<byte[]> reading = BytesToCloseAsync(socket);
        foreach (Range range in new Range[] { ..125, 125..251, 251..66_000, 66_000.. })
            await socket.SendAsync(sent[range], WebSocketMessageType.Binary, true, _patience.Token);
        Assert.Equal(sent, await reading);
        api.Remove(id);
    }

    [Fact]
    public async Task Keys_and_a_close_leave_the_container_running()
    {
        string id = api.Create(api.Host.NewName(), """["cat"]""", """, "OpenStdin": true, "Tty": true""");
        using ClientWebSocket first = await OpenAsync(
            $"/containers/{id}/attach/ws?stream=1&stdin=1&stdout=1&detachKeys=ctrl-a,x");
        // Whoever waits is told by the connection of the one who attached first, also when he leaves.
        Task<ApiAnswer> waiting = Task.Run(() => api.Ask("POST", $"/containers/{id}/wait?condition=next-exit"),
            _patience.Token);
        await Task.Delay(500, _patience.Token);
        api.Ask("POST", $"/containers/{id}/start").Is(HttpStatusCode.NoContent);
        await first.SendAsync("\u0001x"u8.ToArray(), WebSocketMessageType.Binary, true, _patience.Token);
        await ReadToCloseAsync(first);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, first.CloseStatus);

        using ClientWebSocket second = await OpenAsync($"/containers/{id}/attach/ws?stream=1&stdin=1");
        await second.CloseAsync(WebSocketCloseStatus.NormalClosure, null, _patience.Token);
        Assert.Equal("true", api.Docker("inspect", id, "--format", "{{.State.Running}}").Text());
        Assert.False(waiting.IsCompleted);
        api.Docker("kill", id).Exits(0);
        Assert.Equal(137, (int)(await waiting).Json["StatusCode"]!);
        api.Remove(id);
    }

    [Theory, MemberData(nameof(BrokenFrames))]
    public void Who_breaks_the_protocol_is_told_so(string frames)
    {
        string name = api.Started();
        using Socket socket = Raw(name);
        socket.Send(Convert.FromHexString(frames));
        Assert.Equal("\x88\x02\x03\xea", ApiAgent.ReadToEnd(socket)); // 1002
        api.Remove(name);
    }

    [Fact]
    public void Frames_may_come_byte_by_byte_and_a_ping_between_them_is_answered()
    {
        string id = api.Create(api.Host.NewName(), """["head", "-c", "5"]""", """, "OpenStdin": true""");
        api.Ask("POST", $"/containers/{id}/start").Is(HttpStatusCode.NoContent);
        using Socket socket = Raw(id);
        // "abc", a ping, "de", with masks.
        foreach (byte one in Convert.FromHexString("0283010203046060608982ff00ff0096008082000000006465"))
            socket.Send([one]);
        Assert.Equal("\x8a\x02i\0", Received(socket, 4));
        string output = Received(socket, 7);
        Assert.Equal(("\x82\x05", "abcde"), (output[..2], output[2..]));
        Assert.Equal("\x88\x02\x03\xe8", Received(socket, 4));
        socket.Send(Convert.FromHexString("888200000000" + "03e8"));
        Assert.Equal("", ApiAgent.ReadToEnd(socket));
        api.Remove(id);
    }

    public void Dispose() => _patience.Dispose();

    private Socket Raw(string name)
    {
        Socket socket = api.Connect();
        socket.Send(Encoding.ASCII.GetBytes(
            $"GET /containers/{name}/attach/ws?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\n"
            + Handshake.Replace("n: Upgrade", "n: keep-alive, Upgrade") + "\r\n"));
        string head = "";
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal)) head += Received(socket, 1);
        Assert.StartsWith("HTTP/1.1 101 ", head);
        // RFC 6455, section 1.3.
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", head);
        return socket;
    }

    private static string Received(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            int more = socket.Receive(bytes.AsSpan(at));
            Assert.True(more > 0, $"the connection ended after {at} of {count} bytes");
            at += more;
        }
        return Encoding.Latin1.GetString(bytes);
    }

    private async Task<ClientWebSocket> OpenAsync(string path)
    {
        var socket = new ClientWebSocket();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, _) =>
                ValueTask.FromResult<Stream>(new NetworkStream(api.Connect(), ownsSocket: true)),
        }, disposeHandler: false);
        await socket.ConnectAsync(new Uri($"ws://api{path}"), invoker, _patience.Token);
        return socket;
    }

    private async Task<string> ReadToCloseAsync(ClientWebSocket socket) =>
        Encoding.UTF8.GetString(await BytesToCloseAsync(socket));

    private async Task<byte[]> BytesToCloseAsync(ClientWebSocket socket)
    {
        var bytes = new List<byte>();
        byte[] buffer = new byte[65536];
        while (true)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, _patience.Token);
            if (result.MessageType == WebSocketMessageType.Close) return [.. bytes];
            Assert.Equal(WebSocketMessageType.Binary, result.MessageType);
            bytes.AddRange(buffer.AsSpan(0, result.Count));
        }
    }
}
