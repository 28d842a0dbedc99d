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
    private static readonly RegistryOptions s_options = new()
    {
        RetryDelayMs = 1, MaxRetryDelayMs = 10, Retries = 1, IdleTimeoutMs = 300,
    };

    private static readonly ResumeOptions s_eager = new() { MinBytes = 1, StepBytes = 1 };
    private static readonly byte[] s_tar = TestImage.Tar(3_000_000);
    private static readonly byte[] s_gzip = TestImage.Gzip(s_tar);

    /// <summary>What <see cref="RegistryFault"/> is about.</summary>
    internal static byte[] Blob => s_gzip;

    /// <summary>What <see cref="Blob"/> is of.</summary>
    internal static byte[] Tar => s_tar;

    private readonly TestRegistry _registry = new();
    private readonly Sandbox _sandbox = new();

    public void Dispose()
    {
        _registry.Dispose();
        _sandbox.Dispose();
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
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

    public static TheoryData<RegistryFault, string> Faults
    {
        get
        {
            var rows = new TheoryData<RegistryFault, string>();
            foreach (RegistryFault fault in RegistryFault.All())
                foreach (string store in (string[])["erofs", "overlay"]) rows.Add(fault, store);
            return rows;
        }
    }

    [Fact]
    public void Table_of_faulty_registries_has_rows_with_names_of_their_own()
    {
        RegistryFault[] rows = [.. RegistryFault.All()];
        string text = $"registry faults: {rows.Length} rows, {rows.Count(row => row.Error is null)} of them recovered "
            + "from, each against both stores";
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        Assert.True(rows.Length >= 60, text);
        Assert.Equal(rows.Length, rows.DistinctBy(row => row.Name).Count());
    }

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task Faulty_registry_ends_in_a_clear_error_and_the_next_pull_asks_for_the_rest(
        RegistryFault fault, string store)
    {
        ISnapshotter layers = Open(store);
        int requests = 0;
        _registry.Intercept = request => fault.Reply(request, requests++);
        if (fault.Error is { } error)
        {
            var e = await Assert.ThrowsAsync<ImageException>(() => PullAsync(layers, s_gzip, default));
            Assert.StartsWith($"layer {TestRegistry.Sha(s_gzip)}: ", e.Message);
            Assert.True(error.Split('|').Any(e.Message.Contains), e.Message);
            AssertNothingButRemains(layers);
            if (e.Message.Contains("mismatch") || e.Message.Contains("too long")) Assert.Empty(layers.Partials());
        }
        else
        {
            await PullAsync(layers, s_gzip, default);
            AssertWhole(layers);
            layers.Remove([TestRegistry.Sha(s_tar)]);
        }
        _registry.Intercept = null;
        int before = _registry.Requests.Count;
        await PullAsync(layers, s_gzip, default);
        AssertWhole(layers);
        // Where all bytes have arrived, nothing is asked for.
        long offset = Offsets().Skip(before).FirstOrDefault(s_gzip.Length);
        Assert.InRange(offset, Math.Max(0, fault.Arrived - 70_000), s_gzip.Length);
        if (fault.Error is null) Assert.Equal(0, offset);
    }

    private void AssertNothingButRemains(ISnapshotter layers)
    {
        Assert.Empty(layers.List());
        Assert.Empty(layers.Strays(new HashSet<Digest>()));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "layers")));
        string[] ingests = Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest"));
        Assert.Equal(layers.Partials().Count(), ingests.Length);
        Assert.All(ingests, ingest => Assert.StartsWith("partial-", Path.GetFileName(ingest)));
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
            layers, blob => client.OpenBlob(reference, blob),
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
