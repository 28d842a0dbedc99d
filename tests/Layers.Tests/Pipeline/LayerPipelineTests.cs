using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Pipeline;

public sealed class LayerPipelineTests : IDisposable
{
    private static readonly RegistryOptions s_options = new() { RetryDelayMs = 1, Retries = 3, IdleTimeoutMs = 300 };
    private static readonly byte[] s_tar = TestImage.Tar(2_000_000);
    private static readonly byte[] s_gzip = TestImage.Gzip(s_tar);

    private readonly TestRegistry _registry = new();
    private readonly ScratchDirectory _root = new();
    private readonly TarLayers _layers;
    private readonly RegistryClient _client;
    private readonly ProgressLog _progress = new();

    public LayerPipelineTests()
    {
        _layers = new TarLayers(_root["layers"]);
        _client = new RegistryClient(_registry.Host, null, s_options);
    }

    public static TheoryData<string, byte[], byte[]> Kinds => new()
    {
        { "plain", s_tar, s_tar },
        { "gzip", s_tar, s_gzip },
        { "multi-member gzip", s_tar,
            [.. TestImage.Gzip(s_tar.AsSpan(0, 70_000)), .. TestImage.Gzip(s_tar.AsSpan(70_000))] },
        { "zstd", s_tar, TestImage.Zstd(s_tar) },
        { "zstd frames", s_tar, [.. TestImage.Zstd(s_tar.AsSpan(0, 512)), .. TestImage.Zstd(s_tar.AsSpan(512))] },
        { "empty", [], TestImage.Gzip([]) },
        { "nothing at all", [], [] },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Layer_of_any_compression_arrives(string name, byte[] tar, byte[] blob)
    {
        Assert.NotEmpty(name);
        await PullAsync(blob, TestRegistry.Sha(tar));
        Assert.Equal(tar, _layers.Read(TestRegistry.Sha(tar)));
        Assert.Equal(LayerState.PullComplete, _progress.Events.Last().State);
        Assert.Equal(blob.Length, _progress.Events.Last().DoneBytes);
    }

    [Fact]
    public async Task Layer_that_is_there_is_not_fetched()
    {
        await PullAsync(s_gzip, TestRegistry.Sha(s_tar));
        int before = _registry.Requests.Count;
        await PullAsync(s_gzip, TestRegistry.Sha(s_tar));
        Assert.Equal(before, _registry.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Broken_connections_are_taken_up_where_they_broke(bool ranges)
    {
        _registry.Ranges = ranges;
        int broken = 0;
        _registry.Intercept = request =>
        {
            if (broken >= 6) return null;
            int start = ranges && request["Range"] is { } r ? int.Parse(r["bytes=".Length..].TrimEnd('-')) : 0;
            var answer = new Answer
            {
                Status = start > 0 ? 206 : 200,
                Body = s_gzip[start..],
                BreakAfter = Math.Min((ranges ? 50_000 : 30_000 * (broken + 1))
                    + (7 * broken++), s_gzip.Length - start),
            };
            return start > 0
                ? answer.With("Content-Range", $"bytes {start}-{s_gzip.Length - 1}/{s_gzip.Length}") : answer;
        };
        await PullAsync(s_gzip, TestRegistry.Sha(s_tar));
        Assert.Equal(s_tar, _layers.Read(TestRegistry.Sha(s_tar)));
        Assert.Equal(6, broken);
    }

    [Fact]
    public async Task Stalled_connection_is_given_up_and_taken_up_again()
    {
        int stalls = 0;
        _registry.Intercept = _ =>
            stalls++ > 0 ? null : new Answer { Body = s_gzip, BreakAfter = 1000, StallMs = 20_000 };
        await PullAsync(s_gzip, TestRegistry.Sha(s_tar));
        Assert.Equal("bytes=1000-", _registry.Requests.Last()["Range"]);
    }

    [Fact]
    public async Task Registry_that_keeps_breaking_off_is_given_up()
    {
        _registry.Intercept = _ => new Answer { Body = s_gzip, BreakAfter = 0 };
        ImageException e = await FailAsync(s_gzip, TestRegistry.Sha(s_tar));
        Assert.Contains("broke off at byte 0 of", e.Message);
        Assert.Equal(4, _registry.Requests.Count);
    }

    [Fact]
    public async Task Wrong_digest_is_refused()
    {
        byte[] other = [.. s_gzip];
        other[^9] ^= 1; // In the last bytes of data: every stage is well on its way before it shows.
        _registry.Intercept = _ => new Answer { Body = other };
        ImageException e = await FailAsync(s_gzip, TestRegistry.Sha(s_tar));
        Assert.True(e.Message.Contains("digest mismatch") || e.Message.Contains("malformed gzip"), e.Message);
    }

    [Fact]
    public async Task Wrong_digest_of_sound_data_names_both_digests()
    {
        byte[] other = TestImage.Gzip(TestImage.Tar(10));
        _registry.Intercept = _ => new Answer { Body = other };
        var descriptor = new Descriptor { Digest = TestRegistry.Sha([1]), Size = other.Length };
        ImageException e = await FailAsync(descriptor, TestRegistry.Sha(TestImage.Tar(10)));
        Assert.Equal($"layer {descriptor.Digest}: digest mismatch: expected {descriptor.Digest}, "
            + $"got {TestRegistry.Sha(other)}", e.Message);
    }

    [Fact]
    public async Task Wrong_DiffId_is_refused()
    {
        ImageException e = await FailAsync(s_gzip, TestRegistry.Sha([7]));
        Assert.Equal(
            $"layer {TestRegistry.Sha(s_gzip)}: DiffId mismatch: expected {TestRegistry.Sha([7])}, "
                + $"got {TestRegistry.Sha(s_tar)}", e.Message);
    }

    [Theory]
    [InlineData(-1, false, "has the wrong size")]
    [InlineData(+1, false, "has the wrong size")]
    [InlineData(-1, true, "is too long")]
    public async Task Wrong_size_is_refused(int error, bool chunked, string reason)
    {
        _registry.Intercept = _ => new Answer { Body = s_gzip, Chunked = chunked };
        var descriptor = new Descriptor { Digest = TestRegistry.Sha(s_gzip), Size = s_gzip.Length + error };
        Assert.Contains(reason, (await FailAsync(descriptor, TestRegistry.Sha(s_tar))).Message);
    }

    [Fact]
    public async Task Malformed_gzip_is_refused()
    {
        byte[] blob = [.. s_gzip];
        blob.AsSpan(50_000, 100).Fill(0xFF);
        Assert.Contains("malformed gzip", (await FailAsync(blob, TestRegistry.Sha(s_tar))).Message);
    }

    [Fact]
    public async Task Tar_that_the_store_refuses_stops_the_download()
    {
        _layers.OnAppend = total =>
        {
            if (total > 200_000) throw new ImageException("hostile");
        };
        string text = (await FailAsync(s_gzip, TestRegistry.Sha(s_tar))).Message;
        Assert.Equal($"layer {TestRegistry.Sha(s_gzip)}: hostile", text);
    }

    [Fact]
    public async Task Layer_that_is_too_much_for_the_memory_is_refused()
    {
        _layers.OnAppend = total =>
        {
            if (total > 200_000) throw new OutOfMemoryException();
        };
        string text = (await FailAsync(s_gzip, TestRegistry.Sha(s_tar))).Message;
        Assert.StartsWith($"layer {TestRegistry.Sha(s_gzip)}: too little memory to take it in", text);
    }

    [Fact]
    public async Task Cancellation_is_prompt_and_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        _registry.Intercept = _ => new Answer { Body = s_gzip, BreakAfter = 100_000, StallMs = 60_000 };
        _progress.OnReport = e =>
        {
            if (e.DoneBytes >= 100_000) cancel.CancelAfter(20);
        };
        var client = new RegistryClient(_registry.Host);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => PullAsync(Describe(s_gzip), TestRegistry.Sha(s_tar), cancel.Token, client));
        Assert.True(watch.ElapsedMilliseconds < 30_000, $"{watch.ElapsedMilliseconds} ms");
        AssertNothingLeft();
    }

    [Fact]
    public async Task Slow_store_holds_the_download_back()
    {
        byte[] tar = TestImage.Tar(20_000_000), blob = tar;
        long received = 0, worst = 0;
        _progress.OnReport = e => Volatile.Write(ref received, e.DoneBytes);
        _layers.OnAppend = total =>
        {
            if (total == 0) Thread.Sleep(300);
            worst = Math.Max(worst, Volatile.Read(ref received) - total);
        };
        await PullAsync(blob, TestRegistry.Sha(tar));
        Assert.InRange(worst, 0, 4 << 20);
    }

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
        _root.Dispose();
    }

    private Descriptor Describe(byte[] blob)
    {
        _registry.AddBlob("r", blob);
        return new Descriptor { Digest = TestRegistry.Sha(blob), Size = blob.Length, MediaType =
            MediaTypes.OciLayerGzip };
    }

    private Task PullAsync(byte[] blob, Digest diffId) => PullAsync(Describe(blob), diffId, default, _client);

    private Task PullAsync(Descriptor layer, Digest diffId, CancellationToken cancellation, RegistryClient client)
    {
        Reference reference = Reference.Parse($"{_registry.Host}/r:v1");
        return new LayerPipeline(
            _layers, blob => client.OpenBlob(reference, blob), _progress, s_options)
            .RunAsync(layer, diffId, cancellation);
    }

    private Task<ImageException> FailAsync(byte[] blob, Digest diffId) => FailAsync(Describe(blob), diffId);

    private async Task<ImageException> FailAsync(Descriptor layer, Digest diffId)
    {
        var e = await Assert.ThrowsAsync<ImageException>(() => PullAsync(layer, diffId, default, _client));
        AssertNothingLeft();
        return e;
    }

    private void AssertNothingLeft()
    {
        Assert.Empty(_layers.List());
        Assert.Equal(0, _layers.Leftovers);
    }
}
