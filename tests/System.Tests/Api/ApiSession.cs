using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>
/// An agent with roots of its own that serves the Engine API at a socket, for the tests of one class; with it Debian's
/// docker client, and requests by hand. The image is called <c>busybox</c>.
/// </summary>
public sealed class ApiSession : IDisposable
{
    private readonly SkiffHost _host;
    private readonly OwnRoots _roots;
    private readonly Command _agent;
    private readonly HttpClient _client;
    private readonly string _socket, _docker;

    public ApiSession(SkiffHost host)
    {
        (_host, _roots) = (host, new OwnRoots(host));
        _socket = Path.Combine(_roots.Folder, "docker.sock");
        Command.Run(SkiffHost.Script("engines"), "install").Exits(0);
        _docker = SkiffHost.Source("out/tools/engines/usr/bin/docker");
        _roots.Run("pull", "-q", host.Busybox).Exits(0);
        _roots.Run("tag", host.Busybox, "busybox").Exits(0);
        _agent = _roots.Start("agent", "--listen", $"unix://{_socket}");
        Wait.Until(() => File.Exists(_socket), "the agent listens", 30);
        _client = new HttpClient(new SocketsHttpHandler { ConnectCallback = async (_, ended) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), ended);
            return new NetworkStream(socket, ownsSocket: true);
        } }) { Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>Where the roots are, and what a test wants to put beside them.</summary>
    public string Folder => _roots.Folder;

    /// <summary>A name that no other test uses.</summary>
    public string NewName(string start = "t") => _host.NewName(start);

    /// <summary>A new folder for one test.</summary>
    public string NewFolder() => _host.NewFolder();

    /// <summary>Runs the binary on the same roots.</summary>
    public CommandResult Skiff(params string[] arguments) => _roots.Run(arguments);

    /// <summary>Starts the docker client.</summary>
    public Command StartDocker(params string[] arguments) => Command.Start(_docker, arguments, Variables());

    /// <summary>Runs the docker client to its end.</summary>
    public CommandResult Docker(params string[] arguments)
    {
        using Command command = StartDocker(arguments);
        return command.Finish();
    }

    /// <summary>Runs a shell script in which <c>docker</c> is the client.</summary>
    public CommandResult Shell(string script, params string[] arguments) => Command.Shell(
        $"set -o pipefail; docker() {{ {_docker} \"$@\"; }}\n{script}", Variables(), arguments);

    /// <summary>Starts a container that waits, and returns its name; <see cref="Remove"/> is its end.</summary>
    public string Sleeper(params string[] options)
    {
        string name = NewName();
        Docker(["run", "-d", "--name", name, .. options, "busybox", "sleep", "1000"]).Exits(0);
        return name;
    }

    /// <summary>Removes containers.</summary>
    public void Remove(params string[] names) => Skiff(["rm", "-f", "-v", .. names]).Exits(0);

    /// <summary>Sends a request; the path is that of version 1.51 unless it has one.</summary>
    public ApiAnswer Send(string method, string path, string? json = null) =>
        Send(method, path, json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>Sends a request with any body.</summary>
    public ApiAnswer Send(string method, string path, HttpContent? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method),
            $"http://skiff{(path.StartsWith("/v1.") ? "" : "/v1.51")}{path}") { Content = body };
        using HttpResponseMessage answer = _client.SendAsync(request).GetAwaiter().GetResult();
        return new ApiAnswer((int)answer.StatusCode, answer.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult(),
            answer.Headers.Concat(answer.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value)));
    }

    /// <summary>Begins a request whose answer is read line by line.</summary>
    public StreamReader Follow(string path) => new(
        _client.GetStreamAsync($"http://skiff/v1.51{path}").GetAwaiter().GetResult());

    public void Dispose()
    {
        _client.Dispose();
        string log = _roots.End(_agent).Error;
        _agent.Dispose();
        _roots.Dispose();
        // What a request makes of a bug is nothing for a log.
        Assert.DoesNotContain("   at ", log);
    }

    private Dictionary<string, string?> Variables() => new()
    {
        ["DOCKER_HOST"] = $"unix://{_socket}", ["HOME"] = _roots.Folder, ["SKIFF"] = _host.Binary,
        ["SKIFF_ROOT"] = Path.Combine(_roots.Folder, "root"),
        ["SKIFF_RUN_ROOT"] = Path.Combine(_roots.Folder, "run"),
    };
}
