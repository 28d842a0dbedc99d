using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skiff.System.Tests.Api;

/// <summary>An agent with a configuration, arguments and roots of its own, whose log can be read while it runs.
/// </summary>
public sealed class OwnAgent : IDisposable
{
    private readonly Dictionary<string, HttpClient> _clients = [];
    private Command? _agent;

    /// <summary>Prepares; <see cref="Start"/> starts it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="config">Its file, in which @ stands for <see cref="Folder"/>; null for none.</param>
    public OwnAgent(SkiffHost host, string? config)
    {
        Host = host;
        Binary = host.Binary;
        Roots = new OwnRoots(host);
        if (config is not null) Configure(config);
    }

    /// <summary>The host.</summary>
    public SkiffHost Host { get; }

    /// <summary>What is started.</summary>
    public string Binary { get; set; }

    /// <summary>Its state.</summary>
    public OwnRoots Roots { get; }

    /// <summary>Where its sockets, its file and its log are.</summary>
    public string Folder => Roots.Folder;

    /// <summary>Its file.</summary>
    public string Config => Path.Combine(Folder, "agent.json");

    /// <summary>What it has said.</summary>
    public string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    /// <summary>The process.</summary>
    public int Pid => _agent!.Pid;

    /// <summary>How many descriptors it has.</summary>
    public int Descriptors => Directory.GetFileSystemEntries($"/proc/{Pid}/fd").Length;

    private string LogPath => Path.Combine(Folder, "agent.log");

    /// <summary>Waits for something, also on a busy machine.</summary>
    public static void Until(Func<bool> condition, string what) => Wait.Until(condition, what, 60);

    /// <summary>Writes the file.</summary>
    public void Configure(string config) => File.WriteAllText(Config, config.Replace("@", Folder));

    /// <summary>Starts it, and waits for a socket.</summary>
    public OwnAgent Start(string socket, params string[] arguments)
    {
        Launch([], arguments);
        Until(() => File.Exists(Path.Combine(Folder, socket)) || _agent!.HasExited, "the agent listens");
        Assert.False(_agent!.HasExited, Log);
        return this;
    }

    /// <summary>Starts it by a program that executes it.</summary>
    public Command Launch(string[] by, params string[] arguments)
    {
        string[] config = File.Exists(Config) ? ["--config", Config] : [];
        string[] all = [.. by, Binary, "--root", Path.Combine(Folder, "root"), "--run-root",
            Path.Combine(Folder, "run"), "agent", .. config, .. arguments];
        return _agent = Command.Start("/bin/sh",
            ["-c", "log=$1; shift; exec \"$@\" 2>> \"$log\"", "sh", LogPath, .. all], Roots.Variables);
    }

    /// <summary>Has it read its file again, and waits for what it says.</summary>
    public void Reload(string config, string said)
    {
        Configure(config);
        int before = Log.Length;
        Command.Shell($"kill -HUP {Pid}").Exits(0);
        Until(() => Log.Length > before && Log[before..].Contains(said), said);
    }

    /// <summary>One request at a socket.</summary>
    public ApiAnswer Ask(string socket, string method, string path, string? json = null,
        (string Name, string Value)? header = null)
    {
        if (!_clients.TryGetValue(socket, out HttpClient? client))
            _clients[socket] = client = new HttpClient(new SocketsHttpHandler
            {
                ConnectCallback = async (_, token) =>
                {
                    var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Folder, socket)), token);
                    return new NetworkStream(connection, ownsSocket: true);
                },
            })
            { BaseAddress = new Uri("http://api/") };
        using var request = new HttpRequestMessage(new HttpMethod(method), path.TrimStart('/'));
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (header is { } one) request.Headers.TryAddWithoutValidation(one.Name, one.Value);
        using HttpResponseMessage response = client.Send(request);
        using var reader = new StreamReader(response.Content.ReadAsStream());
        return new ApiAnswer($"{socket}: {method} {path}", response.StatusCode, reader.ReadToEnd());
    }

    /// <summary>A connection for what no client sends.</summary>
    public Socket Connect(string socket)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        connection.Connect(new UnixDomainSocketEndPoint(Path.Combine(Folder, socket)));
        connection.ReceiveTimeout = 60_000;
        return connection;
    }

    /// <summary>Creates a container; the id.</summary>
    public string Create(string socket, string name, string more = "") => Ask(
        socket, "POST", $"/containers/create?name={name}",
        $$"""{"Image": "{{Host.Busybox}}", "Cmd": ["sleep", "1000"]{{more}}}""")
        .Is(HttpStatusCode.Created).Json["Id"]!.ToString();

    /// <summary>Runs Docker's own client.</summary>
    public CommandResult Docker(string address, params string[] arguments) => Command.Shell(
        "exec \"$@\"", new Dictionary<string, string?> { ["HOME"] = Folder, ["DOCKER_HOST"] = address },
        [SkiffHost.Source("out/tools/engines/usr/bin/docker"), .. arguments]);

    /// <summary>Ends it in order.</summary>
    public void End()
    {
        if (_agent is { HasExited: false }) Command.Shell($"kill {_agent.Pid}");
        _agent?.Finish();
    }

    public void Dispose()
    {
        foreach (HttpClient client in _clients.Values) client.Dispose();
        End();
        _agent?.Dispose();
        Roots.Dispose();
    }
}
