using System.Text.Json;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// What containers get that ask for no driver: <c>/etc/skiff/logs.json</c>, with the members of Docker's daemon.json
/// that concern logs, <c>{"log-driver": "json-file", "log-opts": {"max-size": "10m"}}</c>.
/// </summary>
internal static class LogDefaults
{
    private const string DefaultFile = "/etc/skiff/logs.json";

    private static readonly JsonDocumentOptions s_options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The record with driver and options decided and checked.</summary>
    /// <param name="asked">What the flags ask for.</param>
    /// <param name="file">The file, which then has to be there; null for the default one.</param>
    /// <param name="driver">The driver when neither says which.</param>
    /// <exception cref="UsageException">Names the flag, or the file, and what is wrong with it.</exception>
    public static ContainerConfig Apply(ContainerConfig asked, string? file, string driver)
    {
        (driver, Dictionary<string, string> options) = Load(file, driver);
        if (asked.LogDriver.Length > 0 && asked.LogDriver != driver) options = [];
        foreach (var (name, value) in asked.LogOptions) options[name] = value;
        ContainerConfig config = asked with
        {
            LogDriver = asked.LogDriver.Length > 0 ? asked.LogDriver : driver, LogOptions = options,
        };
        LogOptions.Read(config.LogDriver, config.LogOptions);
        return config;
    }

    /// <summary>What the file says.</summary>
    /// <param name="file">The file, which then has to be there; null for the default one.</param>
    /// <param name="driver">The driver when it does not say which.</param>
    public static (string Driver, Dictionary<string, string> Options) Load(string? file, string driver)
    {
        string path = file ?? DefaultFile;
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] json);
        if (errno == Errno.ENOENT && file is null) return (driver, []);
        if (errno != Errno.None) throw new LinuxException(errno, "read", path, "reading the defaults of logs");
        try
        {
            var found = Parse(json, driver);
            LogOptions.Read(found.Driver, found.Options);
            return found;
        }
        catch (Exception e) when (e is JsonException or FormatException or UsageException)
        {
            throw new UsageException($"{path}: {e.Message}");
        }
    }

    private static (string Driver, Dictionary<string, string> Options) Parse(byte[] json, string driver)
    {
        using JsonDocument document = JsonDocument.Parse(json, s_options);
        var options = new Dictionary<string, string>();
        foreach (JsonProperty member in Members(document.RootElement, "the file"))
            switch (member.Name)
            {
                case "log-driver": driver = Text(member); break;
                case "log-opts":
                    foreach (JsonProperty option in Members(member.Value, member.Name))
                        options[option.Name] = Text(option);
                    break;
                default:
                    throw new FormatException($"\"{member.Name}\": unknown member: expected log-driver or log-opts");
            }
        return (driver, options);
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement value, string place) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject()
            : throw new FormatException($"{place}: expected an object");

    private static string Text(JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()!
            : throw new FormatException($"\"{member.Name}\": expected a string");
}
