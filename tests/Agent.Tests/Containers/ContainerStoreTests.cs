using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Containers;

public sealed class ContainerStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("skiff-store-").FullName;

    private ContainerStore Store => new(new StateRoots(_directory, Path.Combine(_directory, "run")));

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0\0")]
    public void Files_that_a_power_cut_left_without_content_count_as_never_written(string content)
    {
        string id = ContainerStore.NewId();
        Directory.CreateDirectory(Store.Directory(id));
        File.WriteAllText(Path.Combine(Store.Directory(id), "config.json"), content);
        File.WriteAllText(Path.Combine(Store.Directory(id), "state.json"), content);
        Assert.Null(Store.TryRead(id));
        Assert.Empty(Store.List());
        Assert.Equal("created", Store.ReadDurableState(id).Status);
        Assert.Equal(1, Store.RemoveLeftovers(TimeSpan.Zero));
        Assert.False(Directory.Exists(Store.Directory(id)));
    }

    [Fact]
    public void A_name_that_a_cut_off_rename_left_leads_nowhere_and_is_freed()
    {
        string id = ContainerStore.NewId();
        Store.Create(new ContainerConfig
        {
            Id = id, Name = "real", Created = DateTimeOffset.UtcNow, Image = "i", ImageId = "i", DiffIds = [],
            Args = ["x"], Env = [],
        });
        string stale = Path.Combine(_directory, "containers", "names", "stale");
        File.CreateSymbolicLink(stale, id);
        Assert.Throws<UsageException>(() => Store.Find("stale"));
        Assert.Equal(0, Store.RemoveLeftovers(TimeSpan.FromMinutes(1)));
        Assert.Equal(1, Store.RemoveLeftovers(TimeSpan.Zero));
        Assert.False(Path.Exists(stale));
        Assert.Equal(id, Store.Find("real").Id);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
