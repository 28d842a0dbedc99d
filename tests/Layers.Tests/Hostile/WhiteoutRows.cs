using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Whiteouts of what they must not hide, and names that only look like them.</summary>
internal static class WhiteoutRows
{
    private const string Nameless = "whiteout without a name";

    internal static IEnumerable<HostileRow> All =>
    [
        Taken("of a file of the same layer, before it", t => t.File(".wh.f").File("f"), "- f"),
        Taken("of a file of the same layer, after it", t => t.File("f").File(".wh.f"), "- f"),
        Taken("of a directory of the same layer", t => t.File(".wh.d").File("d/f"), "d d, - d/f"),
        Taken("and then a hard link", t => t.File("f").File(".wh.h").HardLink("h", "f"), "- f, - h"),
        Taken("the same twice", t => t.File(".wh.f").File(".wh.f"), "c f"),
        Taken("as a symlink", t => t.Symlink(".wh.f", "/outside"), "c f"),
        Taken("as a directory", t => t.Directory("d/.wh.f/"), "d d, c d/f"),
        Taken("as a device", t => t.Add(".wh.f", '3', edit: SymlinkRows.Null), "c f"),
        Taken("as a fifo", t => t.Add(".wh.f", '6'), "c f"),
        Taken("with content", t => t.File(".wh.f", new string('x', 70_000)).File("g"), "c f, - g"),
        Taken("with attributes", t => t.Pax("SCHILY.xattr.user.a=b", "uid=7").File(".wh.f"), "c f")
            with { Xattrs = "trusted.overlay.origin" },
        Taken("of a name with a newline", t => t.File(".wh.\n"), "c \\x0a"),
        Taken("of a name that is no UTF-8", t => t.File(".wh.\u00ff"), "c \\xff"),
        Taken("of a name of 251 bytes", t => t.File(".wh." + new string('n', 251)),
            $"c {new string('n', 60)}...(251)"),
        Taken("of a name with three dots", t => t.File(".wh....").File(".wh...x"), "c ..., c ..x"),
        Taken("of 1,000 files", t => t.Times(1000, (tar, i) => tar.File($".wh.{i}")), "1000 files"),
        Taken("as device 0:0", t => t.Add("gone", '3'), "c gone"),
        Taken("as block device 0:0, which is none", t => t.Add("b", '4'), "b b"),
        Taken("opaque at the root", t => t.File(".wh..wh..opq").File("f"), "- f")
            with { Xattrs = "trusted.overlay.opaque" },
        Taken("opaque in a directory", t => t.File("d/.wh..wh..opq").File("d/f"), "d d, - d/f")
            with { Xattrs = "trusted.overlay.opaque" },
        Taken("opaque as a directory", t => t.Directory("d/.wh..wh..opq/"), "d d")
            with { Xattrs = "trusted.overlay.opaque" },
        Taken("opaque, and the directory comes again", t => t.File("d/.wh..wh..opq").Directory("d"), "d d")
            with { Xattrs = "trusted.overlay.opaque" },
        Taken("opaque as a parent", t => t.File(".wh..wh..opq/f"), "d .wh..wh..opq, - .wh..wh..opq/f")
            with { Xattrs = "" },
        Taken("as a parent", t => t.File(".wh.d/f"), "d .wh.d, - .wh.d/f"),
        Taken("without a name, as a parent", t => t.File(".wh./f"), "d .wh., - .wh./f"),
        Taken("bookkeeping of AUFS", t => t.File(".wh..wh.plnk").Directory("d/.wh..wh.aufs"), "d d"),
        Taken("bookkeeping of AUFS without a name", t => t.File(".wh..wh."), ""),
        Taken("bookkeeping that looks like the parent", t => t.File("d/.wh..wh...").File("d/.wh..wh.../f"),
            "d d, d d/.wh..wh..., - d/.wh..wh.../f"),
        Taken("in capitals, which is none", t => t.File(".WH.f"), "- .WH.f"),
        Taken("in the middle, which is none", t => t.File("a.wh.f"), "- a.wh.f"),
        Refused("of nothing", t => t.File(".wh."), ".wh.", Nameless),
        Refused("of nothing in a directory", t => t.File("d/.wh."), "d/.wh.", Nameless),
        Refused("of the directory itself", t => t.File("d/.wh.."), "d/.wh..", Nameless),
        Refused("of the root", t => t.File(".wh.."), ".wh..", Nameless),
        Refused("of the parent", t => t.File("d/.wh..."), "d/.wh...", Nameless),
        Refused("of the root's parent", t => t.File(".wh..."), ".wh...", Nameless),
        Refused("of nothing, as a directory", t => t.Directory("d/.wh./"), "d/.wh./", Nameless),
        Refused("outside", t => t.File("../.wh.f"), "../.wh.f", "it leaves the layer"),
        Refused("of the bait", t => t.File(Outside.FromLayer + "/.wh.victim"), "../../../../outside/.wh.victim",
            "it leaves the layer"),
        Refused("of a name of 252 bytes", t => t.File(".wh." + new string('n', 252)), ".wh.nnn...", "has 256 bytes"),
        Refused("below a file", t => t.File("f").File("f/.wh.g"), "f/.wh.g", "in its path is not a directory"),
        Refused("below a whiteout is none", t => t.File("f").HardLink("h", ".wh.f"), "h", "no file of this layer"),
    ];
}
