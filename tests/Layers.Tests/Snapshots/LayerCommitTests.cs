using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

/// <summary>A container's changes as a layer, in both stores: the image shows what the overlay showed.</summary>
public sealed class LayerCommitTests : IDisposable
{
    private const string Base =
        """
        add('./', D, mode=0o755)
        for f in ['gone', 'kept', 'replaced', 'd/a', 'd/b', 'emptied/x', 'emptied/y', 'again/old', 'was-file']: add(f)
        add('was-dir/x'); add('twin', data=b'12'); add('twin2', H, link='twin'); add('fast', L, link='kept')
        """;

    private const string Changes =
        """
        import os, socket, sys
        os.chdir(sys.argv[1])
        def put(path, data=b'', **more):
            with open(path, 'wb') as f: f.write(data)
        os.remove('gone'); os.remove('replaced'); put('replaced', b'new content' * 1000)
        os.remove('d/a'); put('d/c', b'c')
        import shutil
        shutil.rmtree('emptied'); os.mkdir('emptied')
        shutil.rmtree('again'); os.mkdir('again', 0o751); put('again/new', b'new')
        os.remove('was-file'); os.mkdir('was-file'); put('was-file/inside', b'i')
        shutil.rmtree('was-dir'); put('was-dir', b'a file now')
        put('one', b'linked'); os.link('one', 'two'); os.mkdir('links'); os.link('one', 'links/three')
        os.symlink('one', 'link'); os.symlink('t' * 300, 'long-link'); os.symlink('s', 's1'); os.link('s1', 's2')
        os.mkfifo('pipe', 0o640); os.mknod('null', 0o020666, os.makedev(1, 3))
        os.mknod('disk', 0o060660, os.makedev(259, 70000))
        put('owned'); os.chown('owned', 3000000, 2500000); os.chmod('owned', 0o6755)
        put('n' * 255, b'long name')
        deep = '/'.join(['deep' * 20] * 8); os.makedirs(deep); put(deep + '/leaf')
        put(b'not-utf8-\xff\n', b'x')
        put('old'); os.utime('old', ns=(0, -86400250000000)); os.utime('kept', ns=(0, 1700000001987654321))
        capability = bytes.fromhex('0100000200040000000000000000000000000000')
        put('capable'); os.setxattr('capable', 'security.capability', capability)
        put('noted'); os.setxattr('noted', 'user.note', b'a=b\n\0c'); os.setxattr('d', 'user.empty', b'')
        os.symlink('nowhere', b'marked-\xfe')
        for f in ['link', 'pipe', 'null', 'disk', b'marked-\xfe']:
            for name in ['security.note', 'trusted.note', 'trusted.empty']:
                os.setxattr(f, name, b'\xff\0x' if 'note' in name else b'', follow_symlinks=False)
        socket.socket(socket.AF_UNIX).bind('socket')
        put('large', os.urandom(300000)); os.truncate('large', 2500000)
        with open('twin', 'ab') as f: f.write(b'3')
        os.chmod('d', 0o2750)
        """;

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Everything_that_a_container_changed_is_in_the_image(string kind)
    {
        ISnapshotter store = Open(kind);
        Digest below = Sandbox.Ingest(store, Oracle.MakeTar(_sandbox, Base));
        string merged = _sandbox.MountOverlay(store.LowerDirectories([below]));
        Shell.Run("python3", "-c", Changes, merged);
        Digest layer = Commit(store, Upper(merged))!.Value.DiffId;
        string[] wanted = Scan(merged), got = Scan(_sandbox.MountOverlay(store.LowerDirectories([below, layer])));
        Assert.True(wanted.Length > 40);
        Assert.Equal(5, wanted.Count(line => line.Contains("security.note")));
        Assert.Equal(wanted.Where(line => !line.Contains("'socket'")), got);
        Assert.Null(store.Check(layer, _ => { }, CancellationToken.None));
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Same_changes_give_the_same_layer_and_tar_reads_it(string kind)
    {
        ISnapshotter store = Open(kind);
        Digest below = Sandbox.Ingest(store, Oracle.MakeTar(_sandbox, Base));
        string merged = _sandbox.MountOverlay(store.LowerDirectories([below]));
        const string change = "cd \"$1\"; rm gone; rm -r again; mkdir again; echo x > b; echo y > a; ln a c";
        Shell.Run("sh", "-c", change, "sh", merged);
        (Digest layer, long bytes) = Commit(store, Upper(merged))!.Value;
        Assert.Equal(layer, Commit(store, Upper(merged))!.Value.DiffId);
        string tar = _sandbox.NewPath("layer.tar");
        using (Stream from = store.OpenTar(layer))
        using (FileStream to = File.Create(tar))
            from.CopyTo(to);
        Assert.Equal(bytes, new FileInfo(tar).Length);
        Assert.Equal(["a", "again/", "again/.wh..wh..opq", "b", "c", ".wh.gone"],
            Shell.Run("tar", "-tf", tar).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("c link to a", Shell.Run("tar", "-tvf", tar));
    }

    [Fact]
    public void An_unchanged_container_makes_no_layer()
    {
        ISnapshotter store = Open("overlay");
        string upper = Directory.CreateDirectory(_sandbox.NewPath("upper")).FullName;
        Assert.Null(Commit(store, upper));
        Assert.Empty(store.List());
        AssertNoIngest();
    }

    [Theory]
    [InlineData(".wh.x", "image-spec")]
    [InlineData("d/.wh..wh..opq", "image-spec")]
    public void A_name_that_a_layer_cannot_have_is_refused_and_nothing_stays(string name, string why)
    {
        ISnapshotter store = Open("overlay");
        string upper = Directory.CreateDirectory(_sandbox.NewPath("upper")).FullName;
        Directory.CreateDirectory(Path.Combine(upper, "d"));
        File.WriteAllText(Path.Combine(upper, name), "x");
        var e = Assert.Throws<ImageException>(() => Commit(store, upper));
        Assert.Contains(name, e.Message);
        Assert.Contains(why, e.Message);
        Assert.Empty(store.List());
        AssertNoIngest();
    }

    [Theory]
    [InlineData(1, 250, null)]
    [InlineData(1, 300, "path-depth")]
    [InlineData(250, 30, "longer than a path can be")]
    public void Directories_may_nest_as_deep_as_a_layer_may(int nameLength, int depth, string? why)
    {
        ISnapshotter store = Open("overlay");
        string upper = Directory.CreateDirectory(_sandbox.NewPath("upper")).FullName;
        const string nest = "import os, sys\nos.chdir(sys.argv[1])\nname = 'd' * int(sys.argv[2])\n"
            + "for i in range(int(sys.argv[3])): os.mkdir(name); os.chdir(name)";
        Shell.Run("python3", "-c", nest, upper, $"{nameLength}", $"{depth}");
        var e = Record.Exception(() => Commit(store, upper));
        Assert.Equal(why is null, e is null);
        if (why is not null) Assert.Contains(why, Assert.IsAssignableFrom<ImageException>(e).Message);
        AssertNoIngest();
    }

    private static (Digest DiffId, long Bytes)? Commit(ISnapshotter store, string upper) =>
        LayerCommit.Run(store, upper, null, CancellationToken.None);

    private ISnapshotter Open(string kind) => kind == "erofs"
        ? new ErofsSnapshotter(_sandbox.Root, _sandbox.RunRoot) : new OverlaySnapshotter(_sandbox.Root);

    private void AssertNoIngest() =>
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));

    private static string Upper(string merged) => File.ReadLines("/proc/self/mounts")
        .Single(line => line.Split(' ')[1] == merged).Split("upperdir=")[1].Split(',')[0];

    // All but the root, whose attributes are no part of a layer.
    private static string[] Scan(string tree) =>
        [.. Oracle.Scan(tree).Split('\n').Where(line => line.Length > 0 && !line.StartsWith("b'.'"))];
}
