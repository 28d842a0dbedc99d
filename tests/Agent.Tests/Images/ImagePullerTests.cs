using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

public class ImagePullerTests
{
    [Fact]
    public async Task Pulled_image_is_found_by_name_and_id_prefix()
    {
        using var world = new ImageWorld();
        byte[] first = TestImage.Tar(300_000), second = TestImage.Tar(5_000, seed: 2);
        TestImage image = new TestImage().AddGzip(first).AddZstd(second).Push(world.Registry, "busybox");

        PullResult result = await world.PullAsync("busybox:v1");

        Assert.True(result.Changed);
        Assert.Equal(image.ManifestDigest, result.Digest);
        Assert.Equal(first, world.Layers.Read(image.DiffId(0)));
        Assert.Equal(second, world.Layers.Read(image.DiffId(1)));
        Image found = world.Store.Find(world.Ref("busybox:v1"))!;
        Assert.Equal(image.ConfigDigest, found.Id);
        Assert.Equal(["PATH=/bin"], found.Config.Config.Env!);
        Assert.Equal([image.DiffId(0), image.DiffId(1)], found.DiffIds);
        Assert.Equal([world.Ref("busybox:v1")], found.RepoTags);
        Assert.Equal([world.Ref($"busybox@{image.ManifestDigest}")], found.RepoDigests);
        Assert.Equal(first.Length + second.Length, found.SizeBytes);
        Assert.Equal(found.Id, world.Store.Find(found.Id.Hex[..7])!.Id);
        Assert.Equal(found.Id, world.Store.Find(found.Id.ToString())!.Id);
        Assert.Equal(found.Id, world.Store.Find(world.Ref($"busybox@{image.ManifestDigest}"))!.Id);
        Assert.Equal(0, world.Layers.Leftovers);
    }

    [Fact]
    public async Task Second_pull_fetches_no_layer_and_says_up_to_date()
    {
        using var world = new ImageWorld();
        new TestImage().AddGzip(TestImage.Tar(1000)).Push(world.Registry, "a");
        await world.PullAsync("a:v1");
        int blobs = world.Registry.CountOf("/blobs/");

        PullResult again = await world.PullAsync("a:v1");

        Assert.False(again.Changed);
        Assert.Equal(blobs, world.Registry.CountOf("/blobs/"));
        Assert.Contains(world.Progress.Events, e => e.State == LayerState.AlreadyExists);
    }
}
