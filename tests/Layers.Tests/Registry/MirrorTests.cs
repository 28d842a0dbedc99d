using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public sealed class MirrorTests : IDisposable
{
    private readonly ScratchDirectory _folder = new();
    private readonly TestRegistry _mirror = new();
    private readonly TestRegistry _origin = new();
    private readonly TestImage _image = new TestImage().AddGzip(TestImage.Tar(1000));
    private readonly Logins _logins = new();

    [Fact]
    public async Task Image_that_a_mirror_has_is_read_there_alone()
    {
        _image.Push(_mirror, "copy/a");
        Assert.Equal(_image.ManifestDigest, await PullAsync());
        Assert.Empty(_origin.Requests);
        Assert.Equal(2, _mirror.Requests.Count);
    }

    [Fact]
    public async Task Image_that_no_mirror_has_is_read_at_its_place()
    {
        _image.Push(_origin, "a");
        Assert.Equal(_image.ManifestDigest, await PullAsync());
        Assert.Equal(2, _mirror.Requests.Count);
    }

    [Fact]
    public async Task Mirror_without_the_layer_is_left_for_it()
    {
        _image.Push(_origin, "a");
        _mirror.AddManifest("copy/a", "v1", _image.ManifestType, _image.ManifestBytes);
        Assert.Equal(_image.ManifestDigest, await PullAsync());
        Assert.Single(_origin.Requests);
    }

    [Fact]
    public async Task Mirror_that_lies_is_left()
    {
        _image.Push(_origin, "a");
        _mirror.Forge("/v2/copy/a/manifests/v1", _image.ManifestType, [.. _image.ManifestBytes, (byte)' ']);
        _mirror.Intercept = r => r.Path.EndsWith("v1", StringComparison.Ordinal)
            ? new Answer { Body = [1] }.With("Docker-Content-Digest", _image.ManifestDigest.ToString()) : null;
        Assert.Equal(_image.ManifestDigest, await PullAsync());
    }

    [Fact]
    public async Task Mirror_that_cannot_be_reached_is_tried_once_a_pull()
    {
        _image.Push(_origin, "a");
        _mirror.Dispose();
        Assert.Equal(_image.ManifestDigest, await PullAsync());
    }

    [Fact]
    public async Task Failure_of_all_names_each()
    {
        _mirror.Intercept = _ => Answer.Text(503, "");
        var e = await Assert.ThrowsAsync<ImageException>(PullAsync);
        Assert.Equal(
            $"manifest unknown (404); check the name and the tag; mirror {_mirror.Host}: "
                + "registry answered Status (503); try again later", e.Message);
        Assert.Equal(2, _mirror.Requests.Count);
    }

    [Fact]
    public async Task Place_that_stands_for_another_is_named_in_its_errors()
    {
        string file = _folder["moved.json"];
        await File.WriteAllTextAsync(
            file, $$"""{"registries": {"old.example/team": {"location": "{{_origin.Host}}/new"} } }""");
        using RegistryClient client = new RegistryAccess(RegistryConfiguration.Load(file))
            .Open(Reference.Parse("old.example/team/a:v1"));
        var e = await Assert.ThrowsAsync<ImageException>(
            () => client.GetManifestAsync(Reference.Parse("old.example/team/a:v1"), null, default));
        Assert.Equal($"registry {_origin.Host}: manifest unknown (404); check the name and the tag", e.Message);
        Assert.Equal("/v2/new/a/manifests/v1", Assert.Single(_origin.Requests).Path);
    }

    [Theory]
    [InlineData("docker.io", "docker.io", "registry docker.io: ")]
    [InlineData("docker.io/library", "a.test/hub", "registry a.test: ")]
    [InlineData("a.test:5000/team", "a.test:5000/other", "")]
    [InlineData("a.test", "a.test", "")]
    public void Errors_name_the_registry_where_the_images_name_does_not(string prefix, string target, string expected)
    {
        using var endpoint = new RegistryEndpoint(
            new RegistryLocation(prefix, target, IsMirror: false),
            new RegistryTransport(target, RegistryHost.Default, () => null, RegistryOptions.Default));
        Assert.Equal(expected, endpoint.ErrorPrefix);
    }

    [Fact]
    public async Task Login_of_the_registry_is_not_shown_to_its_mirror()
    {
        _image.Push(_origin, "a");
        _logins.Known[_origin.Host] = new RegistryCredentials("me", "secret");
        _mirror.Intercept = _ => Answer.Text(401, "").With("WWW-Authenticate", "Basic realm=\"x\"");
        _origin.Intercept = r => r["Authorization"] is null
            ? Answer.Text(401, "").With("WWW-Authenticate", "Basic realm=\"x\"") : null;
        await PullAsync();
        Assert.All(_mirror.Requests, r => Assert.Null(r["Authorization"]));
        Assert.Contains(_origin.Requests, r => r["Authorization"] is not null);
    }

    public void Dispose()
    {
        _mirror.Dispose();
        _origin.Dispose();
        _folder.Dispose();
    }

    // Reads the manifest and its layer.
    private async Task<Digest> PullAsync()
    {
        string file = _folder["registries.json"];
        await File.WriteAllTextAsync(
            file, $$"""{"registries": {"{{_origin.Host}}": {"mirrors": ["{{_mirror.Host}}/copy"]} } }""");
        var options = new RegistryOptions { RetryDelayMs = 1, Retries = 4 };
        var access = new RegistryAccess(RegistryConfiguration.Load(file), _logins, options);
        Reference reference = Reference.Parse($"{_origin.Host}/a:v1");
        using RegistryClient client = access.Open(reference);
        FetchedManifest manifest = await client.GetManifestAsync(reference, null, default);
        Descriptor layer = Manifest.Parse(manifest.Bytes).Layers[0];
        using Stream blob = await client.OpenBlob(reference, layer).OpenAsync(0, default);
        byte[] bytes = new byte[layer.Size];
        await blob.ReadExactlyAsync(bytes);
        Assert.Equal(_image.Layers[0].Blob, bytes);
        return manifest.Digest;
    }

    private sealed class Logins : ICredentialSource
    {
        public Dictionary<string, RegistryCredentials> Known { get; } = [];

        public RegistryCredentials? Find(string registry) => Known.GetValueOrDefault(registry);
    }
}
