using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tests.Snapshots;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Pipeline;

/// <summary>A pull that ends early, and the next one, over both stores.</summary>
public sealed class ResumeTests : IDisposable
{
    private static readonly RegistryOptions s_options = new() { RetryDelayMs = 1, Retries = 1, IdleTimeoutMs = 300 };
    private static readonly ResumeOptions s_eager = new() { MinBytes = 1, StepBytes = 1 };
    private static readonly byte[] s_tar = TestImage.Tar(3_000_000);
    private static readonly byte[] s_gzip = TestImage.Gzip(s_tar);

    private readonly TestRegistry _registry = new();
    private readonly Sandbox _sandbox = new();

    public void Dispose()
    {
        _registry.Dispose();
        _sandbox.Dispose();
    }

    [Theory]
    [InlineData("erofs")]
    public async Task Pull_that_was_cancelled_goes_on_where_it_was(string store)
    {
        _registry.Intercept = _ => new Answer { Body = s_gzip, BreakAfter = 1_000_000, StallMs = 60_000 };
        using var cancel = new CancellationTokenSource();
        var log = new ProgressLog();
        log.OnReport = e =>
        {
            if (e.DoneBytes >= 1_000_000) cancel.CancelAfter(300);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => PullAsync(Open(store), s_gzip, cancel.Token, log));
        _registry.Intercept = null;
        log = new ProgressLog();
        ISnapshotter layers = Open(store);
        await PullAsync(layers, s_gzip, default, log);
        long offset = Offsets()[^1];
        Assert.InRange(offset, 900_000, 1_000_000);
        Assert.Equal(
            (LayerState.Resuming, offset), log.Events.Select(e => (e.State, e.DoneBytes)).First());
        AssertWhole(layers);
    }

    private ISnapshotter Open(string store) => Snapshotters.Open(_sandbox.Root, _sandbox.RunRoot, store);

    private async Task PullAsync(
        ISnapshotter layers, byte[] blob, CancellationToken cancellation, ProgressLog? log = null,
        ResumeOptions? options = null)
    {
        Digest digest = _registry.AddBlob("r", blob);
        var layer = new Descriptor { Digest = digest, Size = blob.Length, MediaType = MediaTypes.OciLayerGzip };
        using var client = new RegistryClient(_registry.Host, null, s_options);
        Reference reference = Reference.Parse($"{_registry.Host}/r:v1");
        var pipeline = new LayerPipeline(
            layers, (blob, offset, stop) => client.OpenBlobAsync(reference, blob, offset, stop),
            log ?? new ProgressLog(), s_options, resume: options ?? s_eager);
        await pipeline.RunAsync(layer, TestRegistry.Sha(s_tar), cancellation);
    }

    // Where the registry was asked to begin, each time.
    private List<long> Offsets() => [.. _registry.Requests.Select(
        request => request["Range"] is { } range ? long.Parse(range["bytes=".Length..].TrimEnd('-')) : 0)];

    private void AssertWhole(ISnapshotter layers)
    {
        Assert.Null(layers.Check(TestRegistry.Sha(s_tar), static _ => { }, CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
        Assert.False(File.Exists(Path.Combine(_sandbox.Root, "layers", TestRegistry.Sha(s_tar).Hex, "resume")));
    }
}
