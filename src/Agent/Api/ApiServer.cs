using System.Net.Sockets;
using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Manager;
using Skiff.Agent.Manager.Settings;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Api;

/// <summary>
/// The Docker Engine API (1.51) in the agent: finds the operation of a request, and makes its errors answers. Each
/// request has an engine of its own, as each verb of the command line has.
/// </summary>
internal sealed class ApiServer : IAgentApi
{
    /// <summary>The newest version that is spoken.</summary>
    public static readonly Version Newest = new(1, 51);

    /// <summary>The oldest one.</summary>
    public static readonly Version Oldest = new(1, 40);

    private readonly StateRoots _roots;
    private readonly Action<string> _log;
    private readonly HttpServer _http;
    private readonly List<Listener> _listeners = [];
    private readonly IdleRelease _memory = new();

    /// <summary>Prepares; nothing is served yet.</summary>
    /// <param name="roots">The state that it works on.</param>
    /// <param name="log">Takes a line about what went wrong.</param>
    public ApiServer(StateRoots roots, Action<string> log)
    {
        (_roots, _log) = (roots, log);
        _http = new HttpServer(log);
        Events = new EventHub(roots, log);
    }

    /// <summary>Executions that clients have asked for.</summary>
    public ExecTable Execs { get; } = new();

    /// <summary>Clients that wait for a start.</summary>
    public ContainerRuns Runs { get; } = new();

    /// <summary>What happens, for those who follow it.</summary>
    public EventHub Events { get; }

    /// <summary>Cancelled when the agent ends.</summary>
    public CancellationToken Ended => _http.Ended;

    /// <summary>How the agent is set up.</summary>
    public AgentSettings Settings { get; private set; } = new();

    /// <summary>Serves as settings say.</summary>
    /// <exception cref="UsageException">A place is not to be had, or a certificate is of no use.</exception>
    public static IAgentApi Open(StateRoots roots, AgentSettings settings)
    {
        var server = new ApiServer(roots, Cli.Output.Error);
        try
        {
            server.Apply(settings);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Tells what is wrong with files that settings name.</summary>
    /// <exception cref="UsageException">A certificate is of no use.</exception>
    public static void Check(AgentSettings settings)
    {
        if (settings.Tls is { } files) ServerTls.Load(files);
    }

    /// <inheritdoc/>
    public void Apply(AgentSettings settings)
    {
        bool usesTls = settings.Sockets.Any(socket => socket.Address.Kind == ListenKind.Tcp);
        ServerTls? tls = usesTls ? ServerTls.Load(settings.Tls!) : null;
        List<Listener> kept = _listeners.FindAll(one => settings.Sockets.Contains(one.Settings));
        List<Listener> added = [];
        try
        {
            foreach (SocketSettings socket in settings.Sockets)
                if (!kept.Exists(one => one.Settings == socket)) added.AddRange(Listener.Open(
                    socket, Ended, _listeners.Find(one => one.Settings.Address == socket.Address)));
        }
        catch
        {
            foreach (Listener listener in added) listener.Dispose();
            throw;
        }
        foreach (Listener gone in _listeners.FindAll(one => !kept.Contains(one)))
        {
            gone.IsReplaced = added.Exists(one => one.Settings.Address == gone.Settings.Address);
            _listeners.Remove(gone);
            _http.Close(gone);
        }
        _listeners.AddRange(added);
        foreach (Listener listener in _listeners)
            listener.Tls = listener.Settings.Address.Kind == ListenKind.Tcp ? tls : null;
        Settings = settings;
        (_http.MaxConnections, _http.TimeoutMs) = (settings.MaxConnections, settings.ClientTimeout * 1000);
        foreach (Listener listener in added)
            _http.Serve(listener, x => AnswerAsync(x, listener.Settings.Scope));
    }

    /// <inheritdoc/>
    public long Clients => _http.Clients;

    /// <inheritdoc/>
    public bool TryRest() => !Execs.IsBusy && _http.TryRestAsync().GetAwaiter().GetResult();

    /// <summary>An engine on the state. Its containers log as Docker's do: docker-py reads no others.</summary>
    /// <param name="warn">Takes its warnings; null for the log.</param>
    public Engine Open(Action<string>? warn = null) =>
        new(_roots) { Warn = warn ?? _log, DefaultLogDriver = "json-file" };

    /// <summary>Does what may wait, on a thread of its own: a handful of those of the pool serve all clients.</summary>
    public static Task<T> RunAsync<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>As the other one, for what has no result.</summary>
    public static Task RunAsync(Action work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Answers with what is written on a thread of its own, and may wait for others.</summary>
    public static async Task JsonAsync(Exchange x, int status, Action<Utf8JsonWriter> write) =>
        await x.WholeAsync(status, "application/json", await RunAsync(() => Exchange.Json(write)));

    /// <summary>Notes an error of which a client was told; of a fault of this program, where it is, too.</summary>
    public void Note(Exchange x, Exception e)
    {
        bool isShort = !Settings.Debug && e is (LinuxException or ImageException or ApiException);
        _log($"{x.Request.Method} {x.Request.Path}: {(isShort ? e.Message : e)}");
    }

    /// <summary>
    /// Does the work of a request on a thread of its own, and answers with what it says then. One method for all of
    /// them: each that waits by itself would be kilobytes of the binary.
    /// </summary>
    /// <param name="x">The request.</param>
    /// <param name="status">Of the answer.</param>
    /// <param name="work">Gets the body, which has to be an object, if the request is to have one; returns what writes
    /// the answer, or null for none.</param>
    /// <param name="hasBody">Whether it is.</param>
    public static async Task WorkAsync(
        Exchange x, int status, Func<JsonElement, Action<Utf8JsonWriter>?> work, bool hasBody = false)
    {
        using JsonDocument? body = hasBody ? JsonBody.Parse(await x.ReadBodyAsync()) : null;
        JsonElement root = body?.RootElement ?? default;
        if (await RunAsync(() => work(root)) is { } write) await x.JsonAsync(status, write);
        else await x.EmptyAsync(status);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task AnswerAsync(Exchange x, SocketScope? scope)
    {
        x.Scope = scope;
        x.SetHeader("Api-Version", Newest.ToString());
        x.SetHeader("Docker-Experimental", "false");
        x.SetHeader("Ostype", "linux");
        x.SetHeader("Server", $"Skiff/{SystemOperations.EngineVersion} (linux)");
        try
        {
            Operation operation = Find(x);
            Scoped.Admit(this, operation, x);
            await operation.Handle(this, x);
        }
        catch (Exception e) when (StatusOf(e) is var status and > 0)
        {
            if (status == 500) Note(x, e);
            await FailAsync(x, status, e.Message);
            // The rest of the body is not worth reading.
            if (e is HttpFault) throw new IOException("the request was refused");
        }
        finally
        {
            _memory.RequestEnded();
        }
    }

    private static Operation Find(Exchange x)
    {
        string path = WithoutVersion(x);
        bool known = false;
        foreach (Operation operation in OperationTable.Rows)
        {
            if (!operation.Matches(path, out string id)) continue;
            known = true;
            if (operation.Method != x.Request.Method) continue;
            x.Id = id;
            return id.Contains('\0') ? throw ApiException.Bad("the path has a NUL in it") : operation;
        }
        throw SwarmPaths.IsOne(path) ? new ApiException(503, SwarmPaths.Message)
            : BuildOperations.OtherPaths.Contains(path) ? BuildOperations.Missing()
            : known ? new ApiException(405, "method not allowed") : new ApiException(404, "page not found");
    }

    // /v1.51/info and /info are the same.
    private static string WithoutVersion(Exchange x)
    {
        string path = x.Request.Path;
        if (path.Length < 3 || path[1] != 'v' || !char.IsAsciiDigit(path[2])) return path;
        int slash = path.IndexOf('/', 1);
        string text = path[2..(slash < 0 ? path.Length : slash)];
        if (!Version.TryParse(text, out Version? version)) return path;
        if (version < Oldest) throw ApiException.Bad($"client version {version} is too old. Minimum supported API "
            + $"version is {Oldest}, please upgrade your client to a newer version");
        if (version > Newest) throw ApiException.Bad(
            $"client version {version} is too new. Maximum supported API version is {Newest}");
        x.Version = version;
        return slash < 0 ? "/" : path[slash..];
    }

    /// <summary>The status of an error; 0 for one of the connection, on which there is no answer.</summary>
    public static int StatusOf(Exception e) => e switch
    {
        ApiException api => api.Status,
        HttpFault fault => fault.Status,
        UsageException { Kind: UsageKind.NotFound } => 404,
        UsageException { Kind: UsageKind.Conflict } => 409,
        UsageException { Kind: UsageKind.Forbidden } => 403,
        UsageException => 400,
        ImageException image => image.Kind switch
        {
            ImageErrorKind.NotFound => 404,
            ImageErrorKind.Conflict => 409,
            ImageErrorKind.Invalid => 400,
            ImageErrorKind.Denied => 401,
            _ => 500,
        },
        System.Text.Json.JsonException => 400,
        FormatException => 400,
        IOException or SocketException or OperationCanceledException or ObjectDisposedException => 0,
        _ => 500,
    };

    private static async Task FailAsync(Exchange x, int status, string message)
    {
        // What has begun cannot be an error any more; its end, cut off, tells the client.
        if (x.HasBegun) throw new IOException(message);
        await x.JsonAsync(status, w => Exchange.WriteError(w, message));
    }
}
