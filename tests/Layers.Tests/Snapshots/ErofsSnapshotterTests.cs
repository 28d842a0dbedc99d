using System.Security.Cryptography;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Tests.Snapshots;

public sealed class ErofsSnapshotterTests : SnapshotterContract
{
    private protected override ISnapshotter Open() => Snapshotters.Open(Sandbox.Root, Sandbox.RunRoot, "erofs");

    [Fact]
    public void Tar_is_kept_byte_for_byte()
    {
        string tar = Oracle.MakeTar(Sandbox, "add('f', data=b'x' * 3000)");
        Digest diffId = Sandbox.Ingest(Open(), tar);
        using Stream kept = Open().OpenTar(diffId);
        using var bytes = new MemoryStream();
        kept.CopyTo(bytes);
        Assert.Equal(File.ReadAllBytes(tar), bytes.ToArray());
    }

    [Fact]
    public void Layer_that_stays_in_an_archive_is_read_and_checked_there()
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(Sandbox, "add('f', data=b'x' * 3000)"));
        string archive = Sandbox.NewPath("archive");
        File.WriteAllBytes(archive, [.. new byte[2048], .. tar, .. "behind it"u8]);
        Digest diffId = Digest.FromBytes(SHA256.HashData(tar));
        var store = new ErofsSnapshotter(Sandbox.Root, Sandbox.RunRoot);
        using (ILayerIngest ingest = store.Refer(archive, 2048, IngestLimits.Default))
        {
            ingest.Append(tar);
            ingest.Commit(diffId);
        }
        using (Stream stream = store.OpenTar(diffId))
        {
            Assert.Equal(tar.Length, stream.Length);
            Assert.Equal(diffId, Digest.FromBytes(SHA256.HashData(stream)));
        }
        Assert.Null(store.Check(diffId, static _ => { }, CancellationToken.None));
        using (FileStream file = File.OpenWrite(archive))
        {
            file.Position = 2048 + 512 + 5;
            file.WriteByte((byte)'y');
        }
        Assert.Contains("layer.tar is damaged: expected " + diffId,
            store.Check(diffId, static _ => { }, CancellationToken.None)!.Text);
    }

    [Theory]
    [InlineData(60, 16)] // Its end.
    [InlineData(8, 8)] // All of it, for the first start.
    public void Of_a_large_layer_only_the_end_stays_in_the_page_cache(int mebibytes, int cachedMebibytes)
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(Sandbox, $"add('f', data=b'x' * ({mebibytes} << 20))"));
        Digest diffId = Digest.Parse("sha256:" + new string('d', 64));
        Sandbox.Ingest(Open(), diffId, tar); // Without reading it back, which would cache it.
        string file = Path.Combine(Sandbox.Root, "layers", diffId.Hex, "layer.tar");
        long cached = long.Parse(Shell.Run("fincore", "--bytes", "--noheadings", "--output", "RES", file));
        // The kernel keeps or drops whole folios, of up to 2 MiB.
        Assert.InRange(cached, (cachedMebibytes << 20) - (2 << 20), (cachedMebibytes << 20) + (4 << 20));
    }

    [Fact]
    public void Layers_are_mounted_once_and_release_unmounts_the_unused()
    {
        ISnapshotter snapshotter = Open();
        Digest one = Sandbox.Ingest(snapshotter, Oracle.MakeTar(Sandbox, "add('one')"));
        Digest two = Sandbox.Ingest(snapshotter, Oracle.MakeTar(Sandbox, "add('two')"));
        IReadOnlyList<string> lower = snapshotter.LowerDirectories([one, two]);
        Assert.Equal(lower, Open().LowerDirectories([one, two]));
        Assert.Equal(3, Sandbox.MountsBelow(Sandbox.Base).Length); // Two layers and the private bind mount they are in.
        snapshotter.Release(new HashSet<Digest> { two });
        Assert.False(Path.Exists(lower[0]));
        Assert.True(File.Exists(Path.Combine(lower[1], "two")));
        snapshotter.Release(new HashSet<Digest>());
        snapshotter.Release(new HashSet<Digest>());
        Assert.Empty(Sandbox.MountsBelow(Sandbox.Base));
    }

    [Fact]
    public void Running_overlay_does_not_notice_a_release()
    {
        ISnapshotter snapshotter = Open();
        Digest layer = Sandbox.Ingest(snapshotter, Oracle.MakeTar(Sandbox, "add('f', data=b'still here')"));
        string merged = Sandbox.MountOverlay(snapshotter.LowerDirectories([layer]));
        snapshotter.Release(new HashSet<Digest>());
        Assert.Equal("still here", File.ReadAllText(Path.Combine(merged, "f")));
    }
}
