using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

public sealed class OverlaySnapshotterTests : SnapshotterContract
{
    private protected override ISnapshotter Open() => Snapshotters.Open(Sandbox.Root, Sandbox.RunRoot, "overlay");

    [Theory]
    [InlineData("add('f', data=b'first'); add('f', data=b'second')")]
    [InlineData("add('f', data=b'only')")]
    public void What_an_unfinished_layer_has_left_gives_way(string tar)
    {
        Digest diffId = Sandbox.Ingest(Open(), Oracle.MakeTar(Sandbox, tar));
        string layer = Path.Combine(Sandbox.Root, "layers", diffId.Hex);
        Directory.Delete(Path.Combine(layer, "root"), recursive: true);
        string shadowed = Path.Combine(layer, "shadowed");
        Directory.CreateDirectory(shadowed);
        for (int inode = 0; inode < 5; inode++) File.WriteAllText(Path.Combine(shadowed, $"{inode}"), "stale");
        Sandbox.Ingest(Open(), Oracle.MakeTar(Sandbox, tar));
        Assert.Equal(tar.Contains("second"), Directory.Exists(shadowed));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Sandbox.Root, "ingest")));
    }

    [Fact]
    public async Task Check_of_a_layer_with_a_fifo_in_place_of_a_file_ends()
    {
        ISnapshotter store = Open();
        Digest diffId = Sandbox.Ingest(store, Oracle.MakeTar(Sandbox, "add('f', data=b'x')"));
        string file = Path.Combine(store.LowerDirectories([diffId])[0], "f");
        File.Delete(file);
        Shell.Run("mkfifo", file);
        Task<LayerDefect?> check = Task.Run(() => store.Check(diffId, static _ => { }, CancellationToken.None));
        LayerDefect? defect = await check.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Contains("pread(", defect?.Text);
    }
}
