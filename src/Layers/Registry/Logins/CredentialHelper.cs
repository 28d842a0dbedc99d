using System.Buffers;
using System.Text;
using System.Text.Json;
using Skiff.Interop;
using Skiff.Interop.Processes;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Logins;

/// <summary>
/// A program that keeps logins, by Docker's protocol: <c>docker-credential-NAME get|store|erase</c> with the server's
/// name or a JSON document on standard input and a JSON document on standard output.
/// </summary>
/// <param name="name">What follows <c>docker-credential-</c>.</param>
/// <param name="place">Where the configuration names it, for messages.</param>
internal sealed class CredentialHelper(string name, string place)
{
    private const string Prefix = "docker-credential-";

    // As a user, an identity token is kept under this name.
    private const string TokenUser = "<token>";

    // What helpers print, by agreement, when there is nothing to get or erase.
    private const string NotFound = "credentials not found in native keychain";

    private string Program => Prefix + name;

    /// <summary>The login for a server, or null.</summary>
    public RegistryCredentials? Get(string server)
    {
        (bool isDone, byte[] output) = Run("get", Encoding.UTF8.GetBytes(server));
        if (!isDone) return null;
        (string? user, string? secret) = Parse(output);
        if (secret is null or "") return null;
        return user == TokenUser ? new RegistryCredentials("", "") { IdentityToken = secret }
            : new RegistryCredentials(user ?? "", secret);
    }

    /// <summary>Keeps a login.</summary>
    public void Store(string server, RegistryCredentials login)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, OciJson.Plain))
        {
            json.WriteStartObject();
            json.WriteString("ServerURL", server);
            json.WriteString("Username", login.IdentityToken is null ? login.Username : TokenUser);
            json.WriteString("Secret", login.IdentityToken ?? login.Password);
            json.WriteEndObject();
        }
        Run("store", buffer.WrittenSpan);
    }

    /// <summary>Forgets a login; false when there was none.</summary>
    public bool Erase(string server) => Run("erase", Encoding.UTF8.GetBytes(server)).IsDone;

    private (bool IsDone, byte[] Output) Run(string action, ReadOnlySpan<byte> input)
    {
        if (name.Contains('/')) throw Bad($"\"{name}\" is not the name of a credential helper");
        string? path = HostProgram.Find(Program, Environment.GetEnvironmentVariable("PATH"));
        if (path is null) throw Bad($"credential helper {Program} is in no directory of PATH");
        (ExitStatus status, byte[] output) = HostProgram.Run(path, [action], input);
        if (status.ShellCode == 0) return (true, output);
        string said = Encoding.UTF8.GetString(output).Trim();
        if (said.Contains(NotFound, StringComparison.OrdinalIgnoreCase)) return (false, []);
        // What it prints on success is secret, and on failure a message.
        throw Bad($"{Program} {action}: {status}: {RegistryErrors.Printable(said)}");
    }

    private (string? User, string? Secret) Parse(byte[] output)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(output);
            return (Text(document.RootElement, "Username"), Text(document.RootElement, "Secret"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Bad($"{Program} get: what it prints is no login (JSON with Username and Secret)");
        }
    }

    private static string? Text(JsonElement element, string member) =>
        element.TryGetProperty(member, out JsonElement value) ? value.GetString() : null;

    private ImageException Bad(string problem) => new($"{place}: {problem}");
}
