using Skiff.Agent.Manager;
using Skiff.Agent.Manager.Settings;
using Skiff.Agent.Rootless;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary>What an agent is told: the file, which can be read again, and the flags.</summary>
/// <param name="flags">The flags of <c>agent</c>.</param>
/// <param name="log">Takes a line about what of the file says nothing here.</param>
internal sealed class AgentConfiguration(ParsedArguments flags, Action<string> log)
{
    private static readonly string[] s_tls = ["tlscacert", "tlscert", "tlskey"];

    private string _passedOver = "";

    /// <summary>The file; null for none.</summary>
    public string? Path { get; } = flags.Value("config") ?? (
        // The host's file is not meant for the agents of its users.
        !RootlessMode.IsOn && Files.Exists(AgentFile.DefaultPath) ? AgentFile.DefaultPath : null);

    /// <summary>Reads all of it.</summary>
    /// <exception cref="UsageException">Something is wrong; a line for each.</exception>
    public AgentSettings Read()
    {
        List<string> faults = [];
        AgentSettings settings = new();
        if (Path is { } path)
        {
            AgentFile file = AgentFile.Read(path);
            faults.AddRange(file.Faults.Select(fault => $"{path}: {fault}"));
            settings = file.Settings;
            Tell(path, string.Join(", ", file.PassedOver));
        }
        try
        {
            settings = WithFlags(settings);
            settings.Check();
        }
        catch (UsageException e)
        {
            faults.Add(e.Message);
        }
        return faults.Count == 0 ? settings : throw new UsageException(string.Join('\n', faults));
    }

    // Once, and not with every reload.
    private void Tell(string path, string passedOver)
    {
        if (passedOver.Length > 0 && passedOver != _passedOver) log($"{path}: says nothing here: {passedOver}");
        _passedOver = passedOver;
    }

    private AgentSettings WithFlags(AgentSettings settings)
    {
        List<SocketSettings> sockets = [.. settings.Sockets];
        foreach (string address in flags.Values("listen"))
        {
            var socket = new SocketSettings(ListenAddress.Parse(address));
            if (socket.Address.Kind == ListenKind.Unix) socket = socket with { Group = flags.Value("group") };
            socket.Check();
            sockets.Add(socket);
        }
        return settings with
        {
            Sockets = sockets, Metrics = flags.Value("metrics") ?? settings.Metrics, Tls = Tls() ?? settings.Tls,
        };
    }

    private TlsFiles? Tls()
    {
        int given = s_tls.Count(flags.Has);
        if (given == 0 && !flags.Flag("tlsverify")) return null;
        if (given < s_tls.Length || !flags.Flag("tlsverify"))
            throw new UsageException("--tlsverify, --tlscacert, --tlscert and --tlskey go together: one is missing");
        return new TlsFiles(flags.Value("tlscacert")!, flags.Value("tlscert")!, flags.Value("tlskey")!);
    }
}
