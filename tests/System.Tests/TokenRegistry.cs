using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests;

/// <summary>
/// Debian's docker-registry with the test images, or empty, which wants tokens, and the server that sells them: to
/// anybody for <see cref="PublicName"/>, to <c>me</c> for everything.
/// </summary>
public sealed class TokenRegistry : IDisposable
{
    /// <summary>The repository that needs no login.</summary>
    public const string PublicName = "debian";

    /// <summary>The user, the password, and what is kept in its place.</summary>
    public const string User = "me", Password = "pa55-w0rd", IdentityToken = "id3ntity";

    internal const string Login = $"{User}:{Password}";

    private const string Issuer = "skiff-tests", Service = "test registry";

    private readonly string _folder = Directory.CreateTempSubdirectory("skiff-token-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public TokenRegistry()
        : this(isEmpty: false)
    {
    }

    internal TokenRegistry(bool isEmpty)
    {
        _certificate = new CertificateRequest("CN=" + Issuer, _key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Server.Intercept = Sell;
        string bundle = Path.Combine(_folder, "bundle.pem"), more = Path.Combine(_folder, "more");
        File.WriteAllText(bundle, _certificate.ExportCertificatePem());
        File.WriteAllText(more, string.Join('\n', "auth:", "  token:", $"    realm: http://{Server.Host}/token",
            $"    service: {Service}", $"    issuer: {Issuer}", $"    rootcertbundle: {bundle}", ""));
        string[] storage = isEmpty ? [Path.Combine(_folder, "storage")] : [];
        using var start = Command.Start(SkiffHost.Script("registry"), ["start", _folder, .. storage],
            new Dictionary<string, string?> { ["MORE"] = more });
        Host = $"127.0.0.1:{start.Finish().Text()}";
    }

    /// <summary>ADDRESS:PORT.</summary>
    public string Host { get; }

    /// <summary>The token server.</summary>
    public TestRegistry Server { get; } = new();

    public void Dispose()
    {
        Command.Run(SkiffHost.Script("registry"), "stop", _folder);
        Directory.Delete(_folder, recursive: true);
        Server.Dispose();
        _certificate.Dispose();
        _key.Dispose();
    }

    private Answer? Sell(Request request)
    {
        bool isExchange = request.Method == "POST";
        string query = isExchange ? request.Body : new Uri("http://x" + request.Path).Query.TrimStart('?');
        ILookup<string, string> form = query.Split('&').Select(pair => pair.Split('=', 2)).ToLookup(
            pair => pair[0], pair => Uri.UnescapeDataString(pair[1].Replace('+', ' ')));
        string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        bool isUser = isExchange ? form["refresh_token"].Single() == IdentityToken
            : request["Authorization"] == "Basic " + basic;
        if (!isUser && (isExchange || request["Authorization"] is not null))
            return Answer.Text(401, """{"details":"incorrect username or password"}""");
        var answer = new JsonObject
        {
            [isExchange ? "access_token" : "token"] = Token(isUser, form["scope"].SelectMany(s => s.Split(' '))),
            ["expires_in"] = 300,
        };
        if (form["offline_token"].Contains("true")) answer["refresh_token"] = IdentityToken;
        return Answer.Text(200, answer.ToJsonString());
    }

    // A JSON Web Token with the rights that the scopes ask for, as far as they go.
    private string Token(bool isUser, IEnumerable<string> scopes)
    {
        var access = new JsonArray();
        foreach (string[] scope in scopes.Select(scope => scope.Split(':')))
            if (isUser || scope[1] == PublicName)
                access.Add(new JsonObject
                {
                    ["type"] = scope[0], ["name"] = scope[1],
                    ["actions"] = new JsonArray([.. scope[2].Split(',').Select(a => (JsonNode)a)]),
                });
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var header = new JsonObject
        {
            ["typ"] = "JWT", ["alg"] = "ES256",
            ["x5c"] = new JsonArray(Convert.ToBase64String(_certificate.RawData)),
        };
        var claims = new JsonObject
        {
            ["iss"] = Issuer, ["sub"] = isUser ? User : "", ["aud"] = Service, ["jti"] = "1",
            ["nbf"] = now - 10, ["iat"] = now, ["exp"] = now + 300, ["access"] = access,
        };
        string text = Base64Url(header) + "." + Base64Url(claims);
        return text + "." + Base64Url(_key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256));
    }

    private static string Base64Url(JsonNode json) => Base64Url(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static string Base64Url(byte[] bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
