using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

public class ImageRemovalTests
{
    private static readonly string s_container = new('c', 64);

    [Fact]
    public async Task Last_name_takes_image_and_layers_along()
    {
        using var world = new ImageWorld();
        Image image = await ImageStoreTests.PullAsync(world, "a", seed: 1, shared: TestImage.Tar(10));
        string digestName = image.RepoDigests[0];
        Digest[] chain = ChainId.Of(image.DiffIds);

        List<string> lines = world.Remove(world.Ref("a:v1"));

        Assert.Equal(
            [
                $"Untagged: {world.Ref("a:v1")}", $"Untagged: {digestName}", $"Deleted: {image.Id}",
                $"Deleted: {chain[1]}", $"Deleted: {chain[0]}",
            ],
            lines);
        Assert.Empty(world.Store.List());
        Assert.Empty(world.Content.List());
        Assert.Empty(world.Layers.List());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(world.Root, "images", "names")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(world.Root, "images", "ids")));
    }

    [Fact]
    public async Task Shared_layers_stay_for_the_other_image()
    {
        using var world = new ImageWorld();
        byte[] shared = TestImage.Tar(10);
        Image a = await ImageStoreTests.PullAsync(world, "a", seed: 1, shared);
        Image b = await ImageStoreTests.PullAsync(world, "b", seed: 2, shared);
        List<string> lines = world.Remove(world.Ref("a:v1"));
        Assert.Equal(4, lines.Count);
        Assert.Equal(b.DiffIds.ToHashSet(), world.Layers.List().Select(l => l.DiffId).ToHashSet());
        Assert.Equal(b.DiffIds.ToHashSet(), world.Layers.Released);
        Assert.NotEqual(a.Id, b.Id);
        Assert.Equal(b.Id, world.Store.Get(world.Ref("b:v1")).Id);
    }

    [Fact]
    public async Task Other_tags_keep_the_image()
    {
        using var world = new ImageWorld();
        Image image = await ImageStoreTests.PullAsync(world, "a", seed: 1);
        world.Store.Tag(image.Id.ToString(), Reference.Parse("b"));
        Assert.Equal(["Untagged: b:latest"], world.Remove("b"));
        world.Store.Tag(image.Id.ToString(), Reference.Parse("b"));
        Assert.Equal(
            [$"Untagged: {world.Ref("a:v1")}", $"Untagged: {world.Ref($"a@{image.RepoDigests[0].Split('@')[1]}")}"],
            world.Remove(world.Ref("a:v1")));
        Assert.Equal(image.Id, world.Store.Get("b").Id);
    }

    [Fact]
    public async Task Id_of_an_image_in_several_repositories_needs_force()
    {
        using var world = new ImageWorld();
        Image image = await ImageStoreTests.PullAsync(world, "a", seed: 1);
        world.Store.Tag(image.Id.ToString(), Reference.Parse("b"));
        Assert.Equal(
            $"conflict: unable to delete {image.Id.Short} (must be forced) - " +
            "image is referenced in multiple repositories",
            Assert.Throws<ImageException>(() => world.Remove(image.Id.Hex[..10])).Message);
        Assert.Contains($"Deleted: {image.Id}", world.Remove(image.Id.Hex[..10], force: true));
        Assert.Empty(world.Store.List());
    }

    [Fact]
    public async Task Id_with_one_tag_is_removed_with_it()
    {
        using var world = new ImageWorld();
        Image image = await ImageStoreTests.PullAsync(world, "a", seed: 1);
        List<string> lines = world.Remove(image.Id.ToString());
        Assert.Contains($"Untagged: {world.Ref("a:v1")}", lines);
        Assert.Contains($"Deleted: {image.Id}", lines);
    }

    [Fact]
    public async Task Image_of_a_running_container_stays()
    {
        using var world = new ImageWorld();
        Image image = await ImageStoreTests.PullAsync(world, "a", seed: 1);
        world.Uses.Add(new ImageUse(s_container, image.Id, Running: true));
        Assert.Equal(
            $"conflict: unable to remove repository reference \"{world.Ref("a:v1")}\" (must force) - container " +
            $"{s_container[..12]} is using its referenced image {image.Id.Short}",
            Assert.Throws<ImageException>(() => world.Remove(world.Ref("a:v1"))).Message);
        Assert.Equal(
            $"conflict: unable to delete {image.Id.Short} (cannot be forced) - " +
            $"image is being used by running container {s_container[..12]}",
            Assert.Throws<ImageException>(() => world.Remove(image.Id.ToString(), force: true)).Message);
        // By name and force the name goes, the image stays without one.
        Assert.All(world.Remove(world.Ref("a:v1"), force: true), line => Assert.StartsWith("Untagged: ", line));
        Assert.Equal(image.Id, Assert.Single(world.Store.List()).Id);
        Assert.Single(world.Layers.List());
    }

    [Fact]
    public async Task Image_of_a_stopped_container_goes_by_force_but_not_its_layers()
    {
        using var world = new ImageWorld();
        Image image = await ImageStoreTests.PullAsync(world, "a", seed: 1);
        world.Uses.Add(new ImageUse(s_container, image.Id, Running: false));
        Assert.Contains(
            "(must be forced) - image is being used by stopped container " + s_container[..12],
            Assert.Throws<ImageException>(() => world.Remove(image.Id.ToString())).Message);
        List<string> lines = world.Remove(image.Id.ToString(), force: true);
        Assert.Equal($"Deleted: {image.Id}", lines[^1]);
        Assert.Empty(world.Store.List());
        Assert.Single(world.Layers.List());

        world.Uses.Clear();
        HashSet<Digest> gone = new ImageRemoval(world.Store, () => world.Uses).CollectGarbage();
        Assert.Equal(image.DiffIds[0], Assert.Single(gone));
        Assert.Empty(world.Layers.List());
        Assert.Empty(world.Content.List());
    }

    [Fact]
    public void Missing_image_is_named_as_docker_names_it()
    {
        using var world = new ImageWorld();
        Assert.Equal(
            "No such image: nothing:latest", Assert.Throws<ImageException>(() => world.Remove("nothing")).Message);
    }

    [Fact]
    public async Task Removal_waits_for_a_pull_and_says_so()
    {
        using var world = new ImageWorld();
        await ImageStoreTests.PullAsync(world, "a", seed: 1);
        using var waiting = new ManualResetEventSlim();
        StoreLock hold = world.Store.Hold();
        Task<List<string>> removal = Task.Run(() =>
            new ImageRemoval(world.Store, () => [], waiting.Set).Remove(world.Ref("a:v1"), false));
        Assert.True(waiting.Wait(5_000));
        Assert.False(removal.IsCompleted);
        using (world.Store.Hold()) Assert.NotNull(world.Store.Find(world.Ref("a:v1")));
        hold.Dispose();
        Assert.NotEmpty(await removal.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Pulls_and_removals_at_once_leave_whole_images_or_none()
    {
        using var world = new ImageWorld();
        byte[] shared = TestImage.Tar(10);
        for (int i = 0; i < 3; i++)
            new TestImage().AddGzip(shared).AddGzip(TestImage.Tar(500, i)).Push(world.Registry, $"r{i}");
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), async (i, _) =>
        {
            await world.PullAsync($"r{i % 3}:v1");
            if (i % 4 != 0) return;
            try
            {
                world.Remove(world.Ref($"r{i % 3}:v1"));
            }
            catch (ImageException e) when (e.Message.StartsWith("No such image", StringComparison.Ordinal))
            {
                // Another round was quicker.
            }
        });
        foreach (Image image in world.Store.List())
            Assert.All(image.DiffIds, diffId => Assert.True(world.Layers.Contains(diffId)));
    }
}
