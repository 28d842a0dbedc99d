using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

public sealed class PartialDownloadsTests : IDisposable
{
    private readonly StoreWorld _world = new("erofs");

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(167, null, null, false)]
    [InlineData(169, null, null, true)]
    [InlineData(3, 2, null, true)]
    [InlineData(3, 4, null, false)]
    [InlineData(0, 0, null, true)]
    [InlineData(3, null, 2, true)]
    [InlineData(3, null, 4, false)]
    [InlineData(3, 2, 4, true)]
    [InlineData(3, 4, 2, true)]
    [InlineData(3, 4, -1, true)]
    public async Task Download_goes_at_the_age_to_keep_it_or_sooner_for_room(
        int ageHours, int? keepHours, int? usedBeforeHours, bool goes)
    {
        long bytes = await CutOffAsync(ageHours);
        var partials = new PartialDownloads(
            _world.Layers, keepHours is { } keep ? TimeSpan.FromHours(keep) : null);
        DateTimeOffset? usedBefore = DateTimeOffset.UtcNow - (usedBeforeHours is { } hours
            ? TimeSpan.FromHours(hours) : null);
        Assert.Equal(goes ? bytes : 0, partials.Drop(usedBefore, dryRun: true));
        Assert.Single(_world.Layers.Partials());
        Assert.Equal(goes ? bytes : 0, partials.Drop(usedBefore));
        Assert.Equal(goes ? 0 : bytes, partials.DropAll());
        Assert.Empty(_world.Ingests());
    }

    [Fact]
    public async Task Pull_that_makes_room_takes_what_it_would_drop_anyway_before_any_image()
    {
        long bytes = await CutOffAsync(ageHours: 169);
        PruneResult? result = new ImageRemoval(_world.Store, () => [])
            .Collect(DateTimeOffset.UtcNow, freed => freed >= bytes, dryRun: false, wait: true, expected: []);
        Assert.Equal(bytes, result!.Bytes);
        Assert.Empty(_world.Ingests());
    }

    // What a pull leaves that the registry has refused to go on with; its size.
    private async Task<long> CutOffAsync(int ageHours)
    {
        TestImage image = new TestImage().AddGzip(TestImage.Tar(8_000_000)).Push(_world.Registry, "a");
        _world.Registry.Intercept = request =>
            !request.Path.EndsWith(image.BlobDigest(0).ToString(), StringComparison.Ordinal) ? null
            : request["Range"] is null ? new Answer { Body = image.Layers[0].Blob, BreakAfter = 4_000_000 }
            : Answer.Text(403, "");
        await Assert.ThrowsAsync<ImageException>(() => _world.PullAsync("a:v1"));
        PartialLayer partial = Assert.Single(_world.Layers.Partials());
        string note = Path.Join(Assert.Single(_world.Ingests()), "resume");
        File.SetLastWriteTimeUtc(note, DateTime.UtcNow.AddHours(-ageHours));
        return partial.Bytes;
    }
}
