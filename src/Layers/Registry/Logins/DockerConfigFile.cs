using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry.Configuration;

namespace Skiff.Layers.Registry.Logins;

/// <summary>
/// Docker's <c>config.json</c>, of which the logins are read and changed and everything else stays as it is.
/// </summary>
internal sealed class DockerConfigFile
{
    private const uint PrivateFile = 0x180, PrivateDirectory = 0x1C0; // 0600, 0700
    private const string Auths = "auths";

    private static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false };

    private readonly JsonObject _root;

    private DockerConfigFile(string path, JsonObject root) => (Path, _root) = (path, root);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Reads it; what is not there is empty.</summary>
    /// <exception cref="ImageException">Malformed.</exception>
    public static DockerConfigFile Read(string path)
    {
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] json);
        if (errno is Errno.ENOENT or Errno.ENOTDIR || (errno == Errno.None && json.Length == 0))
            return new DockerConfigFile(path, []);
        return errno == Errno.None ? Parse(json, path) : throw new LinuxException(errno, "read", path);
    }

    /// <summary>The file with this content.</summary>
    /// <exception cref="ImageException">Malformed.</exception>
    internal static DockerConfigFile Parse(byte[] json, string path)
    {
        SettingsJson.Check(json, path, default);
        try
        {
            JsonNode? root = JsonNode.Parse(json, documentOptions: s_options);
            return root is JsonObject members ? new DockerConfigFile(path, members)
                : throw new ImageException($"{path}: expected a JSON object");
        }
        catch (JsonException e)
        {
            throw new ImageException($"{path}: a member is there twice", e);
        }
    }

    /// <summary>The keys that leave a container, or null.</summary>
    public string? DetachKeys => Text(_root, "detachKeys", "detachKeys");

    /// <summary>The helper for a server: its own, or the one for all; null when logins are in the file.</summary>
    /// <param name="keys">The names that the server may have there.</param>
    public CredentialHelper? HelperFor(ReadOnlySpan<string> keys)
    {
        JsonObject? helpers = Object("credHelpers");
        foreach (string key in keys)
            if (Text(helpers, key, $"credHelpers.\"{key}\"") is { Length: > 0 } name)
                return new CredentialHelper(name, $"{Path}: credHelpers.\"{key}\"");
        return Text(_root, "credsStore", "credsStore") is { Length: > 0 } store
            ? new CredentialHelper(store, $"{Path}: credsStore") : null;
    }

    /// <summary>The login that the file itself has for a server, or null. Its key may be a URL of the host.</summary>
    public RegistryCredentials? Login(ReadOnlySpan<string> keys)
    {
        if (Object(Auths) is not { } auths) return null;
        foreach (string key in keys)
            if (auths.ContainsKey(key)) return Login(auths, key);
        foreach ((string key, _) in auths)
            if (keys.Contains(ServerName.HostOf(key))) return Login(auths, key);
        return null;
    }

    /// <summary>Puts a login in; null leaves only the mark that there is one.</summary>
    public void Set(string key, RegistryCredentials? login)
    {
        var entry = new JsonObject();
        if (login is { HasPassword: true })
            entry["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.Username}:{login.Password}"));
        else if (login is { Username.Length: > 0 })
            entry["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(login.Username + ":"));
        if (login?.IdentityToken is { } token) entry["identitytoken"] = token;
        JsonObject auths = Object(Auths) ?? [];
        auths[key] = entry;
        if (auths.Parent is null) _root[Auths] = auths;
    }

    /// <summary>Takes a login out; false when there is none.</summary>
    public bool Remove(string key) => Object(Auths)?.Remove(key) ?? false;

    /// <summary>Replaces the file, for its owner's eyes only. A symlink stays one.</summary>
    public void Write()
    {
        string path = Target(Path);
        Files.MakeDirectories(System.IO.Path.GetDirectoryName(path)!, PrivateDirectory);
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions
        {
            Indented = true,
            IndentCharacter = '\t',
            IndentSize = 1,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var json = new Utf8JsonWriter(buffer, options)) _root.WriteTo(json);
        AtomicFile.Replace(path, buffer.WrittenSpan, durable: true, PrivateFile);
    }

    private static string Target(string path)
    {
        for (int links = 0; links < 8 && Files.TryReadLink(path, out string target); links++)
            path = System.IO.Path.GetFullPath(target, System.IO.Path.GetDirectoryName(path)!);
        return path;
    }

    private RegistryCredentials? Login(JsonObject auths, string key)
    {
        string place = $"{Auths}.\"{key}\"";
        if (auths[key] is not { } node) return null;
        if (node is not JsonObject entry) throw Bad(place, "expected an object");
        string user = Text(entry, "username", place) ?? "", password = Text(entry, "password", place) ?? "";
        if (Text(entry, "auth", place) is { Length: > 0 } auth) (user, password) = Decode(auth, place);
        var login = new RegistryCredentials(user, password)
        {
            IdentityToken = NotEmpty(Text(entry, "identitytoken", place)),
            RegistryToken = NotEmpty(Text(entry, "registrytoken", place)),
        };
        return login.HasPassword || login.IdentityToken is not null || login.RegistryToken is not null ? login : null;
    }

    // The text itself is secret and in no message.
    private (string User, string Password) Decode(string auth, string place)
    {
        byte[] bytes = new byte[auth.Length];
        string text = Convert.TryFromBase64String(auth, bytes, out int length)
            ? Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0') : "";
        int colon = text.IndexOf(':');
        return colon > 0 ? (text[..colon], text[(colon + 1)..])
            : throw Bad(place + ".auth", "expected USER:PASSWORD in base64");
    }

    private JsonObject? Object(string name) => _root[name] switch
    {
        null => null,
        JsonObject members => members,
        _ => throw Bad(name, "expected an object"),
    };

    private string? Text(JsonObject? members, string name, string place) => members?[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw Bad(place, $"{name}: expected a string"),
    };

    private static string? NotEmpty(string? text) => text is { Length: > 0 } ? text : null;

    private ImageException Bad(string place, string problem) => new($"{Path}: {place}: {problem}");
}
