using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Containers;

public sealed class ContainerStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("skiff-store-").FullName;

    private ContainerStore Store => new(new StateRoots(_directory, Path.Combine(_directory, "run")));

    [Fact]
    public void Files_that_a_power_cut_left_empty_count_as_never_written()
    {
        string id = ContainerStore.NewId();
        Directory.CreateDirectory(Store.Directory(id));
        File.WriteAllText(Path.Combine(Store.Directory(id), "config.json"), "");
        File.WriteAllText(Path.Combine(Store.Directory(id), "state.json"), "");
        Assert.Null(Store.TryRead(id));
        Assert.Empty(Store.List());
        Assert.Equal("created", Store.ReadDurableState(id).Status);
        Assert.Equal(1, Store.RemoveLeftovers(TimeSpan.Zero));
        Assert.False(Directory.Exists(Store.Directory(id)));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
