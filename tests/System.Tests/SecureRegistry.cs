using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests;

/// <summary>
/// Debian's docker-registry with the test images, or empty, over TLS with an authority of its own, on an address that
/// is not loopback; only <c>me</c> may use it.
/// </summary>
public sealed class SecureRegistry : IDisposable
{
    /// <summary>The user.</summary>
    public const string User = "me";

    /// <summary>The user's password, which no output may show.</summary>
    public const string Password = "pa55-w0rd";

    internal const string Login = $"{User}:{Password}";

    // bcrypt, the one form that the registry reads.
    private const string PasswordHash = "$2b$04$rBJP25ge/cbD7GGii8nzD.H/PG2C1SVPubS4o2FcPoTXFf7rCbikG";

    private readonly string _folder = Directory.CreateTempSubdirectory("skiff-secure-").FullName;

    public SecureRegistry()
        : this(isEmpty: false)
    {
    }

    internal SecureRegistry(bool isEmpty)
    {
        string address = HostAddress();
        using var authority = new TestAuthority();
        using X509Certificate2 certificate = authority.Issue(address);
        File.WriteAllText(CaFile, authority.Certificate.ExportCertificatePem());
        File.WriteAllText(At("server.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(At("server.key"), certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(At("htpasswd"), $"{User}:{PasswordHash}\n");
        File.WriteAllText(At("more"),
            $"""
              tls: {"{"}certificate: "{At("server.crt")}", key: "{At("server.key")}"{"}"}
            auth:
              htpasswd: {"{"}realm: "test", path: "{At("htpasswd")}"{"}"}

            """);
        var environment = new Dictionary<string, string?>
        {
            ["ADDRESS"] = address, ["SCHEME"] = "https", ["MORE"] = At("more"),
        };
        using var start = Command.Start(
            SkiffHost.Script("registry"), ["start", _folder, .. isEmpty ? [At("storage")] : (string[])[]], environment);
        Host = $"{address}:{start.Finish().Text()}";
        File.WriteAllText(TrustingFile, $$"""{"registries": {"{{Host}}": {"ca": "{{CaFile}}"} } }""");
    }

    /// <summary>ADDRESS:PORT.</summary>
    public string Host { get; }

    /// <summary>The authority's certificate.</summary>
    public string CaFile => At("ca.pem");

    /// <summary>A registries.json that trusts it.</summary>
    public string TrustingFile => At("registries.json");

    public void Dispose()
    {
        Command.Run(SkiffHost.Script("registry"), "stop", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private static string HostAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(link => link.OperationalStatus == OperationalStatus.Up
            && link.GetIPProperties().GatewayAddresses.Count > 0)
        .SelectMany(link => link.GetIPProperties().UnicastAddresses)
        .First(one => one.Address.AddressFamily == AddressFamily.InterNetwork).Address.ToString();
}
