using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public class ProxySettingsTests
{
    [Theory]
    [InlineData("", "http://a.test/", true)]
    [InlineData("", "http://localhost:5000/", false)]
    [InlineData("", "http://127.3.2.1/", false)]
    [InlineData("", "http://[::1]:80/", false)]
    [InlineData("*", "http://a.test/", false)]
    [InlineData("a.test", "http://a.test/", false)]
    [InlineData("a.test", "http://b.a.test/", false)]
    [InlineData("a.test", "http://ba.test/", true)]
    [InlineData("A.Test", "http://a.TEST/", false)]
    [InlineData(".a.test", "http://a.test/", true)]
    [InlineData(".a.test", "http://b.a.test/", false)]
    [InlineData("*.a.test", "http://a.test/", true)]
    [InlineData("*.a.test", "http://c.b.a.test/", false)]
    [InlineData("a.test:80", "http://a.test/", false)]
    [InlineData("a.test:8080", "http://a.test/", true)]
    [InlineData("a.test:8080", "http://a.test:8080/", false)]
    [InlineData("a.test:x", "http://a.test/", true)]
    [InlineData("b.test, a.test ,,c.test", "http://a.test/", false)]
    [InlineData("10.0.0.0/8", "http://10.200.3.4:5000/", false)]
    [InlineData("10.1.2.3/8", "http://10.200.3.4:5000/", false)]
    [InlineData("10.0.0.0/8", "http://11.0.0.1/", true)]
    [InlineData("10.0.0.0/33", "http://10.0.0.1/", true)]
    [InlineData("10.0.0.0/x", "http://10.0.0.1/", true)]
    [InlineData("10.0.0.1", "http://10.0.0.1:5000/", false)]
    [InlineData("10.0.0.1:5000", "http://10.0.0.1:5000/", false)]
    [InlineData("10.0.0.1:5001", "http://10.0.0.1:5000/", true)]
    [InlineData("10.0.0.1", "http://10.0.0.10/", true)]
    [InlineData("fd00::/8", "http://[fd12::1]/", false)]
    [InlineData("fd00::1", "http://[fd00::1]:5000/", false)]
    [InlineData("[fd00::1]:5000", "http://[fd00::1]:5000/", false)]
    [InlineData("[fd00::1]:5001", "http://[fd00::1]:5000/", true)]
    [InlineData("fd00::1", "http://[fd00::2]/", true)]
    public void Exceptions_are_what_go_makes_of_them(string noProxy, string url, bool isProxied)
    {
        ProxySettings settings = Settings(("HTTP_PROXY", "http://p:1"), ("NO_PROXY", noProxy));
        Assert.Equal(isProxied, settings.GetProxy(new Uri(url)) is not null);
        Assert.Equal(!isProxied, settings.IsBypassed(new Uri(url)));
    }

    [Fact]
    public void Each_scheme_has_its_own_proxy_and_capitals_come_first()
    {
        ProxySettings settings = Settings(
            ("HTTP_PROXY", "p1:1"), ("http_proxy", "p2:2"), ("https_proxy", "https://p3:3"), ("no_proxy", "x.test"));
        Assert.Equal("http://p1:1/", settings.GetProxy(new Uri("http://a.test"))!.ToString());
        Assert.Equal("https://p3:3/", settings.GetProxy(new Uri("https://a.test"))!.ToString());
        Assert.Null(settings.GetProxy(new Uri("https://x.test")));
        Assert.Null(Settings().GetProxy(new Uri("http://a.test")));
    }

    [Theory]
    [InlineData("ftp://me:secret@p")]
    [InlineData("http://")]
    [InlineData("me:secret@ :1")]
    public void Proxy_that_is_no_url_is_refused_without_showing_it(string url)
    {
        string message = Assert.Throws<ImageException>(() => Settings(("HTTPS_PROXY", url))).Message;
        Assert.Contains("bad HTTPS_PROXY in the environment", message);
        Assert.DoesNotContain("secret", message);
    }

    [Theory]
    [InlineData("bWU6c2VjcmV0", "answered (418)")]
    [InlineData("b3RoZXI=", "407")]
    public async Task Login_of_a_proxy_is_shown_to_it_alone(string login, string expected)
    {
        using var registry = new TestRegistry();
        registry.Intercept = _ => Answer.Text(418, """{"errors":[{"code":"answered"}]}""");
        using var proxy = new TestProxy(registry.Host) { Login = "Basic " + login };
        var options = new RegistryOptions
        {
            Retries = 0,
            Proxy = Settings(("HTTP_PROXY", $"http://me:secret@{proxy.Host}"), ("HTTPS_PROXY", "http://127.0.0.1:1")),
        };
        using var transport = new RegistryTransport(
            "registry.test", RegistryHost.Default with { Insecure = true }, () => null, options);
        var e = await Assert.ThrowsAsync<ImageException>(
            () => transport.SendAsync(RegistryRequest.Get("/v2/", "a"), default));
        Assert.Contains(expected, e.Message);
        Assert.DoesNotContain("secret", e.ToString());
        Assert.All(registry.Requests, r => Assert.Equal("registry.test", r["Host"]));
        Assert.StartsWith("GET http://registry.test/v2/ ", proxy.Heads.First());
    }

    [Fact]
    public async Task Proxy_that_cannot_be_reached_is_named()
    {
        var options = new RegistryOptions
        {
            Retries = 0, Proxy = Settings(("HTTPS_PROXY", "http://me:secret@127.0.0.1:1")),
        };
        using var client = new RegistryClient("registry.test", null, options);
        var e = await Assert.ThrowsAsync<ImageException>(
            () => client.GetManifestAsync(Reference.Parse("registry.test/a"), null, default));
        Assert.Equal(
            "cannot reach registry registry.test through proxy 127.0.0.1:1: connect: ECONNREFUSED (Connection refused)",
            e.Message);
    }

    private static ProxySettings Settings(params (string Name, string Value)[] variables) =>
        new(name => variables.FirstOrDefault(v => v.Name == name).Value);
}
