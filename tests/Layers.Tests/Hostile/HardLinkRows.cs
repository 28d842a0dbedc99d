using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Hard links to what is no file of the layer, to themselves, and in circles.</summary>
internal static class HardLinkRows
{
    private const string None = "no file of this layer", Leaves = "it leaves the layer";

    internal static IEnumerable<HostileRow> All =>
    [
        Taken("to an absolute path of the layer", t => t.File("f").HardLink("h", "/f"), "- f, - h"),
        Taken("to itself", t => t.File("f", "x").HardLink("f", "f"), "- f"),
        Taken("to itself by another spelling", t => t.File("d/f", "x").HardLink("d/f", "./d/../d//f"), "d d, - d/f"),
        Taken("the same 300 times", t => t.File("f", "x").Times(300, (tar, i) => tar.HardLink("h", "f")), "- f, - h"),
        Taken("in a circle of files that are there",
            t => t.File("a", "x").HardLink("b", "a").HardLink("c", "b").HardLink("a", "c"), "- a, - b, - c"),
        Taken("to a symlink", t => t.Symlink("s", "/etc/shadow").HardLink("h", "s"),
            "l h -> /etc/shadow, l s -> /etc/shadow"),
        Taken("to a device", t => t.Add("n", '3', edit: SymlinkRows.Null).HardLink("h", "n"), "c h, c n"),
        Taken("to a fifo", t => t.Add("p", '6').HardLink("h", "p"), "p h, p p"),
        Taken("to a file through a symlink", t => t.File("d/f").Symlink("l", "d").HardLink("h", "l/f"),
            "d d, - d/f, - h, l l -> d"),
        Taken("in place of a directory", t => t.File("f", "x").File("d/g").HardLink("d", "f"), "- d, - f"),
        Taken("in place of a symlink", t => t.File("f", "x").Symlink("l", "/outside").HardLink("l", "f"), "- f, - l"),
        Taken("with a size", t => t.File("f").Add("h", '1', link: "f", edit: b => RawTar.Put(b, 124, "00000001000\0"))
            .File("g"), "- f, - g, - h"),
        Taken("as a whiteout", t => t.File("f").HardLink(".wh.g", "f"), "- f, c g"),
        Taken("to a file that was replaced", t => t.File("f", "1").HardLink("h", "f").File("f", "2")
            .HardLink("i", "f").HardLink("h", "i"), "- f, - h, - i"),
        Many(70_000),
        Refused("to itself before there is one", t => t.HardLink("f", "f"), "f", None),
        Refused("in a circle", t => t.HardLink("a", "b").HardLink("b", "a"), "a", None),
        Refused("in a circle after others", t => t.File("f").HardLink("a", "b").HardLink("b", "a"), "a", None),
        Refused("to a host file by climbing", t => t.HardLink("h", "../../etc/shadow"), "h", Leaves),
        Refused("to a host file", t => t.HardLink("h", "/etc/shadow"), "h", None),
        Refused("to the bait", t => t.HardLink("h", Outside.FromLayer + "/victim"), "h", Leaves),
        Refused("to the bait through a symlink",
            t => t.Symlink("out", Outside.FromLayer).HardLink("h", "out/victim"), "h", None),
        Refused("to a host file through a symlink", t => t.Symlink("l", "/etc").HardLink("h", "l/shadow"), "h", None),
        Refused("to a directory", t => t.Directory("d").HardLink("h", "d"), "h", None),
        Refused("to the root", t => t.HardLink("h", "."), "h", None),
        Refused("to the root by climbing", t => t.Directory("d").HardLink("h", "d/.."), "h", None),
        Refused("to nothing", t => t.HardLink("h", ""), "h", None),
        Refused("to a whiteout", t => t.File(".wh.f").HardLink("h", "f"), "h", None),
        Refused("to the name of a whiteout", t => t.File(".wh.f").HardLink("h", ".wh.f"), "h", None),
        Refused("to a file that comes later", t => t.HardLink("h", "f").File("f"), "h", None),
        Refused("to a file that a directory has replaced",
            t => t.File("d/f").File("d").HardLink("h", "d/f"), "h", "in its path is not a directory"),
        Refused("in place of the directory that the file is in", t => t.File("d/f").HardLink("d", "d/f"),
            "d", "would replace the directory"),
        Refused("through symlinks in a circle", t => t.Symlink("a", "b").Symlink("b", "a").HardLink("h", "a/f"),
            "h", "too many levels"),
        Refused("to a path of 5,000 bytes", t => t.HardLink("h", new string('/', 5000)), "h", "at most 4095"),
        Refused("to a path of 300 components", t => t.File("f")
            .HardLink("h", string.Concat(Enumerable.Repeat("a/", 300))), "h", "path-depth"),
        Refused("to a name of 256 bytes", t => t.HardLink("h", new string('n', 256)), "h", "has 256 bytes"),
    ];

    // ext4 takes 65,000 names of a file, EROFS any number.
    private static HostileRow Many(int count) =>
        Taken("70,000 of one file", t => t.File("f").Times(count, (tar, i) => tar.HardLink($"{i}", "f")),
            $"{count + 1} files") with
        {
            Overlay = Refused("", t => t, "", "") with { Says = ["linkat", "EMLINK"] },
        };
}
