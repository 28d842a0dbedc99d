using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public class RateLimitTests
{
    [Fact]
    public async Task Bytes_take_the_time_that_they_cost()
    {
        var clock = new Clock();
        var rate = new RateLimit(1000, clock);
        for (int i = 0; i < 50; i++) await rate.SpendAsync(100, default);
        // A tenth of a second is saved up at the beginning.
        Assert.Equal(4.9, clock.Elapsed.TotalSeconds, 0.001);
    }

    [Fact]
    public async Task Pause_saves_up_a_tenth_of_a_second_at_the_most()
    {
        var clock = new Clock();
        var rate = new RateLimit(1000, clock);
        await rate.SpendAsync(100, default);
        clock.Pass(TimeSpan.FromHours(1));
        await rate.SpendAsync(600, default);
        Assert.Equal(3600.5, clock.Elapsed.TotalSeconds, 0.001);
    }

    [Fact]
    public void Those_who_share_it_wait_for_each_other()
    {
        var clock = new Clock { IsStill = true };
        var rate = new RateLimit(1000, clock);
        Task[] all = [.. Enumerable.Range(0, 3).Select(_ => rate.SpendAsync(200, default))];
        Assert.DoesNotContain(all, task => task.IsCompleted);
        Assert.Equal([0.1, 0.3, 0.5], clock.Waits.Select(wait => Math.Round(wait.TotalSeconds, 3)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(50_000, 5000)]
    [InlineData(long.MaxValue, 64 << 10)]
    public void Reads_are_small_when_the_limit_is(long bytesPerSecond, int expected) =>
        Assert.Equal(expected, new RateLimit(bytesPerSecond, TimeProvider.System).MaxBytes);

    [Fact]
    public async Task Blobs_of_a_client_share_its_limit()
    {
        using var registry = new TestRegistry();
        var clock = new Clock();
        using var client = new RegistryClient(
            registry.Host, null, new RegistryOptions { BytesPerSecond = 100_000, Clock = clock });
        var blobs = new List<Stream>();
        foreach (int size in (int[])[200_000, 300_000])
        {
            Digest digest = registry.AddBlob("r", new byte[size]);
            var layer = new Descriptor { Digest = digest, Size = size, MediaType = MediaTypes.OciLayerGzip };
            blobs.Add(await client.OpenBlob(Reference.Parse($"{registry.Host}/r:v1"), layer).OpenAsync(0, default));
        }
        byte[] buffer = new byte[64 << 10];
        int bytes = 0, turn = 0;
        while (blobs.Count > 0)
        {
            Stream blob = blobs[turn++ % blobs.Count];
            int count = await blob.ReadAsync(buffer);
            bytes += count;
            if (count > 0) continue;
            await blob.DisposeAsync();
            blobs.Remove(blob);
        }
        Assert.Equal(500_000, bytes);
        Assert.Equal(4.9, clock.Elapsed.TotalSeconds, 0.001);
    }

    /// <summary>A clock that goes on by what somebody waits for, without anybody waiting.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _ticks = 1_000_000_000;

        public bool IsStill { get; init; }
        public List<TimeSpan> Waits { get; } = [];
        public TimeSpan Elapsed => TimeSpan.FromTicks(_ticks - 1_000_000_000);
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => _ticks += time.Ticks;

        public override long GetTimestamp() => _ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime);
            if (!IsStill)
            {
                Pass(dueTime);
                ThreadPool.QueueUserWorkItem(_ => callback(state));
            }
            return new Timer();
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;
            public void Dispose() { }
            public ValueTask DisposeAsync() => default;
        }
    }
}
