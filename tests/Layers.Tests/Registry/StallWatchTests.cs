using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public class StallWatchTests
{
    private readonly LinkActivity _link = new();

    [Fact]
    public async Task Connection_waits_as_long_as_others_move_and_is_stalled_when_none_does()
    {
        using var watch = new StallWatch(_link, 1_000, 60_000, default);
        watch.Start();
        await MoveForAsync(2_500);
        Assert.False(watch.Token.IsCancellationRequested);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(20_000, watch.Token));
        Assert.InRange(watch.WaitedMs, 3_400, 30_000);
    }

    [Fact]
    public async Task Connection_that_gets_nothing_for_very_long_is_stalled_whatever_moves()
    {
        using var watch = new StallWatch(_link, 1_000, 4_000, default);
        watch.Start();
        await MoveForAsync(1_500);
        Assert.False(watch.Token.IsCancellationRequested);
        await MoveForAsync(4_500);
        Assert.True(watch.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task Nobody_who_does_not_wait_is_stalled()
    {
        using var watch = new StallWatch(_link, 50, 50, default);
        watch.Start();
        watch.Stop();
        await Task.Delay(200);
        Assert.False(watch.Token.IsCancellationRequested);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    public async Task Blob_behind_another_is_asked_for_again_only_when_neither_comes(bool othersMove, int requests)
    {
        using var registry = new TestRegistry();
        byte[] first = new byte[200_000], second = [1, 2, 3];
        Descriptor a = Blob(registry, first), b = Blob(registry, second);
        registry.Intercept = request => !request.Path.EndsWith(b.Digest.ToString(), StringComparison.Ordinal) ? null
            : new Answer { Body = second, StallBeforeHeadMs = 3_500 };
        using var client = new RegistryClient(registry.Host, null, new RegistryOptions
        {
            RetryDelayMs = 1, Retries = 2, IdleTimeoutMs = 1_000,
        });
        Reference reference = Reference.Parse($"{registry.Host}/a:v1");
        await using Stream slow = await client.OpenBlob(reference, a).OpenAsync(0, default);
        Task<Stream> waiting = client.OpenBlob(reference, b).OpenAsync(0, default).AsTask();
        byte[] piece = new byte[1_000];
        while (othersMove && !waiting.IsCompleted)
        {
            await slow.ReadExactlyAsync(piece);
            await Task.Delay(50);
        }
        if (othersMove) await (await waiting).DisposeAsync();
        else await Assert.ThrowsAsync<ImageException>(() => waiting);
        Assert.Equal(requests, registry.CountOf(b.Digest.ToString()));
    }

    private async Task MoveForAsync(int ms)
    {
        for (long end = Environment.TickCount64 + ms; Environment.TickCount64 < end;)
        {
            _link.Moved();
            await Task.Delay(20);
        }
    }

    private static Descriptor Blob(TestRegistry registry, byte[] bytes) => new()
    {
        MediaType = MediaTypes.OciLayer, Digest = registry.AddBlob("a", bytes), Size = bytes.Length,
    };
}
