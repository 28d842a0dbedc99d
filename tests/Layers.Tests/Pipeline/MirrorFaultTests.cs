using System.Collections.Concurrent;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tests.Snapshots;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Pipeline;

/// <summary>The table of <see cref="RegistryFault"/> again, at the mirror of a registry that does as it
/// should.</summary>
public sealed class MirrorFaultTests : IDisposable
{
    private static readonly RegistryOptions s_options = new()
    {
        RetryDelayMs = 1, MaxRetryDelayMs = 10, Retries = 3, IdleTimeoutMs = 300,
    };

    private readonly TestRegistry _mirror = new(), _second = new(), _origin = new();
    private readonly Sandbox _sandbox = new();
    private readonly TestImage _image = new TestImage().Add(
        ResumeTests.Tar, ResumeTests.Blob, MediaTypes.OciLayerGzip);
    private readonly ConcurrentQueue<string> _warnings = new();

    public static TheoryData<RegistryFault, string> Faults => ResumeTests.Faults;

    public void Dispose()
    {
        _mirror.Dispose();
        _second.Dispose();
        _origin.Dispose();
        _sandbox.Dispose();
    }

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task Faulty_mirror_is_passed_over_by_name_and_the_registry_gives_the_layer(
        RegistryFault fault, string store)
    {
        _image.Push(_mirror, "a");
        _image.Push(_origin, "a");
        Break(_mirror, fault);
        ISnapshotter layers = Open(store);
        await PullAsync(layers, [_mirror]);
        AssertWhole(layers);
        // A mirror may be left for what a registry would be given more time for.
        if (fault.Error is null) return;
        Assert.StartsWith($"mirror {_mirror.Host} is passed over for blob {TestRegistry.Sha(ResumeTests.Blob)}: ",
            Assert.Single(_warnings));
        Assert.Single(_origin.Requests);
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public async Task Each_mirror_with_wrong_bytes_is_asked_once(string store)
    {
        foreach (TestRegistry registry in (TestRegistry[])[_mirror, _second, _origin]) _image.Push(registry, "a");
        Damage(_mirror);
        Damage(_second);
        ISnapshotter layers = Open(store);
        await PullAsync(layers, [_mirror, _second]);
        AssertWhole(layers);
        Assert.Equal([1, 1, 1], new[] { _mirror, _second, _origin }.Select(one => one.CountOf("/blobs/")));
        Assert.Equal([_mirror.Host, _second.Host], _warnings.Select(text => text.Split(' ')[1]));
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public async Task Layer_that_is_wrong_everywhere_ends_in_an_error_and_is_not_kept(string store)
    {
        _image.Push(_mirror, "a");
        _image.Push(_origin, "a");
        Damage(_mirror);
        Damage(_origin);
        ISnapshotter layers = Open(store);
        var e = await Assert.ThrowsAsync<ImageException>(() => PullAsync(layers, [_mirror]));
        Assert.Contains("mismatch: expected ", e.Message);
        Assert.Single(_warnings);
        Assert.Empty(layers.List());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public async Task Half_a_layer_that_a_mirror_had_wrong_is_fetched_again_as_a_whole(string store)
    {
        _image.Push(_mirror, "a");
        _image.Push(_origin, "a");
        byte[] other = TestImage.Gzip(TestImage.Tar(3_000_000, seed: 2));
        Array.Resize(ref other, ResumeTests.Blob.Length);
        _mirror.Intercept = request => request.Path.Contains("/blobs/") && request["Range"] is null
            ? new Answer { Body = other, BreakAfter = 700_000 } : null;
        ISnapshotter layers = Open(store);
        await PullAsync(layers, [_mirror]);
        AssertWhole(layers);
        Assert.Contains(_warnings, text => text.StartsWith($"mirror {_mirror.Host} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Layer_whose_tar_is_refused_is_not_asked_for_elsewhere()
    {
        _image.Push(_mirror, "a");
        _image.Push(_origin, "a");
        ISnapshotter layers = Open("erofs");
        var e = await Assert.ThrowsAsync<ImageException>(
            () => PullAsync(layers, [_mirror], diffId: TestRegistry.Sha([1])));
        Assert.Contains("DiffId mismatch", e.Message);
        Assert.Empty(_warnings);
        Assert.Empty(_origin.Requests);
    }

    private static void Break(TestRegistry mirror, RegistryFault fault)
    {
        int requests = 0;
        mirror.Intercept = request => request.Path.Contains("/blobs/") ? fault.Reply(request, requests++) : null;
    }

    private static void Damage(TestRegistry registry)
    {
        byte[] damaged = [.. ResumeTests.Blob];
        damaged[^9] ^= 1;
        registry.Intercept = request => request.Path.Contains("/blobs/") ? new Answer { Body = damaged } : null;
    }

    private ISnapshotter Open(string store) => Snapshotters.Open(_sandbox.Root, _sandbox.RunRoot, store);

    private async Task PullAsync(ISnapshotter layers, TestRegistry[] mirrors, Digest? diffId = null)
    {
        string file = Path.Combine(Directory.CreateDirectory(_sandbox.Root).FullName, "registries.json");
        string names = string.Join(", ", mirrors.Select(mirror => $"\"{mirror.Host}\""));
        await File.WriteAllTextAsync(
            file, $$"""{"registries": {"{{_origin.Host}}": {"mirrors": [{{names}}]} } }""");
        Reference reference = Reference.Parse($"{_origin.Host}/a:v1");
        using RegistryClient client = new RegistryAccess(RegistryConfiguration.Load(file), null, s_options)
            .Open(reference);
        client.Warn = _warnings.Enqueue;
        FetchedManifest manifest = await client.GetManifestAsync(reference, null, default);
        var pipeline = new LayerPipeline(layers, blob => client.OpenBlob(reference, blob), new ProgressLog(), s_options,
            resume: new ResumeOptions { MinBytes = 1, StepBytes = 1 });
        await pipeline.RunAsync(
            Manifest.Parse(manifest.Bytes).Layers[0], diffId ?? TestRegistry.Sha(ResumeTests.Tar), default);
    }

    private void AssertWhole(ISnapshotter layers)
    {
        Assert.Null(layers.Check(TestRegistry.Sha(ResumeTests.Tar), static _ => { }, CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
    }
}
