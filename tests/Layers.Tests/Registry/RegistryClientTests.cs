using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public sealed class RegistryClientTests : IDisposable
{
    private static readonly RegistryOptions s_options = new() { RetryDelayMs = 1, Retries = 2, IdleTimeoutMs = 500 };
    private static readonly RegistryCredentials s_login = new("me", "secret");

    private readonly TestRegistry _registry = new();
    private readonly TestRegistry _other = new();

    [Fact]
    public async Task Manifest_is_asked_for_in_every_spelling_and_verified()
    {
        TestImage image = new TestImage { Docker = true }.AddGzip([1, 2, 3]).Push(_registry, "a/b");
        FetchedManifest manifest = await GetAsync("a/b:v1");
        Assert.Equal((image.ManifestDigest, false), (manifest.Digest, manifest.IsIndex));
        string accept = _registry.Requests.First()["Accept"]!;
        Assert.All(
            [MediaTypes.OciIndex, MediaTypes.OciManifest, MediaTypes.DockerManifestList, MediaTypes.DockerManifest],
            type => Assert.Contains(type, accept));
        Assert.Equal(image.ManifestDigest, (await GetAsync($"a/b@{image.ManifestDigest}")).Digest);
    }

    [Fact]
    public async Task Manifest_with_another_digest_is_refused()
    {
        TestImage image = new TestImage().AddGzip([1]).Push(_registry, "a");
        string path = $"/v2/a/manifests/{image.ManifestDigest}";
        _registry.Forge(path, MediaTypes.OciManifest, [.. image.ManifestBytes, (byte)' ']);
        Assert.Contains("manifest digest mismatch", (await FailAsync($"a@{image.ManifestDigest}")).Message);
        _registry.Intercept = _ => new Answer { Body = image.ManifestBytes }
            .With("Docker-Content-Digest", TestRegistry.Sha([9]).ToString());
        Assert.Contains("manifest digest mismatch", (await FailAsync("a:v1")).Message);
    }

    [Fact]
    public async Task Manifest_named_by_sha512_is_verified_by_it()
    {
        TestImage image = new TestImage().AddGzip([1]).Push(_registry, "a");
        string digest = "sha512:" + Convert.ToHexStringLower(SHA512.HashData(image.ManifestBytes));
        string path = $"/v2/a/manifests/{digest}";
        _registry.Forge(path, MediaTypes.OciManifest, image.ManifestBytes);
        Assert.Equal(image.ManifestDigest, (await GetAsync($"a@{digest}")).Digest);
        _registry.Forge(path, MediaTypes.OciManifest, [.. image.ManifestBytes, (byte)' ']);
        Assert.Contains($"expected {digest}, got sha512:", (await FailAsync($"a@{digest}")).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Manifest_that_is_too_large_is_refused(bool chunked)
    {
        byte[] body = new byte[Manifest.MaxBytes + 1];
        body.AsSpan().Fill((byte)' ');
        _registry.Intercept = _ => new Answer { Body = body, Chunked = chunked };
        Assert.Contains(Manifest.MaxBytes.ToString(), (await FailAsync("a:v1")).Message);
    }

    [Theory]
    [InlineData(404, """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}""",
        "manifest unknown (404)")]
    [InlineData(404, "", "not found (404)")]
    [InlineData(403, "<html>no</html>", "access denied (403)")]
    [InlineData(418, """{"errors":[{"code":"TEAPOT","message":"a\nb"}]}""", "a b (418)")]
    [InlineData(404, """{"errors":[]}""", "not found (404)")]
    [InlineData(404, """{"errors":[{"code":"X","message":"\ud800"}]}""", "not found (404)")]
    [InlineData(404, """{"errors":[{"code":"X"}]}""", "X (404)")]
    public async Task Refusal_is_told_in_the_registrys_words(int status, string body, string expected)
    {
        _registry.Intercept = _ => Answer.Text(status, body);
        Assert.StartsWith(expected, (await FailAsync("a:v1")).Message);
        Assert.Single(_registry.Requests);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Overloaded_registry_is_asked_again(int status)
    {
        new TestImage().AddGzip([1]).Push(_registry, "a");
        int failures = 2;
        _registry.Intercept = _ => failures-- > 0 ? Answer.Text(status, "").With("Retry-After", "0") : null;
        await GetAsync("a:v1");
        failures = 99;
        Assert.EndsWith($"({status}); try again later", (await FailAsync("a:v1")).Message);
        Assert.Equal(6, _registry.Requests.Count);
    }

    [Fact]
    public async Task Silent_registry_is_given_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        ImageException e = await FailAsync("a:v1", host: listener.LocalEndpoint.ToString());
        Assert.Contains("does not answer", e.Message);
    }

    [Fact]
    public async Task Unreachable_registry_is_named_with_its_errno()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        ImageException e = await FailAsync("a:v1", host: $"127.0.0.1:{port}");
        Assert.Equal($"cannot reach registry 127.0.0.1:{port}: connect: ECONNREFUSED (Connection refused)", e.Message);
    }

    [Fact]
    public async Task Unknown_host_is_named()
    {
        ImageException e = await FailAsync("a:v1", host: "no-such-host.invalid");
        Assert.StartsWith("cannot resolve registry host no-such-host.invalid: ", e.Message);
    }

    [Fact]
    public async Task Token_is_fetched_once_and_sent_with_every_request()
    {
        TestImage image = new TestImage().AddGzip([1, 2]).Push(_registry, "a/b");
        RequireToken("""{"token":"T1"}""");
        using var client = new RegistryClient(_registry.Host, s_login, s_options);
        Reference reference = Reference.Parse($"{_registry.Host}/a/b:v1");
        await client.GetManifestAsync(reference, null, default);
        var config = new Descriptor { Digest = image.ConfigDigest, Size = image.Config().Length };
        Assert.Equal(image.Config(), await client.GetBlobAsync(reference, config, 10_000, default));

        Request token = Assert.Single(_registry.Requests, r => r.Path.StartsWith("/token", StringComparison.Ordinal));
        Assert.Equal("/token?service=reg&scope=repository%3Aa%2Fb%3Apull&account=me", token.Path);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:secret")), token["Authorization"]);
        Assert.Equal("Bearer T1", _registry.Requests.Last()["Authorization"]);
        Assert.Equal(4, _registry.Requests.Count);
    }

    [Fact]
    public async Task Expired_token_is_replaced()
    {
        new TestImage().AddGzip([1]).Push(_registry, "a");
        int serial = 0;
        string valid = "";
        _registry.Intercept = request => request switch
        {
            _ when request.Path.StartsWith("/token", StringComparison.Ordinal) =>
                Answer.Text(200, $$"""{"access_token":"{{valid = $"T{++serial}"}}"}"""),
            _ => request["Authorization"] == "Bearer " + valid ? null : Challenge(),
        };
        using var client = new RegistryClient(_registry.Host, null, s_options);
        Reference reference = Reference.Parse($"{_registry.Host}/a:v1");
        await client.GetManifestAsync(reference, null, default);
        valid = "revoked";
        await client.GetManifestAsync(reference, null, default);
        Assert.Equal(2, serial);
    }

    [Theory]
    [InlineData("""{"token":""}""", "sent no token")]
    [InlineData("[", "sent no token")]
    [InlineData(null, "a login may be needed")]
    public async Task Failing_token_server_is_told(string? body, string reason)
    {
        RequireToken(body);
        Assert.Contains(reason, (await FailAsync("a:v1")).Message);
    }

    [Fact]
    public async Task Refused_token_ends_in_an_error()
    {
        _registry.Intercept = request => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? Answer.Text(200, """{"token":"T"}""") : Challenge();
        Assert.Equal(
            $"authentication required (401); log in with `skiff login {_registry.Host}`",
            (await FailAsync("a:v1")).Message);
        Assert.Equal(3, _registry.Requests.Count);
    }

    [Fact]
    public async Task Token_server_without_tls_elsewhere_gets_nothing()
    {
        _registry.Intercept = _ => Answer.Text(401, "")
            .With("WWW-Authenticate", "Bearer realm=\"http://tokens.example/t\",service=\"reg\"");
        Assert.Contains("is not https", (await FailAsync("a:v1", s_login)).Message);
    }

    [Fact]
    public async Task Basic_login_is_sent_only_when_asked_for()
    {
        new TestImage().AddGzip([1]).Push(_registry, "a");
        string expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:secret"));
        _registry.Intercept = request => request["Authorization"] == expected ? null
            : Answer.Text(401, "").With("WWW-Authenticate", "Basic realm=\"r\"");
        await GetAsync("a:v1", s_login);
        Assert.Null(_registry.Requests.First()["Authorization"]);
        Assert.Equal(
            $"authentication required (401); log in with `skiff login {_registry.Host}`",
            (await FailAsync("a:v1")).Message);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirected_blob_takes_no_credentials_along(int status)
    {
        byte[] blob = [1, 2, 3, 4];
        var descriptor = new Descriptor { Digest = _other.AddBlob("x", blob), Size = blob.Length };
        RequireToken("""{"token":"T1"}""", then: request => request.Path.Contains("/blobs/")
            ? Answer.Text(status, "").With("Location", $"http://{_other.Host}/v2/x/blobs/{descriptor.Digest}") : null);
        using var client = new RegistryClient(_registry.Host, s_login, s_options);
        Reference reference = Reference.Parse($"{_registry.Host}/a:v1");

        using Stream body = await client.OpenBlob(reference, descriptor).OpenAsync(1, default);
        byte[] rest = new byte[10];
        Assert.Equal(3, await body.ReadAtLeastAsync(rest, 10, throwOnEndOfStream: false));
        Assert.Equal([2, 3, 4], rest[..3]);
        Request redirected = Assert.Single(_other.Requests);
        Assert.Null(redirected["Authorization"]);
        Assert.Equal("bytes=1-", redirected["Range"]);
    }

    [Fact]
    public async Task Endless_and_foreign_redirects_are_refused()
    {
        _registry.Intercept = r => Answer.Text(307, "").With("Location", r.Path);
        Assert.Contains("redirects", (await FailAsync("a:v1")).Message);
        _registry.Intercept = _ => Answer.Text(307, "").With("Location", "file:///etc/passwd");
        Assert.Contains("refusing the redirect", (await FailAsync("a:v1")).Message);
    }

    public void Dispose()
    {
        _registry.Dispose();
        _other.Dispose();
    }

    private Answer Challenge() => Answer.Text(401, "")
        .With("WWW-Authenticate", $"Bearer realm=\"http://{_registry.Host}/token\",service=\"reg\"");

    private void RequireToken(string? tokenResponse, Func<Request, Answer?>? then = null) =>
        _registry.Intercept = request =>
            request.Path.StartsWith("/token", StringComparison.Ordinal)
                ? Answer.Text(tokenResponse is null ? 403 : 200, tokenResponse ?? "")
            : request["Authorization"] != "Bearer T1" ? Challenge() : then?.Invoke(request);

    private async Task<FetchedManifest> GetAsync(string rest, RegistryCredentials? login = null, string? host = null)
    {
        host ??= _registry.Host;
        using var client = new RegistryClient(host, login, s_options);
        return await client.GetManifestAsync(Reference.Parse($"{host}/{rest}"), null, default);
    }

    private Task<ImageException> FailAsync(string rest, RegistryCredentials? login = null, string? host = null) =>
        Assert.ThrowsAsync<ImageException>(() => GetAsync(rest, login, host));
}
