using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>
/// An agent that serves the Engine API on a socket, with roots of its own that have the busybox image; for the tests of
/// one class.
/// </summary>
public sealed class ApiAgent : IDisposable
{
    private readonly OwnRoots _roots;
    private readonly Command _agent;
    private readonly HttpClient _client;
    private CommandResult? _end;

    public ApiAgent(SkiffHost host)
    {
        Command.Run(SkiffHost.Script("engines"), "install").Exits(0);
        Host = host;
        _roots = new OwnRoots(host);
        Socket = Path.Combine(_roots.Folder, "docker.sock");
        _roots.Run("pull", "-q", host.Busybox).Exits(0);
        _agent = _roots.Start("agent", "--listen", $"unix://{Socket}");
        Wait.Until(() => File.Exists(Socket), "the agent listens");
        _client = new HttpClient(new SocketsHttpHandler { ConnectCallback = async (_, token) =>
            new NetworkStream(await ConnectAsync(token), ownsSocket: true) }) { BaseAddress = new Uri("http://api/") };
    }

    /// <summary>What the agent is tested on.</summary>
    public SkiffHost Host { get; }

    /// <summary>The path of its socket.</summary>
    public string Socket { get; }

    /// <summary>The agent's process.</summary>
    public int Pid => _agent.Pid;

    /// <summary>Runs Docker's own client against it.</summary>
    public CommandResult Docker(params string[] arguments) => DockerWith(null, arguments);

    /// <summary>As <see cref="Docker"/>, with something to read.</summary>
    public CommandResult DockerWith(string? input, params string[] arguments)
    {
        using var docker = StartDocker(arguments);
        return docker.Finish(input);
    }

    /// <summary>Starts Docker's own client.</summary>
    public Command StartDocker(params string[] arguments) => Command.Start(
        Path.Combine(SkiffHost.Script(".."), "out/tools/engines/usr/bin/docker"), arguments,
        new Dictionary<string, string?> { ["DOCKER_HOST"] = $"unix://{Socket}", ["HOME"] = _roots.Folder });

    /// <summary>Runs skiff itself on the same state.</summary>
    public CommandResult Skiff(params string[] arguments) => _roots.Run(arguments);

    /// <summary>One request.</summary>
    public ApiAnswer Ask(string method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path.TrimStart('/'));
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = _client.Send(request);
        using var reader = new StreamReader(response.Content.ReadAsStream());
        return new ApiAnswer($"{method} {path}", response.StatusCode, reader.ReadToEnd());
    }

    /// <summary>Creates a container that sleeps, and starts it; the id.</summary>
    public string Sleeper(string name)
    {
        string id = Create(name, """["sleep", "1000"]""");
        Ask("POST", $"/containers/{id}/start").Is(HttpStatusCode.NoContent);
        return id;
    }

    /// <summary>Creates a container; the id.</summary>
    public string Create(string name, string command, string more = "") => Ask("POST",
        $"/containers/create?name={name}", $$"""{"Image": "{{Host.Busybox}}", "Cmd": {{command}}{{more}}}""")
        .Is(HttpStatusCode.Created).Json["Id"]!.ToString();

    /// <summary>A connection for what no client sends.</summary>
    public Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Socket));
        socket.ReceiveTimeout = 60_000;
        return socket;
    }

    /// <summary>Sends text over a connection of its own, and reads until the server closes it.</summary>
    public string Exchange(string text)
    {
        using Socket socket = Connect();
        socket.Send(Encoding.Latin1.GetBytes(text));
        return ReadToEnd(socket);
    }

    /// <summary>All that still comes.</summary>
    public static string ReadToEnd(Socket socket)
    {
        var bytes = new List<byte>();
        byte[] buffer = new byte[65536];
        for (int count; (count = socket.Receive(buffer)) > 0;) bytes.AddRange(buffer.AsSpan(0, count));
        return Encoding.Latin1.GetString([.. bytes]);
    }

    /// <summary>Ends the agent in order; what it has said.</summary>
    public CommandResult End() => _end ??= _roots.End(_agent);

    public void Dispose()
    {
        _client.Dispose();
        End();
        _agent.Dispose();
        Assert.False(File.Exists(Socket), "the socket goes with the agent");
        _roots.Dispose();
    }

    private async Task<Socket> ConnectAsync(CancellationToken token)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), token);
        return socket;
    }
}

/// <summary>What one request was answered.</summary>
/// <param name="Line">The request, for messages.</param>
/// <param name="Status">The status.</param>
/// <param name="Text">The body.</param>
public sealed record ApiAnswer(string Line, HttpStatusCode Status, string Text)
{
    /// <summary>The body as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Text)!;

    /// <summary>Fails unless the status is this one.</summary>
    public ApiAnswer Is(HttpStatusCode status)
    {
        Assert.True(Status == status, $"expected {status}: {Line}: {Status}: {Text}");
        return this;
    }

    /// <summary>Fails unless it is an error of this status with these words in its message.</summary>
    public void Fails(HttpStatusCode status, params string[] words)
    {
        string message = Is(status).Json["message"]!.ToString();
        foreach (string word in words) Assert.Contains(word, message);
    }
}
