using System.Security.Cryptography;
using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

public class ImageStoreTests
{
    [Fact]
    public async Task Names_come_before_id_prefixes()
    {
        using var world = new ImageWorld();
        Image image = await PullAsync(world, "a", seed: 1);
        Image other = await PullAsync(world, "b", seed: 2);
        string prefix = image.Id.Hex[..6];
        Assert.Equal(image.Id, world.Store.Find(prefix)!.Id);
        world.Store.Tag(other.Id.ToString(), Reference.Parse(prefix));
        Assert.Equal(other.Id, world.Store.Find(prefix)!.Id);
        Assert.Equal(image.Id, world.Store.Find("sha256:" + prefix)!.Id);
    }

    [Fact]
    public async Task Image_pulled_by_sha512_is_known_by_it_and_by_sha256()
    {
        using var world = new ImageWorld();
        TestImage image = new TestImage().AddGzip(TestImage.Tar(100)).Push(world.Registry, "a", "v1");
        string name = "a@sha512:" + Convert.ToHexStringLower(SHA512.HashData(image.ManifestBytes));
        world.Registry.Forge("/v2/" + name.Replace("@", "/manifests/"), MediaTypes.OciManifest, image.ManifestBytes);
        await world.PullAsync(name);
        Assert.Equal(image.ConfigDigest, world.Store.Find(world.Ref(name))!.Id);
        Assert.Equal(
            [world.Ref($"a@{image.ManifestDigest}"), world.Ref(name)],
            world.Store.Names.List().Select(row => row.Name.ToString()));
        world.Remove(image.ConfigDigest.ToString(), force: true);
        Assert.Empty(world.Store.Names.List());
    }

    [Fact]
    public async Task Ambiguous_and_unknown_ids_are_told_apart()
    {
        using var world = new ImageWorld();
        Digest[] ids = new Digest[17];
        for (int i = 0; i < ids.Length; i++) ids[i] = (await PullAsync(world, $"r{i}", seed: i)).Id;
        // Of seventeen ids two begin alike.
        string shared = ids.GroupBy(id => id.Hex[0]).First(g => g.Count() > 1).Key.ToString();
        Assert.Equal(
            $"multiple IDs found with provided prefix: {shared}",
            Assert.Throws<ImageException>(() => world.Store.Find("sha256:" + shared)).Message);
        Assert.Null(world.Store.Find("nothing:v9"));
        Assert.Null(world.Store.Find(new string('0', 64)));
        Assert.Equal(
            "No such image: nothing:latest", Assert.Throws<ImageException>(() => world.Store.Get("nothing")).Message);
        Assert.Throws<ImageException>(() => world.Store.Find("Bad Name"));
        Assert.Throws<ImageException>(() => world.Store.Find("sha256:xyz"));
    }

    [Fact]
    public async Task Image_has_several_tags()
    {
        using var world = new ImageWorld();
        Image image = await PullAsync(world, "a", seed: 1);
        world.Store.Tag(world.Ref("a:v1"), Reference.Parse("busybox"));
        world.Store.Tag(image.Id.Hex[..8], Reference.Parse("busybox:1.tmp"));
        Assert.Equal(
            [world.Ref("a:v1"), "busybox:1.tmp", "busybox:latest"], world.Store.Get("busybox").RepoTags.Order());
        Assert.Single(world.Store.List());
        Assert.Throws<ImageException>(() => world.Store.Tag("missing", Reference.Parse("x")));
        Assert.Throws<ImageException>(() => world.Store.Tag("busybox", Reference.Parse($"x@{image.Id}")));
    }

    [Fact]
    public void Longest_name_that_docker_takes_has_its_file()
    {
        using var world = new ImageWorld();
        var record = new NameRecord(TestRegistry.Sha([1]), null);
        Reference name = Reference.Parse(new string('a', 237) + ":" + new string('t', 128));
        world.Store.Names.Set(name, record);
        Assert.Equal(record, world.Store.Names.Find(name));
        Assert.Equal(name, Assert.Single(world.Store.Names.List()).Name);
        world.Store.Names.Remove([name]);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(world.Root, "images", "names")));
    }

    [Fact]
    public void Name_file_cut_off_anywhere_is_told_with_its_path()
    {
        byte[] json = new NameRecord(TestRegistry.Sha([1]), TestRegistry.Sha([2])).ToJson();
        Assert.Equal(TestRegistry.Sha([2]), NameRecord.Parse(json, "f").Digest);
        for (int i = 0; i < json.Length; i++)
        {
            byte[] cut = json[..i];
            Assert.Contains("/the/file", Assert.Throws<ImageException>(() =>
                NameRecord.Parse(cut, "/the/file")).Message);
        }
    }

    [Fact]
    public async Task Looking_an_image_up_by_name_opens_two_files()
    {
        using var world = new ImageWorld();
        await PullAsync(world, "a", seed: 1);
        for (int i = 0; i < 50; i++) world.Store.Tag(world.Ref("a:v1"), Reference.Parse($"other{i}:v{i}"));
        string name = world.Ref("a:v1");
        for (int i = 0; i < 200; i++) world.Store.Find(name);
        // The shortest time is that of a look-up that nobody has interrupted.
        double bestUs = double.MaxValue;
        for (int i = 0; i < 100; i++)
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            Assert.NotNull(world.Store.Find(name));
            bestUs = Math.Min(bestUs, watch.Elapsed.TotalMicroseconds);
        }
        Assert.True(bestUs < 1000, $"{bestUs} us");
    }

    internal static async Task<Image> PullAsync(ImageWorld world, string repository, int seed, byte[]? shared = null)
    {
        var image = new TestImage();
        if (shared is not null) image.AddGzip(shared);
        image.AddGzip(TestImage.Tar(700, seed)).Push(world.Registry, repository);
        return (await world.PullAsync(repository + ":v1")).Image;
    }
}
