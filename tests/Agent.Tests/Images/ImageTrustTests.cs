using System.Security.Cryptography;
using System.Text.Json;
using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

public sealed class ImageTrustTests : IDisposable
{
    private readonly ScratchDirectory _settings = new();
    private readonly TestSigner _signer = new(), _stranger = new();
    private readonly ImageWorld _world;

    public ImageTrustTests()
    {
        _world = new ImageWorld(_settings);
        File.WriteAllText(_settings["registries.json"], "{}");
    }

    [Theory]
    [InlineData("reject/a:v1", "registries.\"HOST/reject\" is \"reject\": change it if HOST/reject/a is to be trusted")]
    [InlineData("unsigned/a:v1", "default wants a cosign signature by one of its 2 keys, and sha256:")]
    [InlineData("unsigned/a:v1", " has none: its tag .sig: manifest unknown (404)")]
    [InlineData("unsigned/a:v1", "; sign it with `cosign sign --key KEY HOST/unsigned/a@sha256:")]
    [InlineData("stranger/a:v1", " is by none of the keys, or what it signs was changed")]
    [InlineData("exact/a:v1", " is for HOST/other/a: expected HOST/exact/a")]
    [InlineData("missing/a:v1", "manifest unknown (404)")]
    public async Task Refused_pull_leaves_the_store_as_it_is_byte_for_byte(string name, string problem)
    {
        Policy();
        foreach (string repository in (string[])["reject/a", "unsigned/a", "stranger/a", "exact/a", "accept/a"])
            Push(repository);
        await _world.PullAsync("accept/a:v1");
        Sign("stranger/a", _stranger, "stranger/a");
        Sign("exact/a", _signer, "other/a");
        Dictionary<string, string> before = Snapshot();
        int layers = _world.Registry.CountOf("/blobs/");

        var e = await Assert.ThrowsAsync<ImageException>(() => _world.PullAsync(name));

        string host = _world.Registry.Host;
        Assert.StartsWith($"pull {host}/{name}: ", e.Message);
        if (!name.StartsWith("missing", StringComparison.Ordinal))
            Assert.StartsWith($"pull {host}/{name}: refused by {_settings["policy.json"]}: ", e.Message);
        Assert.Contains(problem.Replace("HOST", host), e.Message);
        Assert.Equal(before, Snapshot());
        Assert.InRange(_world.Registry.CountOf("/blobs/") - layers, 0, 1); // The signed text at most.
    }

    [Fact]
    public async Task Rejected_name_is_not_even_asked_for()
    {
        Policy();
        Push("reject/a");
        await Assert.ThrowsAsync<ImageException>(() => _world.PullAsync("reject/a:v1"));
        Assert.Empty(_world.Registry.Requests);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"default": "accept", "registries": {"b.test": {"cosign": {"keys": ["/none"]}}}}""")]
    [InlineData(null)]
    public async Task Policy_that_cannot_be_read_lets_no_image_in(string? policy)
    {
        Push("a");
        if (policy is not null) File.WriteAllText(_settings["policy.json"], policy);
        Dictionary<string, string> before = Snapshot();
        var e = await Assert.ThrowsAsync<ImageException>(() => _world.PullAsync("a:v1"));
        Assert.StartsWith($"pull {_world.Ref("a:v1")}: {_settings["policy.json"]}: ", e.Message);
        Assert.Equal(before, Snapshot());
        Assert.Empty(_world.Registry.Requests);
    }

    [Theory]
    [InlineData("signed/a")]
    [InlineData("exact/a")]
    public async Task Signed_image_is_pulled(string repository)
    {
        Policy();
        TestImage image = Push(repository);
        Sign(repository, _signer, repository);
        PullResult result = await _world.PullAsync(repository + ":v1");
        Assert.Equal(image.ConfigDigest, result.Image.Id);
        Assert.Equal(image.ConfigDigest, (await _world.PullAsync($"{repository}@{image.ManifestDigest}")).Image.Id);
    }

    [Theory]
    [InlineData("index", true)]
    [InlineData("chosen", true)]
    [InlineData("other", false)]
    public async Task Signature_of_the_index_or_of_the_chosen_manifest_counts(string signed, bool isTaken)
    {
        Policy();
        TestImage arm = Push("multi", "arm64"), amd = Push("multi", "amd64");
        Digest index = TestImage.PushIndex(_world.Registry, "multi", "v1", false, arm, amd);
        Sign("multi", _signer, "multi", signed switch
        {
            "index" => index, "chosen" => amd.ManifestDigest, _ => arm.ManifestDigest,
        });
        Exception? e = await Record.ExceptionAsync(
            () => _world.PullAsync("multi:v1", Platform.Parse("linux/amd64")));
        Assert.Equal(isTaken, e is null);
        if (!isTaken) Assert.Contains($"{index} has none", e!.Message);
    }

    [Fact]
    public async Task Name_decides_and_not_the_mirror_that_has_the_image_and_its_signature()
    {
        string host = _world.Registry.Host;
        File.WriteAllText(_settings["registries.json"], $$"""
            {"registries": {"a.test": {"mirrors": ["{{host}}/copy"]}, "b.test": {"mirrors": ["{{host}}/copy"]} } }
            """);
        Write($$"""
            {"default": "reject", "registries": {"b.test": "reject", "a.test": {"cosign": {
              "keys": ["{{JsonEncodedText.Encode(_signer.Pem)}}"], "identity": "repository"} } } }
            """);
        TestImage image = Push("copy/app");
        byte[] payload = TestSigner.Payload(image.ManifestDigest, "a.test/app");
        TestSigner.Store(_world.Registry, "copy/app", TestSigner.Tag(image.ManifestDigest) + ".sig",
            (payload, _signer.Sign(payload)));
        Assert.Equal(image.ConfigDigest, (await PullAsync("a.test/app:v1")).Image.Id);
        Assert.Contains("\"b.test\" is \"reject\"",
            (await Assert.ThrowsAsync<ImageException>(() => PullAsync("b.test/app:v1"))).Message);
        Assert.Contains("default is \"reject\"",
            (await Assert.ThrowsAsync<ImageException>(() => PullAsync($"{host}/copy/app:v1"))).Message);
    }

    public void Dispose()
    {
        _world.Dispose();
        _settings.Dispose();
        _signer.Dispose();
        _stranger.Dispose();
    }

    private Task<PullResult> PullAsync(string name) =>
        _world.Puller.PullAsync(Reference.Parse(name), null, _world.Progress, default);

    private TestImage Push(string repository, string architecture = "amd64") =>
        new TestImage { Architecture = architecture }.AddGzip(TestImage.Tar(9000, repository.Length))
            .Push(_world.Registry, repository);

    private void Sign(string repository, TestSigner signer, string identity, Digest? digest = null)
    {
        Digest signed = digest ?? TestRegistry.Sha(Push(repository).ManifestBytes);
        byte[] payload = TestSigner.Payload(signed, $"{_world.Registry.Host}/{identity}");
        TestSigner.Store(_world.Registry, repository, TestSigner.Tag(signed) + ".sig", (payload, signer.Sign(payload)));
    }

    // Two keys by default, and only the second one is used.
    private void Policy()
    {
        using var unused = new TestSigner();
        string host = _world.Registry.Host;
        File.WriteAllText(_settings["key.pub"], unused.Pem);
        string key = JsonEncodedText.Encode(_signer.Pem).ToString();
        Write($$"""
            {
              "default": {"cosign": {"keys": ["{{_settings["key.pub"]}}", "{{key}}"]} },
              "registries": {
                "{{host}}/reject": "reject", "{{host}}/accept": "accept",
                "{{host}}/exact": {"cosign": {"keys": ["{{key}}"], "identity": "repository"} }
              }
            }
            """);
    }

    private void Write(string policy) => File.WriteAllText(_settings["policy.json"], policy);

    private Dictionary<string, string> Snapshot() =>
        Directory.EnumerateFileSystemEntries(_world.Root, "*", SearchOption.AllDirectories).Order().ToDictionary(
            path => path, path => Directory.Exists(path) ? "a directory" : $"{File.GetLastWriteTimeUtc(path):o} "
                + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))));
}
