using System.Net;
using System.Security.Cryptography.X509Certificates;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

/// <summary>Hosts that are not on loopback, by way of a proxy.</summary>
public sealed class RegistryTlsTests : IDisposable
{
    private const string Host = "registry.test";

    private readonly ScratchDirectory _folder = new();
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task Registry_with_a_certificate_of_its_own_authority_is_trusted()
    {
        Trust(_authority);
        using var registry = new TestRegistry(_authority.Issue(Host));
        Assert.Equal("answered", await AskAsync(registry));
    }

    [Fact]
    public async Task Registry_of_an_unknown_authority_is_not_trusted_and_nothing_is_sent()
    {
        using var registry = new TestRegistry(_authority.Issue(Host));
        string error = await AskAsync(registry);
        Assert.StartsWith($"cannot trust registry {Host}", error);
        Assert.Contains("is signed by an unknown authority (CN=Test Authority)", error);
        Assert.Contains($"/etc/docker/certs.d/{Host}/ca.crt", error);
        Assert.Empty(registry.Requests);
    }

    [Theory]
    [InlineData("other.test", -10, 10, "its certificate is for other.test, not for registry.test")]
    [InlineData(Host, -20, -10, "its certificate has expired on ")]
    [InlineData(Host, 10, 20, "its certificate is not valid before ")]
    public async Task Wrong_certificate_is_told_in_plain_words(string name, int fromDays, int toDays, string words)
    {
        Trust(_authority);
        using var registry = new TestRegistry(_authority.Issue(name, fromDays, toDays));
        Assert.Contains(words, await AskAsync(registry));
        Assert.Empty(registry.Requests);
    }

    [Fact]
    public async Task Authority_of_another_host_helps_nobody()
    {
        Trust(_authority, "other.test");
        using var registry = new TestRegistry(_authority.Issue(Host));
        Assert.Contains("unknown authority", await AskAsync(registry));
    }

    [Fact]
    public async Task Self_signed_certificate_is_called_so()
    {
        using var registry = new TestRegistry(tls: true);
        Assert.Contains("certificate is for CN=nobody, not for registry.test", await AskAsync(registry));
    }

    [Fact]
    public async Task Insecure_registry_may_have_any_certificate()
    {
        using var registry = new TestRegistry(tls: true);
        Assert.Equal("answered", await AskAsync(registry, insecure: true));
    }

    [Fact]
    public async Task Insecure_registry_may_have_none_and_others_may_not()
    {
        using var registry = new TestRegistry();
        Assert.Equal("answered", await AskAsync(registry, insecure: true));
        string error = await AskAsync(registry);
        Assert.Contains("has broken the TLS handshake off", error);
        Assert.Contains("insecure", error);
    }

    [Fact]
    public async Task Client_certificate_is_shown_to_the_registry_that_asks_for_one()
    {
        Trust(_authority);
        using var people = new TestAuthority("People");
        using var registry = new TestRegistry(_authority.Issue(Host)) { ClientAuthority = people.Certificate };
        await AskAsync(registry);
        Assert.Empty(registry.Requests);
        using X509Certificate2 me = people.Issue("me");
        Write(Host, "client.cert", me.ExportCertificatePem());
        Write(Host, "client.key", me.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Assert.Equal("answered", await AskAsync(registry));
    }

    [Theory]
    [InlineData("ca.crt", "bad certificate authority")]
    [InlineData("client.cert", "has no key")]
    [InlineData("client.key", "has no certificate")]
    public async Task Certificates_that_are_of_no_use_are_named(string file, string problem)
    {
        Write(Host, file, "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----");
        using var registry = new TestRegistry(_authority.Issue(Host));
        string error = await AskAsync(registry);
        Assert.Contains(problem, error);
        Assert.Contains(_folder[$"certs.d/{Host}/{file}"], error);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private void Trust(TestAuthority authority, string host = Host) =>
        Write(host, "ca.crt", authority.Certificate.ExportCertificatePem());

    private void Write(string host, string name, string text)
    {
        Directory.CreateDirectory(_folder[$"certs.d/{host}"]);
        File.WriteAllText(_folder[$"certs.d/{host}/{name}"], text);
    }

    // "answered", or what is wrong.
    private async Task<string> AskAsync(TestRegistry registry, bool insecure = false)
    {
        using var proxy = new TestProxy(registry.Host);
        string file = _folder["registries.json"];
        await File.WriteAllTextAsync(file, insecure ? "{\"registries\":{\"" + Host + "\":{\"insecure\":true}}}" : "{}");
        var options = new RegistryOptions { RetryDelayMs = 1, Retries = 1, IdleTimeoutMs = 3000, Proxy = proxy };
        registry.Intercept = _ => Answer.Text(418, """{"errors":[{"code":"X","message":"answered"}]}""");
        var access = new RegistryAccess(RegistryConfiguration.Load(file, _folder["certs.d"]), null, options);
        Reference reference = Reference.Parse(Host + "/a");
        var e = await Assert.ThrowsAsync<ImageException>(async () =>
        {
            using RegistryClient client = access.Open(reference);
            await client.GetManifestAsync(reference, null, default);
        });
        return e.Message.Replace(" (418)", "");
    }
}
