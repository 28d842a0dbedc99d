using System.Security.Cryptography;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

/// <summary>Ingests that end early and are taken up again.</summary>
public abstract partial class SnapshotterContract
{
    private static readonly Digest s_blob = Digest.Parse("sha256:" + new string('e', 64));

    // Every kind of file, and names that change hands: what is rebuilt then is not in the tree.
    private const string Restless = Everything +
        """

        add('./usr/bin/tool', data=b'another')
        add('./bin', D); add('./bin/sh', data=b'#!' * 5000)
        add('./deep', data=b'a file now')
        add('./kept', H, link='./big'); add('./big', data=b'f' * 40000)
        add('./etc/.wh.passwd'); add('./usr/.wh..wh..opq')
        add('./last', data=b'last' * 20000)
        """;

    private string Ingests => Path.Combine(_sandbox.Root, "ingest");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Suspended_ingest_goes_on_from_any_point(bool behindAppended)
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox, Restless));
        Digest diffId = Digest.FromBytes(SHA256.HashData(tar));
        string expected = Oracle.Scan(Layer(Oracle.MakeTar(_sandbox, Restless)), "dirmtime");
        Open().Remove([diffId]);
        var random = new Random(1);
        for (int round = 0; round < 12; round++)
        {
            int[] cuts = [.. Enumerable.Range(0, 3).Select(_ => random.Next(1, tar.Length)).Order()];
            int from = 0;
            foreach (int cut in cuts)
            {
                using ILayerIngest ingest = BeginAt(diffId, tar, from);
                int end = behindAppended ? Math.Min(tar.Length, cut + random.Next(70_000)) : cut;
                ingest.Append(tar.AsSpan(from, cut - from));
                ingest.Append(tar.AsSpan(cut, end - cut));
                ingest.Suspend(Point(tar, cut));
                from = cut;
            }
            using (ILayerIngest ingest = BeginAt(diffId, tar, from))
            {
                ingest.Append(tar.AsSpan(from));
                ingest.Commit();
            }
            ISnapshotter snapshotter = Open();
            Assert.Null(snapshotter.Check(diffId, static _ => { }, CancellationToken.None));
            Assert.Equal(expected, Oracle.Scan(snapshotter.LowerDirectories([diffId])[0], "dirmtime"));
            Assert.Empty(Directory.GetFileSystemEntries(Ingests));
            snapshotter.Remove([diffId]);
        }
    }

    [Fact]
    public void Ingest_goes_on_from_every_part_of_small_files()
    {
        const string Small = "add('a', data=b'a' * 1500); add('b', data=b'b' * 700, mode=0o400); add('c', data=b'cc')";
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox, Small));
        Digest diffId = Digest.FromBytes(SHA256.HashData(tar));
        string expected = Oracle.Scan(Layer(Oracle.MakeTar(_sandbox, Small)), "dirmtime");
        Open().Remove([diffId]);
        for (int cut = 100; cut < tar.Length; cut += 190)
        {
            using (ILayerIngest first = Open().Begin(diffId))
            {
                first.Append(tar.AsSpan(0, cut));
                Assert.True(first.Keep(Point(tar, cut)));
                first.Append(tar.AsSpan(cut, Math.Min(300, tar.Length - cut)));
                first.Suspend(Point(tar, cut));
            }
            using (ILayerIngest second = BeginAt(diffId, tar, cut))
            {
                second.Append(tar.AsSpan(cut));
                second.Commit();
            }
            ISnapshotter snapshotter = Open();
            Assert.Null(snapshotter.Check(diffId, static _ => { }, CancellationToken.None));
            Assert.Equal(expected, Oracle.Scan(snapshotter.LowerDirectories([diffId])[0], "dirmtime"));
            snapshotter.Remove([diffId]);
        }
    }

    [Fact]
    public void Ingest_whose_process_was_killed_goes_on_from_what_it_noted_last()
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox, Restless));
        Digest diffId = Digest.FromBytes(SHA256.HashData(tar));
        int noted = 0;
        string killed = _sandbox.NewPath("killed");
        using (ILayerIngest ingest = Open().Begin(diffId))
        {
            for (int at = 0; at < tar.Length * 3 / 4; at += 1000)
            {
                ingest.Append(tar.AsSpan(at, 1000));
                if (ingest.Keep(Point(tar, at + 500))) noted = at + 500;
            }
            Assert.InRange(noted, tar.Length / 2, tar.Length * 3 / 4);
            // What a killed process leaves is what is there, without its lock.
            Shell.Run("cp", "-a", Ingests, killed);
        }
        Assert.Empty(Directory.GetFileSystemEntries(Ingests));
        Directory.Delete(Ingests);
        Shell.Run("cp", "-a", killed, Ingests);
        using (ILayerIngest ingest = BeginAt(diffId, tar, noted))
        {
            ingest.Append(tar.AsSpan(noted));
            ingest.Commit();
        }
        Assert.Null(Open().Check(diffId, static _ => { }, CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(Ingests));
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("cut")]
    [InlineData("delete")]
    [InlineData("point")]
    public void Damaged_remains_are_cleared_away(string damage)
    {
        (byte[] tar, Digest diffId) = Suspend();
        string partial = Assert.Single(Directory.GetFileSystemEntries(Ingests));
        Damage(partial, damage);
        Assert.Null(Resume(diffId, s_blob, out _));
        Sandbox.Ingest(Open(), diffId, tar);
        Assert.Null(Open().Check(diffId, static _ => { }, CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(Ingests));
    }

    [Fact]
    public void Remains_of_another_blob_give_way()
    {
        (byte[] tar, Digest diffId) = Suspend();
        Assert.Null(Resume(diffId, diffId, out _));
        Sandbox.Ingest(Open(), diffId, tar);
        Assert.Empty(Directory.GetFileSystemEntries(Ingests));
    }

    [Fact]
    public void Only_one_takes_up_what_was_kept_and_the_others_begin_anew()
    {
        (byte[] tar, Digest diffId) = Suspend();
        using (ILayerIngest one = Resume(diffId, s_blob, out TarDigest have)!)
        {
            Assert.Null(Resume(diffId, s_blob, out _));
            using ILayerIngest other = Open().Begin(diffId);
            Assert.False(other.Keep(Point(tar, 1)));
            other.Append(tar);
            one.Append(tar.AsSpan((int)have.Length));
            other.Commit();
            one.Commit();
        }
        Assert.Null(Open().Check(diffId, static _ => { }, CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(Ingests));
    }

    [Fact]
    public void Cancelled_resumption_leaves_what_was_kept()
    {
        (byte[] tar, Digest diffId) = Suspend();
        using var tarDigest = new TarDigest();
        Assert.ThrowsAny<OperationCanceledException>(() => Open().Resume(
            diffId, s_blob, tarDigest, out _, new CancellationToken(true)));
        using ILayerIngest ingest = Resume(diffId, s_blob, out TarDigest have)!;
        ingest.Append(tar.AsSpan((int)have.Length));
        ingest.Commit();
        Assert.Null(Open().Check(diffId, static _ => { }, CancellationToken.None));
    }

    [Fact]
    public void What_was_kept_is_listed_until_it_is_dropped()
    {
        (_, Digest diffId) = Suspend();
        // Other ingests clear away only what cannot be taken up.
        Layer(Oracle.MakeTar(_sandbox, "add('f')"));
        ISnapshotter snapshotter = Open();
        PartialLayer partial = Assert.Single(snapshotter.Partials());
        Assert.Equal(diffId, partial.DiffId);
        Assert.InRange(partial.Bytes, 100_000, 10_000_000);
        Assert.InRange(DateTimeOffset.UtcNow - partial.LastUsed, TimeSpan.FromSeconds(-2), TimeSpan.FromMinutes(5));
        Assert.Equal(0, snapshotter.DropPartials(TimeSpan.FromDays(1)));
        using (Resume(diffId, s_blob, out _)) Assert.Equal(0, snapshotter.DropPartials(TimeSpan.Zero));
    }

    [Fact]
    public void What_was_kept_is_dropped_when_it_is_too_old()
    {
        Suspend();
        string partial = Assert.Single(Directory.GetFileSystemEntries(Ingests));
        File.SetLastWriteTimeUtc(Path.Combine(partial, "resume"), DateTime.UtcNow.AddDays(-8));
        Assert.InRange(Open().DropPartials(TimeSpan.FromDays(7)), 100_000, 10_000_000);
        Assert.Empty(Open().Partials());
        Assert.Empty(Directory.GetFileSystemEntries(Ingests));
    }

    [Fact]
    public void What_was_kept_is_dropped_when_the_layer_has_come_another_way()
    {
        (byte[] tar, Digest diffId) = Suspend();
        using (Resume(diffId, s_blob, out _)!)
        {
            Sandbox.Ingest(Open(), diffId, tar);
        }
        Suspend(diffId, tar);
        Layer(Oracle.MakeTar(_sandbox, "add('f')"));
        Assert.Empty(Directory.GetFileSystemEntries(Ingests));
    }

    private (byte[] Tar, Digest DiffId) Suspend()
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox, Restless));
        Digest diffId = Digest.FromBytes(SHA256.HashData(tar));
        Suspend(diffId, tar);
        return (tar, diffId);
    }

    private void Suspend(Digest diffId, byte[] tar)
    {
        using ILayerIngest ingest = Open().Begin(diffId);
        ingest.Append(tar.AsSpan(0, tar.Length * 3 / 4));
        ingest.Suspend(Point(tar, tar.Length / 2));
    }

    private ILayerIngest BeginAt(Digest diffId, byte[] tar, int from)
    {
        if (from == 0) return Open().Begin(diffId);
        ILayerIngest? ingest = Resume(diffId, s_blob, out TarDigest have);
        Assert.NotNull(ingest);
        Assert.Equal(from, have.Length);
        int tail = Math.Min(from, 32 << 10);
        Assert.True(have.Tail.SequenceEqual(tar.AsSpan(from - tail, tail)));
        return ingest;
    }

    private ILayerIngest? Resume(Digest diffId, Digest blob, out TarDigest have)
    {
        have = new TarDigest();
        return Open().Resume(diffId, blob, have, out _, CancellationToken.None);
    }

    private static ResumePoint Point(byte[] tar, int bytes) => new(
        s_blob, DecoderCheckpoint.Boundary(CompressionKind.None, bytes, bytes),
        Digest.FromBytes(SHA256.HashData(tar.AsSpan(0, bytes))));

    private static void Damage(string partial, string damage)
    {
        string point = Path.Combine(partial, "resume");
        string largest = Directory.EnumerateFiles(partial, "*", SearchOption.AllDirectories)
            .MaxBy(path => new FileInfo(path).Length)!;
        using FileStream file = File.Open(damage == "point" ? point : largest, FileMode.Open);
        switch (damage)
        {
            case "flip":
                file.Position = file.Length / 3;
                int value = file.ReadByte();
                file.Position--;
                file.WriteByte((byte)~value);
                break;
            case "delete":
                File.Delete(largest);
                break;
            default:
                file.SetLength(file.Length / 3);
                break;
        }
    }
}
