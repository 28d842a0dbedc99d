using System.Globalization;
using Skiff.Interop;

namespace Skiff.Agent.Manager.Settings;

/// <summary>
/// Reads the agent's file: Docker's daemon.json as far as it means the same here, and <c>mode</c>, <c>sockets</c>
/// and limits of clients besides. All that is wrong is found at once, with line and column.
/// </summary>
internal sealed class AgentFile
{
    /// <summary>Where it is, unless --config says otherwise.</summary>
    public const string DefaultPath = "/etc/skiff/agent.json";

    private const string SocketKeys = "expected listen, scope, group or mode";

    private readonly List<(YamlNode At, SocketSettings Socket)> _sockets = [];
    private readonly List<(YamlNode At, ListenAddress Address)> _hosts = [];
    private readonly List<string> _labels = [];
    private readonly Dictionary<string, YamlNode> _tls = [];
    private YamlNode? _tlsAt;
    private SocketSettings _common = new(new ListenAddress(ListenKind.Inherited, ""));

    private AgentFile()
    {
    }

    /// <summary>What is wrong, each with its place.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Keys of Docker's that say nothing here.</summary>
    public List<string> PassedOver { get; } = [];

    /// <summary>What it says.</summary>
    public AgentSettings Settings { get; private set; } = new();

    /// <summary>Reads a file.</summary>
    public static AgentFile Read(string path)
    {
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] json);
        if (errno == Errno.None) return Parse(json);
        var file = new AgentFile();
        file.Faults.Add(new LinuxException(errno, "read", path, "reading the agent's settings").Message);
        return file;
    }

    /// <summary>Reads its content.</summary>
    public static AgentFile Parse(byte[] json)
    {
        var file = new AgentFile();
        file.Try(() =>
        {
            List<YamlNode> documents = YamlNode.Parse(json);
            if (documents.Count != 1) throw new UsageException("expected one JSON object");
            file.Each(documents[0], file.Take);
            file.Finish();
        });
        return file;
    }

    private void Take(string key, YamlNode at, YamlNode value)
    {
        switch (key)
        {
            case "hosts": Items(value, one => _hosts.Add((one, Address(one)))); break;
            case "sockets": Items(value, one => _sockets.Add((one, Socket(one)))); break;
            case "group" or "mode": _common = TakeName(_common, key, value); break;
            case "labels": Items(value, AddLabel); break;
            case "debug": Settings = Settings with { Debug = Truth(value) }; break;
            case "max-connections": Settings = Settings with { MaxConnections = Number(value, 100_000) }; break;
            case "client-timeout": Settings = Settings with { ClientTimeout = Number(value, 3600) }; break;
            case "metrics-addr": Settings = Settings with { Metrics = Text(value) }; break;
            case "tls" or "tlsverify":
                if (Truth(value)) _tls[key] = _tlsAt = at;
                break;
            case "tlscacert" or "tlscert" or "tlskey":
                _tls[key] = _tlsAt = Text(value).StartsWith('/') ? value
                    : throw value.Wrong("expected an absolute path");
                break;
            default:
                if (!DaemonKeys.TryGet(key, out string? problem)) throw at.Wrong($"unknown key \"{key}\"");
                if (problem is not null) throw at.Wrong($"\"{key}\" {problem}");
                PassedOver.Add(key);
                break;
        }
    }

    private SocketSettings Socket(YamlNode value)
    {
        ListenAddress? address = null;
        SocketScope? scope = null;
        SocketSettings socket = _common with { Group = null, Mode = SocketSettings.DefaultMode };
        Each(value, (key, at, one) =>
        {
            switch (key)
            {
                case "listen": address = Address(one); break;
                case "scope": scope = At(one, () => SocketScope.Parse(Text(one))); break;
                case "group" or "mode": socket = TakeName(socket, key, one); break;
                default: throw at.Wrong($"unknown key \"{key}\": {SocketKeys}");
            }
        });
        return socket with { Scope = scope, Address = address ?? throw value.Wrong("a socket needs listen") };
    }

    private static SocketSettings TakeName(SocketSettings socket, string key, YamlNode value)
    {
        string text = Text(value);
        if (key == "group") return socket with { Group = text.Length > 0 ? text : null };
        return text.Length is > 0 and <= 4 && !text.AsSpan().ContainsAnyExceptInRange('0', '7')
            ? socket with { Mode = Convert.ToUInt32(text, 8) }
            : throw value.Wrong("expected an octal mode in quotes, such as \"0660\"");
    }

    private void Finish()
    {
        foreach (var (at, address) in _hosts)
            // The group and mode of all are for those that have a name.
            _sockets.Add((at, address.Kind == ListenKind.Unix ? _common with { Address = address }
                : new SocketSettings(address)));
        foreach (var (at, socket) in _sockets) Try(() => At(at, () =>
        {
            socket.Check();
            return socket;
        }));
        Try(FinishTls);
        Settings = Settings with { Sockets = _sockets.ConvertAll(one => one.Socket), Labels = _labels };
    }

    private void FinishTls()
    {
        if (_tls.TryGetValue("tls", out YamlNode? tls) && !_tls.ContainsKey("tlsverify"))
            throw tls.Wrong("tls alone would let clients in that have no certificate: set tlsverify");
        if (_tls.Count == 0) return;
        if (!_tls.ContainsKey("tlsverify") || !_tls.ContainsKey("tlscacert") || !_tls.ContainsKey("tlscert")
            || !_tls.ContainsKey("tlskey"))
            throw _tlsAt!.Wrong("tlsverify, tlscacert, tlscert and tlskey go together: one is missing");
        Settings = Settings with
        {
            Tls = new TlsFiles(Text(_tls["tlscacert"]), Text(_tls["tlscert"]), Text(_tls["tlskey"])),
        };
    }

    private void AddLabel(YamlNode value)
    {
        string label = Text(value);
        if (label.IndexOf('=') <= 0) throw value.Wrong($"\"{label}\": expected KEY=VALUE");
        string key = label[..(label.IndexOf('=') + 1)];
        if (_labels.Exists(other => other.StartsWith(key, StringComparison.Ordinal) && other != label))
            throw value.Wrong($"label {key[..^1]} is there with another value");
        _labels.Add(label);
    }

    private void Each(YamlNode mapping, Action<string, YamlNode, YamlNode> take)
    {
        if (mapping.Keys is not { } keys) throw mapping.Wrong("expected an object");
        HashSet<string> seen = [];
        for (int i = 0; i < keys.Count; i++)
        {
            (YamlNode at, YamlNode value) = (keys[i], mapping.Items![i]);
            Try(() =>
            {
                if (!seen.Add(at.Text!)) throw at.Wrong($"\"{at.Text}\" is there twice");
                if (!value.IsNull) take(at.Text!, at, value);
            });
        }
    }

    private void Items(YamlNode list, Action<YamlNode> take)
    {
        if (list.Items is null || list.Keys is not null) throw list.Wrong("expected a list");
        foreach (YamlNode one in list.Items) Try(() => take(one));
    }

    private static ListenAddress Address(YamlNode value) => At(value, () => ListenAddress.Parse(Text(value)));

    private static string Text(YamlNode value) => value is { Text: { } text, IsPlain: false } ? text
        : throw value.Wrong("expected a string");

    private static bool Truth(YamlNode value) => value is { IsPlain: true, Text: "true" or "false" }
        ? value.Text == "true" : throw value.Wrong("expected true or false");

    private static int Number(YamlNode value, int most) =>
        value.IsPlain && int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number > 0 && number <= most ? number : throw value.Wrong($"expected a number from 1 to {most}");

    // What does not know of the file is told where in it the fault is.
    private static T At<T>(YamlNode place, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (UsageException e) when (!e.Message.StartsWith("line ", StringComparison.Ordinal))
        {
            throw place.Wrong(e.Message);
        }
    }

    private void Try(Action read)
    {
        try
        {
            read();
        }
        catch (UsageException e)
        {
            Faults.Add(e.Message);
        }
    }
}
