using Skiff.Agent.Cli;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

public class ListingTests
{
    [Fact]
    public async Task List_for_show_says_what_the_list_says_after_every_change()
    {
        using var world = new ImageWorld();
        await Pull(world, "a", seed: 1);
        AssertSame(world);
        Image b = await Pull(world, "b", seed: 2);
        AssertSame(world);
        world.Store.Tag(b.Id.ToString(), Reference.Parse("further:tag"));
        AssertSame(world);
        world.Store.Pin(Reference.Parse("further:tag"), pinned: true);
        AssertSame(world);
        world.Store.Pin(Reference.Parse("further:tag"), pinned: false);
        AssertSame(world);
        world.Store.Tag(world.Ref("a:v1"), Reference.Parse("further:tag"));
        AssertSame(world);
        world.Store.AddPushed(Reference.Parse("further:tag"), b.Id, "{}"u8.ToArray());
        AssertSame(world);
        world.Remove("further:tag");
        AssertSame(world);
        world.Remove(world.Ref("a:v1"));
        AssertSame(world);
        Assert.Single(world.Store.ListForShow());
        byte[] config = world.Content.Get(b.Id);
        new ImageRemoval(world.Store, () => []).Prune(all: true, static _ => true);
        AssertSame(world);
        Assert.Empty(world.Store.ListForShow());
        // An image that only its record names.
        world.Store.AddLocal(null, world.Content.Put(config), [b.Id]);
        AssertSame(world);
        Assert.Single(world.Store.ListForShow());
        world.Remove(b.Id.ToString());
        AssertSame(world);
        Assert.Empty(world.Store.ListForShow());
    }

    [Fact]
    public async Task Unchanged_store_is_not_read_again()
    {
        using var world = new ImageWorld();
        await Pull(world, "a", seed: 1);
        string[] first = Lines(world.Store.ListForShow());
        string names = Path.Join(world.Root, "images", "names"), content = Path.Join(world.Root, "content");
        Directory.Move(names, names + ".away");
        Assert.Equal(first, Lines(world.Store.ListForShow()));
        Assert.NotEqual(first, Lines(world.Store.List()));
        Directory.Move(content, content + ".away");
        Image listed = Assert.Single(world.Store.ListForShow());
        Assert.True(new ImageFilter([], world.Store.Get).Fits(listed));
        Assert.Equal(world.Ref("a:v1"), Assert.Single(listed.RepoTags));
        Assert.ThrowsAny<Exception>(() => listed.Architecture);
    }

    [Fact]
    public async Task Change_by_another_process_with_a_run_root_of_its_own_is_seen()
    {
        using var world = new ImageWorld();
        Image image = await Pull(world, "a", seed: 1);
        AssertSame(world);
        var roots = new StateRoots(world.Root, Path.Join(world.Root, "other-run"));
        new ImageStore(roots, world.Layers, world.Content).Tag(image.Id.ToString(), Reference.Parse("other"));
        Assert.Contains("other:latest", Assert.Single(world.Store.ListForShow()).RepoTags);
    }

    [Fact]
    public async Task Store_that_is_being_changed_is_read_and_the_list_not_kept()
    {
        using var world = new ImageWorld();
        Image image = await Pull(world, "a", seed: 1);
        AssertSame(world);
        // As somebody leaves it who was killed between the first change and the end.
        new StoreStamp(Path.Join(world.Root, "images")).Break();
        AssertSame(world);
        new ImageNames(Path.Join(world.Root, "images"), [], new StoreStamp(Path.Join(world.Root, "images")))
            .Set(Reference.Parse("half"), new NameRecord(image.Id, null));
        Assert.Contains("half:latest", Assert.Single(world.Store.ListForShow()).RepoTags);
        world.Store.Tag(image.Id.ToString(), Reference.Parse("whole"));
        AssertSame(world);
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(100)]
    public async Task Damaged_list_is_made_anew(int length)
    {
        using var world = new ImageWorld();
        await Pull(world, "a", seed: 1);
        AssertSame(world);
        string kept = Path.Join(world.Root, "run", "images.list");
        byte[] bytes = File.ReadAllBytes(kept);
        File.WriteAllBytes(kept, bytes[..length]);
        AssertSame(world);
        Assert.Equal(bytes, File.ReadAllBytes(kept));
    }

    [Fact]
    public async Task Preloaded_images_are_always_looked_at()
    {
        using var factory = new ImageWorld();
        Image image = await Pull(factory, "a", seed: 1);
        using var own = new ScratchDirectory();
        var roots = new StateRoots(own["root"], own["run"]) { Preloaded = [factory.Root] };
        var store = new ImageStore(roots, factory.Layers, new ContentStore(roots.Root, roots.Preloaded));
        store.Tag(image.Id.ToString(), Reference.Parse("mine"));
        Assert.Equal(2, Assert.Single(store.ListForShow()).RepoTags.Count);
        factory.Store.Tag(image.Id.ToString(), Reference.Parse("update"));
        Assert.Equal(3, Assert.Single(store.ListForShow()).RepoTags.Count);
    }

    private static Task<Image> Pull(ImageWorld world, string name, int seed) =>
        ImageStoreTests.PullAsync(world, name, seed);

    // Twice: one that finds nothing, and one that finds what the first has kept.
    private static void AssertSame(ImageWorld world)
    {
        string[] expected = Lines(world.Store.List());
        Assert.Equal(expected, Lines(world.Store.ListForShow()));
        Assert.Equal(expected, Lines(world.Store.ListForShow()));
    }

    private static string[] Lines(List<Image> images) => [.. images.Select(static image =>
        $"{image.Id} {image.Created:O} {image.SizeBytes} {image.IsPinned} {string.Join(' ', image.RepoTags)} "
        + $"{string.Join(' ', image.RepoDigests)} {image.Architecture} {image.DiffIds.Count}")];
}
