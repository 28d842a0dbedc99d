using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests;

/// <summary>Several layers over one slow link.</summary>
public sealed class SlowLinkTests(SkiffHost host)
{
    private const int Layers = 4;

    [Theory]
    [InlineData(64_000, 2)]
    [InlineData(100_000_000, 3)]
    public void Slow_link_is_shared_by_few_layers_and_each_comes_once(int bytesPerSecond, int atOnce)
    {
        using TestRegistry registry = new();
        var image = new TestImage();
        // Too much for a look at the speed to miss it, and still only ten seconds of the slow one.
        int bytes = bytesPerSecond == 64_000 ? 150_000 : 20_000_000;
        for (int i = 0; i < Layers; i++) image.AddPlain(TestImage.Tar(bytes, seed: i + 1));
        image.Push(registry, "layers");
        using FaultProxy proxy = new(registry.Host, LinkFault.Slow) { BytesPerSecond = bytesPerSecond };
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", $"{proxy.Host}/layers:v1").Exits(0);
        Assert.Equal(atOnce, proxy.MostAtOnce);
        // The layers and the config.
        Assert.Equal(Layers + 1, registry.CountOf("/blobs/"));
    }
}
