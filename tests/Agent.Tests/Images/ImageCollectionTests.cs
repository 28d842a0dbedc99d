using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>Which images go when there must be room, and in which order.</summary>
public sealed class ImageCollectionTests : IDisposable
{
    private readonly ImageWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Least_recently_used_image_goes_first_and_no_more_than_needed()
    {
        Image[] images = await PullAsync(3);
        UsedHoursAgo(images[0], 1);
        UsedHoursAgo(images[1], 3);
        UsedHoursAgo(images[2], 2);
        long one = images[1].SizeBytes;

        PruneResult result = Collect(freed => freed >= one);

        Assert.Contains($"deleted: {images[1].Id}", result.Lines);
        Assert.Equal(one, result.Bytes);
        AssertLeft(images[0], images[2]);
    }

    [Fact]
    public async Task Nothing_goes_when_there_is_enough()
    {
        Image[] images = await PullAsync(2);
        Assert.Empty(Collect(_ => true).Lines);
        AssertLeft(images);
    }

    [Fact]
    public async Task Images_of_containers_stay_running_or_not()
    {
        Image[] images = await PullAsync(3);
        _world.Uses.Add(new ImageUse(new string('a', 64), images[0].Id, Running: true));
        _world.Uses.Add(new ImageUse(new string('b', 64), images[1].Id, Running: false));
        Collect(_ => false);
        AssertLeft(images[0], images[1]);
    }

    [Fact]
    public async Task Layers_that_others_need_stay_and_are_not_counted()
    {
        byte[] shared = TestImage.Tar(50_000, seed: 9);
        Image kept = await ImageStoreTests.PullAsync(_world, "kept", seed: 1, shared);
        Image gone = await ImageStoreTests.PullAsync(_world, "gone", seed: 2, shared);
        _world.Store.Pin(Reference.Parse(_world.Ref("kept:v1")), pinned: true);
        long before = gone.SizeBytes, sharedBytes = new StoreOverview(_world.Store).SizeOf([kept.DiffIds[0]]);

        PruneResult result = Collect(_ => false);

        Assert.Equal(before - sharedBytes, result.Bytes);
        Assert.Equal(kept.DiffIds.ToHashSet(), _world.Layers.List().Select(l => l.DiffId).ToHashSet());
    }

    [Fact]
    public async Task Pinned_image_stays_and_goes_when_it_is_no_longer_pinned()
    {
        Image image = (await PullAsync(1))[0];
        Reference name = Reference.Parse(_world.Ref("r0:v1"));
        _world.Store.Pin(name, pinned: true);
        Assert.True(_world.Store.Open(image.Id).IsPinned);
        Collect(_ => false);
        new ImageRemoval(_world.Store, () => []).Prune(all: true, _ => true);
        AssertLeft(image);

        _world.Store.Pin(name, pinned: false);
        Collect(_ => false);
        AssertLeft();
        Assert.Empty(_world.Content.List());
    }

    [Fact]
    public async Task Pin_moves_with_its_name_to_the_next_version()
    {
        Image old = (await PullAsync(1))[0];
        _world.Store.Pin(Reference.Parse(_world.Ref("r0:v1")), pinned: true);
        new TestImage().AddGzip(TestImage.Tar(700, seed: 77)).Push(_world.Registry, "r0");
        Image next = (await _world.PullAsync("r0:v1")).Image;
        Assert.NotEqual(old.Id, next.Id);
        Collect(_ => false);
        AssertLeft(next);
    }

    [Fact]
    public void Only_a_name_that_is_there_can_be_pinned()
    {
        Assert.Equal("No such image: nothing:latest",
            Assert.Throws<ImageException>(() => _world.Store.Pin(Reference.Parse("nothing"), true)).Message);
    }

    [Fact]
    public async Task Image_with_a_name_that_nobody_could_pull_again_stays()
    {
        Image[] images = await PullAsync(2);
        _world.Store.Tag(_world.Ref("r0:v1"), Reference.Parse("local"));
        Collect(_ => false);
        AssertLeft(images[0]);
        // Without any name it is what a moved tag has left behind.
        _world.Remove("local");
        Collect(_ => false);
        AssertLeft();
    }

    [Fact]
    public async Task Image_that_was_used_of_late_stays()
    {
        Image[] images = await PullAsync(2);
        UsedHoursAgo(images[0], 2);
        Collect(_ => false, usedBefore: DateTimeOffset.UtcNow.AddHours(-1));
        AssertLeft(images[1]);
    }

    [Fact]
    public async Task Pull_of_what_is_there_counts_as_use()
    {
        Image[] images = await PullAsync(2);
        foreach (Image image in images) UsedHoursAgo(image, 2);
        await _world.PullAsync("r0:v1");
        Collect(_ => false, usedBefore: DateTimeOffset.UtcNow.AddHours(-1));
        AssertLeft(images[0]);
    }

    [Fact]
    public async Task Dry_run_says_the_same_and_removes_nothing()
    {
        Image[] images = await PullAsync(3);
        for (int i = 0; i < 3; i++) UsedHoursAgo(images[i], i + 1);
        long one = images[2].SizeBytes;
        PruneResult said = Collect(freed => freed > one, dryRun: true);
        AssertLeft(images);
        PruneResult done = Collect(freed => freed > one);
        Assert.Equal(said.Lines, done.Lines);
        Assert.Equal(said.Bytes, done.Bytes);
        AssertLeft(images[0]);
    }

    [Fact]
    public async Task Who_does_not_wait_leaves_the_store_to_a_pull()
    {
        await PullAsync(1);
        var removal = new ImageRemoval(_world.Store, () => []);
        using (_world.Store.Hold())
            Assert.Null(removal.Collect(DateTimeOffset.MaxValue, _ => false, dryRun: false, wait: false));
        Assert.NotNull(removal.Collect(DateTimeOffset.MaxValue, _ => false, dryRun: false, wait: false));
        AssertLeft();
    }

    private async Task<Image[]> PullAsync(int count)
    {
        var images = new Image[count];
        for (int i = 0; i < count; i++) images[i] = await ImageStoreTests.PullAsync(_world, $"r{i}", seed: i + 1);
        return images;
    }

    private void UsedHoursAgo(Image image, int hours) => File.SetLastWriteTimeUtc(
        Path.Join(_world.Root, "images", "ids", image.Id.Hex), DateTime.UtcNow.AddHours(-hours));

    private PruneResult Collect(Func<long, bool> isEnough, DateTimeOffset? usedBefore = null, bool dryRun = false) =>
        new ImageRemoval(_world.Store, () => _world.Uses)
            .Collect(usedBefore ?? DateTimeOffset.MaxValue, isEnough, dryRun, wait: true)!;

    private void AssertLeft(params Image[] images) => Assert.Equal(
        images.Select(image => image.Id).ToHashSet(), _world.Store.List().Select(image => image.Id).ToHashSet());
}
