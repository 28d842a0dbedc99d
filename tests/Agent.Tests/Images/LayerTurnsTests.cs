using System.Diagnostics;
using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

public class LayerTurnsTests
{
    private const int Most = 3;

    /// <summary>What a link brings in all, by how many layers use it, and how many layers it then gets.</summary>
    public static TheoryData<string, Func<int, double>, int> Links => new()
    {
        { "slow", _ => 64_000, 2 },
        { "slow after a while", Late(0.6, 64_000), 2 },
        { "slow by the connection", layers => 64_000 * layers, 3 },
        { "silent", _ => 0, 3 },
        { "fast", _ => 50_000_000, 3 },
    };

    [Theory]
    [MemberData(nameof(Links))]
    public async Task Link_gets_as_many_layers_as_bring_more(string name, Func<int, double> bytesPerSecond, int layers)
    {
        var link = new Link(bytesPerSecond);
        var turns = new LayerTurns(() => link.Bytes, Most);
        await using var order = turns.InOrder(Layers(1 << 20, 4)).GetAsyncEnumerator();
        var watch = Stopwatch.StartNew();
        Task<bool> next = order.MoveNextAsync().AsTask();
        while (link.Running < Most && watch.Elapsed.TotalSeconds < 4)
        {
            if (!next.IsCompleted) await Task.WhenAny(next, Task.Delay(100));
            if (!next.IsCompleted) continue;
            link.Running++;
            if (link.Running < Most) next = order.MoveNextAsync().AsTask();
        }
        Assert.Equal(layers, link.Running);
        if (name == "fast") Assert.True(watch.Elapsed.TotalSeconds < 0.9, "a fast link was tried out");
        // Whoever still waits has the turn of whoever ends.
        turns.End(Layers(1 << 20, 1)[0].Layer);
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Small_layers_wait_for_nobody_and_all_come_in_order()
    {
        var turns = new LayerTurns(() => 0, Most);
        (Descriptor Layer, Digest DiffId)[] layers = [.. Layers(1_000, 5), .. Layers(1 << 20, 1), .. Layers(1_000, 5)];
        List<Digest> seen = [];
        await foreach ((_, Digest diffId) in turns.InOrder(layers)) seen.Add(diffId);
        Assert.Equal(layers.Select(one => one.DiffId), seen);
    }

    // From the first look at it.
    private static Func<int, double> Late(double seconds, double bytesPerSecond)
    {
        Stopwatch? watch = null;
        return _ => (watch ??= Stopwatch.StartNew()).Elapsed.TotalSeconds < seconds ? 0 : bytesPerSecond;
    }

    private static (Descriptor Layer, Digest DiffId)[] Layers(int bytes, int count) => [.. Enumerable.Range(0, count)
        .Select(i => TestRegistry.Sha([(byte)i, (byte)bytes])).Select(digest =>
            (new Descriptor { MediaType = MediaTypes.OciLayer, Digest = digest, Size = bytes }, digest))];

    private sealed class Link(Func<int, double> bytesPerSecond)
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private double _bytes, _at;

        public int Running { get; set; }

        public long Bytes
        {
            get
            {
                double now = _watch.Elapsed.TotalSeconds;
                _bytes += bytesPerSecond(Running) * (now - _at);
                _at = now;
                return (long)_bytes;
            }
        }
    }
}
