using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Skiff.System.Tests;

/// <summary>Cells of the matrix: pulls from real registries and pushes into them, soundly connected or not.</summary>
public sealed class RegistryCells : IDisposable
{
    private const string Repository = "matrix/small";

    private readonly SkiffHost _host;
    private readonly SmallImage _image = new();
    private readonly ScratchRegistry _source = new(), _plain = new();
    private readonly SecureRegistry _secure = new(isEmpty: true);
    private readonly TokenRegistry _token = new(isEmpty: true);
    private readonly Logins _logins;
    private readonly string _origin;
    private ImageFacts? _facts;
    private string _digest = "";

    public RegistryCells(SkiffHost host) => (_host, _logins, _origin) = (
        host, new Logins(host, _secure.TrustingFile), $"{_source.Host}/{Repository}:v1");

    /// <summary>Fills the registries and adds the rows.</summary>
    public void AddTo(MatrixTable table)
    {
        Fill();
        // What takes longest comes first.
        foreach ((string name, LinkFault fault) in new[]
        {
            ("stall", LinkFault.Stall), ("429 with Retry-After", LinkFault.TooManyRequests),
            ("slow, 64 kB/s", LinkFault.Slow), ("cut", LinkFault.Cut), ("5xx", LinkFault.ServerError),
            ("wrong bytes", LinkFault.WrongBytes),
        })
            table.Add("proxy: " + name, (verb, store) => TryFaulty(verb, store, fault));
        table.Add("docker-registry, HTTP", (verb, store) => Try(verb, store, _plain.Host));
        table.Add("docker-registry, TLS, htpasswd", (verb, store) =>
            Try(verb, store, _secure.Host, SecureRegistry.Login));
        table.Add("docker-registry, Bearer tokens", (verb, store) =>
            Try(verb, store, _token.Host, TokenRegistry.Login));
    }

    public void Dispose()
    {
        _image.Dispose();
        _source.Dispose();
        _plain.Dispose();
        _secure.Dispose();
        _token.Dispose();
    }

    private void Fill()
    {
        foreach ((string registry, string? login) in new (string, string?)[]
        {
            (_source.Host, null), (_plain.Host, null), (_secure.Host, SecureRegistry.Login),
            (_token.Host, TokenRegistry.Login),
        })
        {
            string[] creds = login is null ? [] : ["--dest-creds", login];
            Command.Run("skopeo", ["copy", "-q", "--insecure-policy", "--src-tls-verify=false",
                "--dest-tls-verify=false", .. creds, $"docker://{_image.Name}", $"docker://{registry}/{Repository}:v1"])
                .Exits(0);
            if (login is not null) _logins.Add(registry, login);
        }
        (_facts, _digest) = (ImageFacts.Of("docker://" + _origin), ImageFacts.ManifestDigest("docker://" + _origin));
    }

    private void Try(string verb, string snapshotter, string registry, string? login = null)
    {
        using Store store = new(_host, snapshotter, _logins.Variables);
        if (verb == "pull") Pull(store, registry);
        else Push(store, registry, registry, login);
    }

    private void TryFaulty(string verb, string snapshotter, LinkFault fault)
    {
        using FaultProxy proxy = new(_plain.Host, fault);
        using Store store = new(_host, snapshotter, _logins.Variables);
        if (fault == LinkFault.WrongBytes) RefuseOnce(verb, store, proxy);
        else
        {
            var watch = Stopwatch.StartNew();
            if (verb == "pull") Pull(store, proxy.Host);
            else Push(store, proxy.Host, _plain.Host, null);
            // A stall is one after 30 s, and 200 kB have to pass.
            double leastSeconds = fault switch { LinkFault.Stall => 29, LinkFault.Slow => 2.5, _ => 0 };
            Assert.True(watch.Elapsed.TotalSeconds > leastSeconds, $"it took only {watch.Elapsed}");
        }
        Assert.True(proxy.Faults > 0, "nothing went wrong");
        Assert.True(proxy.Early == 0, $"{proxy.Early} requests came before Retry-After allowed them");
    }

    private void Pull(Store store, string registry)
    {
        string image = $"{registry}/{Repository}:v1";
        store.Run("pull", "-q", image).Exits(0);
        Assert.Equal(_facts, ImageFacts.Of(store, image));
        Assert.Contains(_digest, store.Run("image", "inspect", "-f", "{{json .RepoDigests}}", image).Text());
        Assert.Contains(" 0 defects", store.Run("system", "check", "-q").Text());
    }

    // The blobs come from where the image came from, and are sent to another registry.
    private void Push(Store store, string registry, string direct, string? login)
    {
        (string name, string there) = PrepareToPush(store, registry, direct);
        Assert.Contains($"digest: {_digest} ", store.Run("push", name).Exits(0).Lines[^1]);
        AssertPushed(store, there, login);
    }

    private (string Name, string There) PrepareToPush(Store store, string registry, string direct)
    {
        string name = $"/pushed/{_host.NewName()}:v1";
        store.Run("pull", "-q", _origin).Exits(0);
        store.Run("tag", _origin, registry + name).Exits(0);
        return (registry + name, $"docker://{direct}{name}");
    }

    private void AssertPushed(Store store, string there, string? login = null)
    {
        Assert.Equal(_digest, ImageFacts.ManifestDigest(there, login));
        Assert.Equal(_facts, ImageFacts.Of(there, login));
        ImageFacts.Read(there, Path.Combine(store.Folder, "read"), login);
    }

    // Nobody can mend wrong bytes on their way, but they must not arrive.
    private void RefuseOnce(string verb, Store store, FaultProxy proxy)
    {
        if (verb == "pull")
        {
            string image = $"{proxy.Host}/{Repository}:v1";
            CommandResult refused = store.Run("pull", "-q", image).FailsClearly(1, "layer sha256:");
            Assert.True(Regex.IsMatch(refused.Error, "mismatch|malformed"), refused.ToString());
            Assert.Equal("", store.Run("images", "-q").Text());
            Pull(store, proxy.Host);
            return;
        }
        (string name, string there) = PrepareToPush(store, proxy.Host, _plain.Host);
        store.Run("push", "-q", name).FailsClearly(1, "digest");
        Assert.False(ImageFacts.IsThere(there), "an image is there whose blob was wrong");
        store.Run("push", "-q", name).Exits(0);
        AssertPushed(store, there);
    }
}
