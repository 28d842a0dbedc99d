using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

/// <summary>What every layer store does, whatever is on disk; run once per store.</summary>
public abstract partial class SnapshotterContract : IDisposable
{
    private readonly Sandbox _sandbox = new();

    private protected Sandbox Sandbox => _sandbox;

    public void Dispose() => _sandbox.Dispose();

    /// <summary>Opens the store on the sandbox's roots.</summary>
    private protected abstract ISnapshotter Open();

    private protected string Layer(string tar, int step = 1 << 20)
    {
        ISnapshotter snapshotter = Open();
        return snapshotter.LowerDirectories([Sandbox.Ingest(snapshotter, tar, step)])[0];
    }

    private protected void AssertAsTarExtracts(string tar, string ignore = "")
    {
        string expected = Oracle.Scan(Oracle.Extract(_sandbox, tar), ignore);
        Assert.Equal(expected, Oracle.Scan(Layer(tar), ignore));
    }

    private const string Everything =
        """
        add('./', D, mode=0o755)
        add('./etc', D, mode=0o750, uid=7, gid=8, mtime=1600000001)
        add('./etc/passwd', data=b'root:x:0:0\n')
        add('./etc/empty', mode=0o600, uid=70000, gid=80000)
        add('./bin', L, link='usr/bin')
        add('./usr', D); add('./usr/bin', D)
        add('./usr/bin/tool', data=bytes(range(256)) * 9, mode=0o4755)
        add('./usr/bin/same', H, link='./usr/bin/tool')
        add('./usr/bin/again', H, link='usr/bin/tool')
        add('./tmp', D, mode=0o1777)
        add('./dev', D)
        add('./dev/null', C, mode=0o666, dev=(1, 3))
        add('./dev/disk', B, mode=0o660, gid=6, dev=(259, 1000))
        add('./dev/pipe', P, mode=0o640)
        add('./long-' + 'n' * 240, data=b'long name')
        add('./deep/' + '/'.join('d%02d' % i * 20 for i in range(12)) + '/leaf', data=b'leaf')
        add('./link-long', L, link='/target/' + 't' * 300)
        add('./link-short', L, link='x')
        add('./sized', data=b'x' * 512); add('./sized1', data=b'x' * 513)
        add('./big', data=b'0123456789abcdef' * 70000)
        """;

    [Theory]
    [InlineData("PAX_FORMAT")]
    [InlineData("GNU_FORMAT")]
    public void Every_kind_of_file_comes_out_as_tar_extracts_it(string format) =>
        AssertAsTarExtracts(Oracle.MakeTar(_sandbox, Everything, format), "dirmtime");

    [Fact]
    public void Times_before_1970_and_fractions_of_a_second_are_kept() =>
        AssertAsTarExtracts(Oracle.MakeTar(_sandbox,
            """
            add('old', data=b'1', mtime=-86400.25); add('new', data=b'2', mtime=1700000000.123456789)
            add('exact', data=b'3', pax={'mtime': '1700000001.987654321'}); add('./', D, mtime=1700000002)
            """));

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 1500)]
    [InlineData(31, 700)]
    [InlineData(200, 90)]
    public void Directories_of_any_size_are_complete(int nameLength, int count) =>
        AssertAsTarExtracts(Oracle.MakeTar(_sandbox,
            $$"""
            import random
            names = {('%x' % (i * 7919)).rjust({{nameLength}}, '!-.~'[i % 4]) for i in range({{count}})}
            names = sorted(names)
            random.Random(5).shuffle(names)
            add('d', D)
            for n in names: add('d/' + n, data=n.encode())
            """), "dirmtime");

    [Fact]
    public void Extended_attributes_are_kept() =>
        AssertAsTarExtracts(Oracle.MakeTar(_sandbox,
            """
            cap = b'\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00'
            S = 'SCHILY.xattr.'
            text = lambda b: b.decode('utf-8', 'surrogateescape')
            add('ping', data=b'elf', mode=0o755, pax={S + 'security.capability': text(cap)})
            add('user', data=b'1', pax={S + 'user.one': 'first', S + 'user.two': 'x' * 2000, S + 'trusted.three': 't'})
            add('dir', D, mode=0o755, pax={S + 'user.dir': 'yes'})
            """), "dirmtime");

    [Fact]
    public void Real_tree_comes_out_as_tar_extracts_it()
    {
        // A guest of the virtual machine has not all of them.
        string[] trees = ["etc", "usr/share/perl5", "usr/share/doc/debconf", "usr/share/bash-completion", "usr/sbin"];
        string[] found = [.. trees.Where(tree => Directory.Exists("/" + tree))];
        Assert.Contains("etc", found);
        string tar = _sandbox.NewPath("etc.tar");
        Shell.Run("tar", ["-c", "--numeric-owner", "--xattrs", "-f", tar, "-C", "/", .. found]);
        AssertAsTarExtracts(tar, "dirmtime");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(513)]
    [InlineData(4097)]
    public void Bytes_may_come_in_pieces_of_any_size(int step)
    {
        string tar = Oracle.MakeTar(_sandbox, Everything);
        Assert.Equal(Oracle.Scan(Oracle.Extract(_sandbox, tar), "dirmtime"), Oracle.Scan(Layer(tar, step), "dirmtime"));
    }

    [Fact]
    public void Missing_parents_are_made() =>
        Assert.Contains("b'a/b/c' mode=100644",
            Oracle.Scan(Layer(Oracle.MakeTar(_sandbox, "add('a/b/c', data=b'x')"))));

    [Fact]
    public void Last_of_repeated_entries_wins() =>
        AssertAsTarExtracts(Oracle.MakeTar(_sandbox,
            """
            add('f', data=b'first'); add('keep', H, link='f'); add('f', data=b'second', mode=0o600)
            add('d', D, mode=0o700); add('d/x', data=b'x'); add('d', D, mode=0o711, uid=3)
            add('l', L, link='f'); add('l', data=b'file now')
            add('o', data=b'file'); add('o', D); add('o/in', data=b'in')
            """), "dirmtime");

    [Fact]
    public void Layer_appears_with_its_commit_and_not_before()
    {
        ISnapshotter snapshotter = Open();
        Digest diffId = Digest.Parse("sha256:" + new string('a', 64));
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox, "add('f', data=b'x')"));
        using (ILayerIngest ingest = snapshotter.Begin(diffId))
        {
            ingest.Append(tar);
            Assert.False(snapshotter.Contains(diffId));
            Assert.Empty(snapshotter.List());
        }
        Assert.False(snapshotter.Contains(diffId));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
        Sandbox.Ingest(snapshotter, diffId, tar);
        Assert.True(Open().Contains(diffId));
        (Digest found, long bytes) = Assert.Single(snapshotter.List());
        Assert.Equal(diffId, found);
        Assert.InRange(bytes, 1, 1 << 20);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
    }

    [Fact]
    public void First_of_two_commits_wins_and_the_other_leaves_nothing()
    {
        ISnapshotter snapshotter = Open();
        Digest diffId = Digest.Parse("sha256:" + new string('b', 64));
        using ILayerIngest one = snapshotter.Begin(diffId), two = snapshotter.Begin(diffId);
        one.Append(File.ReadAllBytes(Oracle.MakeTar(_sandbox, "add('one')")));
        two.Append(File.ReadAllBytes(Oracle.MakeTar(_sandbox, "add('two')")));
        two.Commit();
        one.Commit();
        one.Dispose();
        two.Dispose();
        Assert.True(File.Exists(Path.Combine(snapshotter.LowerDirectories([diffId])[0], "two")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
    }

    [Fact]
    public void Ingest_of_a_process_that_died_is_cleared_away()
    {
        string stale = Path.Combine(_sandbox.Root, "ingest", "layer-1-2-3", "root", "deep");
        string foreign = Path.Combine(_sandbox.Root, "ingest", "download");
        Directory.CreateDirectory(stale);
        Directory.CreateDirectory(foreign);
        Layer(Oracle.MakeTar(_sandbox, "add('f')"));
        Assert.Equal([foreign], Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
    }

    [Fact]
    public void Removed_layer_is_gone_and_removing_it_again_is_fine()
    {
        ISnapshotter snapshotter = Open();
        Digest diffId = Sandbox.Ingest(snapshotter, Oracle.MakeTar(_sandbox, "add('d/f', data=b'x')"));
        string lower = snapshotter.LowerDirectories([diffId])[0];
        snapshotter.Remove([diffId]);
        snapshotter.Remove([diffId]);
        Assert.False(snapshotter.Contains(diffId));
        Assert.False(Path.Exists(lower));
        Assert.Throws<ImageException>(() => snapshotter.LowerDirectories([diffId]));
    }

    [Fact]
    public void Cut_tar_is_refused_and_leaves_nothing()
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox, "add('f', data=b'x' * 2000)"));
        ISnapshotter snapshotter = Open();
        Digest diffId = Digest.Parse("sha256:" + new string('c', 64));
        var e = Assert.Throws<ImageException>(() => Sandbox.Ingest(snapshotter, diffId, tar.AsSpan(0, 1200)));
        Assert.Contains("cut short", e.Message);
        Assert.False(snapshotter.Contains(diffId));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
    }

    [Fact]
    public void Layer_that_an_image_has_twice_counts_at_its_upper_place()
    {
        ISnapshotter snapshotter = Open();
        Digest twice = Sandbox.Ingest(snapshotter, Oracle.MakeTar(_sandbox, "add('f', data=b'twice'); add('.wh.g')"));
        Digest other = Sandbox.Ingest(snapshotter, Oracle.MakeTar(_sandbox, "add('f', data=b'other'); add('g')"));
        string merged = _sandbox.MountOverlay(snapshotter.LowerDirectories([twice, other, twice]));
        Assert.Equal("twice", File.ReadAllText(Path.Combine(merged, "f")));
        Assert.False(File.Exists(Path.Combine(merged, "g")));
    }

    [Fact]
    public void Whiteouts_and_opaque_directories_hide_what_is_below()
    {
        ISnapshotter snapshotter = Open();
        Digest below = Sandbox.Ingest(snapshotter, Oracle.MakeTar(_sandbox,
            "for f in ['gone', 'stay', 'd/a', 'd/b', 'o/a', 'o/b', 'r/old']: add(f)"));
        Digest above = Sandbox.Ingest(snapshotter, Oracle.MakeTar(_sandbox,
            """
            add('.wh.gone'); add('d/.wh.a'); add('.wh.r'); add('r', D); add('r/new')
            add('o', D); add('o/.wh..wh..opq'); add('o/c')
            """));
        string merged = _sandbox.MountOverlay(snapshotter.LowerDirectories([below, above]));
        string[] found = [.. Directory.EnumerateFiles(merged, "*", SearchOption.AllDirectories).Order()];
        Assert.Equal(["d/b", "o/c", "r/new", "stay"], found.Select(path => Path.GetRelativePath(merged, path)));
    }
}
