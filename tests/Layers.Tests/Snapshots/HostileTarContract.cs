using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

/// <summary>
/// Tars that try to get out of the layer or to break the reader, against the tree that each may leave.
/// </summary>
public abstract class HostileTarContract : IDisposable
{
    private readonly Sandbox _sandbox = new();

    private protected Sandbox Sandbox => _sandbox;

    public void Dispose() => _sandbox.Dispose();

    private protected abstract ISnapshotter Open();

    /// <summary>
    /// What goes into the tar, and the files of the layer afterwards: d for directories, targets behind links.
    /// </summary>
    public static TheoryData<string, string> Confined => new()
    {
        { "add('/etc/passwd')", "d etc, - etc/passwd" },
        { "add('//x//y/./z')", "d x, d x/y, - x/y/z" },
        { "add('/../../x')", "- x" },
        { "add('a/../b')", "- b" },
        { "add('a/b/../../c')", "- c" },
        { "add('out', L, link='/outside'); add('out/f')", "l out -> /outside, d outside, - outside/f" },
        { "add('out', L, link='../../../outside'); add('out/f')", "l out -> ../../../outside, d outside, - outside/f" },
        { "add('d', D); add('d/up', L, link='..'); add('d/up/f')", "d d, l d/up -> .., - f" },
        { "add('a', L, link='b'); add('b', L, link='c'); add('a/f')", "l a -> b, l b -> c, d c, - c/f" },
        { "add('l', L, link='/t'); add('l', D); add('l/f')", "d l, - l/f" },
        { "add('l', L, link='/t'); add('l')", "- l" },
        { "add('f', data=b'x'); add('f/', D); add('f/g')", "d f, - f/g" },
        { "add('d/f'); add('d')", "- d" },
        { "add('s', L, link='f'); add('h', H, link='s')", "l h -> f, l s -> f" },
        { "add('f'); add('h', H, link='/f')", "- f, - h" },
        { "add('f'); add('f', H, link='f')", "- f" },
        { "add('d/.wh..wh.plnk')", "d d" },
        { "add('.wh.f'); add('f')", "- f" },
        { "add('f'); add('.wh.f')", "- f" },
        { "add('.wh.d'); add('d/f')", "d d, - d/f" },
        { "add('gone', C, dev=(0, 0))", "c gone" },
        { "add('x', data=b'1', pax={'SCHILY.xattr.trusted.overlay.redirect': '/etc'})", "- x" },
        { "add('./'); ", "refused: replace the layer's root" },
        { "add('../x')", "refused: leaves the layer" },
        { "add('a/../../x')", "refused: leaves the layer" },
        { "add('..')", "refused: leaves the layer" },
        { "add('h', H, link='../../etc/shadow')", "refused: leaves the layer" },
        { "add('h', H, link='/etc/shadow')", "refused: no file of this layer" },
        { "add('d', D); add('h', H, link='d')", "refused: no file of this layer" },
        { "add('l', L, link='/etc'); add('h', H, link='l/shadow')", "refused: no file of this layer" },
        { "add('d/f'); add('d', H, link='d/f')", "refused: replace the directory" },
        { "add('f'); add('f/g')", "refused: not a directory" },
        { "add('a', L, link='b'); add('b', L, link='a'); add('a/f')", "refused: too many levels of symlinks" },
        { "add('x/' + 'n' * 256)", "refused: a component has 256 bytes" },
        { "add('a/' * 2100 + 'f')", "refused: at most 4095" },
        { "add('s', L, link='')", "refused: empty or too long target" },
        { "add('s', L, link='t' * 5000)", "refused: empty or too long target" },
        { "add('d/.wh.')", "refused: whiteout without a name" },
        { "add('d/.wh..')", "refused: whiteout without a name" },
        { "add('x', pax={'path': 'a\\0b'})", "refused: NUL" },
        { "add('x', pax={'SCHILY.xattr.user.big': 'v' * 70000})", "refused: 65536" },
        { "add('x', pax={'GNU.sparse.major': '1', 'GNU.sparse.minor': '0'})", "refused: sparse" },
        { "add('x', b'V')", "refused: unknown type" },
        { "add('x', pax={'comment': 'c' * (1 << 20)})", "refused: extended header" },
    };

    [Theory]
    [MemberData(nameof(Confined))]
    public void Hostile_tar_is_confined_or_refused(string script, string expected)
    {
        string tar = Oracle.MakeTar(_sandbox, script);
        string[] before = Directory.GetFileSystemEntries(_sandbox.Base);
        if (expected.StartsWith("refused: "))
        {
            var e = Assert.Throws<ImageException>(() => Sandbox.Ingest(Open(), tar));
            Assert.Contains(expected["refused: ".Length..], e.Message);
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "layers")));
        }
        else Assert.Equal(expected, Tree(tar));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
        Assert.Equal(before.Append(_sandbox.Root).Append(_sandbox.RunRoot).Order(),
            Directory.GetFileSystemEntries(_sandbox.Base).Append(_sandbox.RunRoot).Distinct().Order());
        Assert.False(Path.Exists("/outside"));
    }

    private string Tree(string tar)
    {
        ISnapshotter snapshotter = Open();
        string tree = snapshotter.LowerDirectories([Sandbox.Ingest(snapshotter, tar)])[0];
        string found = Shell.Run("find", tree, "-mindepth", "1", "-printf", "%y %P -> %l, ");
        string[] lines = found.Replace(" -> ,", ",").Split(", ", StringSplitOptions.RemoveEmptyEntries);
        return string.Join(", ", lines.Select(line => line.StartsWith("f ") ? "- " + line[2..] : line)
            .OrderBy(line => line[2..], StringComparer.Ordinal));
    }

    [Fact]
    public void Depth_that_symlinks_add_up_is_refused()
    {
        string tar = Oracle.MakeTar(_sandbox,
            """
            deep = '/'.join(['d'] * 1500)
            add('s0', L, link=deep)
            for i in range(1, 6): add('/'.join('s%d' % j for j in range(i)) + '/s%d' % i, L, link=deep)
            add('/'.join('s%d' % j for j in range(6)) + '/f')
            """);
        var e = Assert.Throws<ImageException>(() => Sandbox.Ingest(Open(), tar));
        Assert.Contains("4095", e.Message);
    }

    [Fact]
    public void Overlay_attributes_of_the_image_are_left_out()
    {
        string tar = Oracle.MakeTar(_sandbox,
            """
            S = 'SCHILY.xattr.'
            O = S + 'trusted.overlay.'
            add('d', D, pax={O + 'opaque': 'y', O + 'metacopy': '', S + 'user.kept': '1'})
            """);
        ISnapshotter snapshotter = Open();
        string tree = snapshotter.LowerDirectories([Sandbox.Ingest(snapshotter, tar)])[0];
        string names = Shell.Run("getfattr", "-d", "-m", "-", "--absolute-names", Path.Combine(tree, "d"));
        Assert.DoesNotContain("overlay", names);
        Assert.Contains("user.kept", names);
    }
}
