using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Names that lead out of the layer, or too far into it.</summary>
internal static class PathRows
{
    private const string Leaves = "it leaves the layer", Root = "it would replace the layer's root";

    internal static IEnumerable<HostileRow> All =>
    [
        Taken("absolute path", t => t.File("/etc/passwd", "root"), "d etc, - etc/passwd"),
        Taken("absolute path into /proc", t => t.File("/proc/self/root/f"),
            "d proc, d proc/self, d proc/self/root, - proc/self/root/f"),
        Taken("many slashes and dots", t => t.File("//x//y/./z"), "d x, d x/y, - x/y/z"),
        Taken("absolute path that climbs", t => t.File("/../../x"), "- x"),
        Taken("path that climbs within the layer", t => t.File("a/../b"), "- b"),
        Taken("path that climbs to the root and no further", t => t.File("a/b/../../c"), "- c"),
        Taken("absolute root", t => t.Directory("/.."), ""),
        Taken("three dots", t => t.File("..."), "- ..."),
        Taken("dots and a blank", t => t.File(".. /x"), "d .. , - .. /x"),
        Taken("backslashes", t => t.File("..\\..\\x"), "- ..\\..\\x"),
        Taken("percent-encoded dots", t => t.File("%2e%2e/x"), "d %2e%2e, - %2e%2e/x"),
        Taken("dots in overlong UTF-8", t => t.File("\u00c0\u00ae\u00c0\u00ae/x"),
            "d \\xc0\\xae\\xc0\\xae, - \\xc0\\xae\\xc0\\xae/x"),
        Refused("parent first", t => t.File("../x"), "../x", Leaves),
        Refused("parent after a directory", t => t.File("a/../../x"), "a/../../x", Leaves),
        Refused("parent after a dot", t => t.File("./../x"), "./../x", Leaves),
        Refused("parent last", t => t.Directory("a/b/../../.."), "a/b/../../..", Leaves),
        Refused("parent alone", t => t.File(".."), "..", Leaves),
        Refused("parent as directory", t => t.Directory("../"), "../", Leaves),
        Refused("parent after files that were taken", t => t.File("a").File("b", "x").File("../x"), "../x", Leaves),
        Refused("path to the bait", t => t.File(Outside.FromLayer + "/victim", "x"),
            "../../../../outside/victim", Leaves),
        Refused("path to the bait through a directory", t => t.File("d/../" + Outside.FromLayer + "/victim", "x"),
            "d/../../../../../outside/victim", Leaves),
        Refused("directory as the bait", t => t.Directory(Outside.FromLayer), "../../../../outside", Leaves),
        Refused("symlink as the bait", t => t.Symlink(Outside.FromLayer + "/l", "x"), "../../../../outside/l", Leaves),
        Refused("device as the bait", t => t.Add(Outside.FromLayer + "/c", '3'), "../../../../outside/c", Leaves),
        Refused("fifo as the bait", t => t.Add(Outside.FromLayer + "/p", '6'), "../../../../outside/p", Leaves),
        Refused("parent in the ustar prefix", t => t.Add("x", edit: block => RawTar.Put(block, 345, "..")),
            "../x", Leaves),
        Refused("parent in a pax path", t => t.Pax("path=../x").File("harmless"), "../x", Leaves),
        Refused("parent in a pax path for all", t => t.Extended('g', RawTar.Records("path=../x")).File("harmless"),
            "../x", Leaves),
        Refused("parent in a GNU long name", t => t.Extended('L', "../x\0").File("harmless"), "../x", Leaves),
        Taken("absolute ustar prefix", t => t.Add("f", edit: block => RawTar.Put(block, 345, "/etc")),
            "d etc, - etc/f"),

        Refused("file as the root", t => t.File("./"), "./", Root),
        Refused("file as the root by climbing", t => t.File("a/.."), "a/..", Root),
        Refused("symlink as the root", t => t.Symlink(".", "/outside"), ".", Root),
        Refused("hard link as the root", t => t.File("f").HardLink("/", "f"), "/", Root),
        Refused("device as the root", t => t.Add("./.", '3'), "./.", Root),
        Refused("fifo as the root", t => t.Add("//", '6'), "//", Root),
        Refused("file without a name", t => t.File(""), "", Root),
        Taken("directory without a name", t => t.Directory(""), ""),
        Taken("root with odd rights", t => t.Add("./", '5', edit: block => RawTar.Put(block, 100, "0000000\0")), ""),

        Refused("path of 4,096 bytes", t => t.File(new string('/', 4095) + "f"), "///...", "it has 4096 bytes"),
        Taken("path of 4,095 bytes", t => t.File(new string('/', 4094) + "f"), "- f"),
        Refused("path of 100,000 components", t => t.File(Repeat("a/", 100_000)), "a/a/a...", "at most 4095"),
        Refused("path of 257 components", t => t.File(Repeat("a/", 256) + "f"), "a/a/a...", "path-depth"),
        Taken("path of 256 components", t => t.File(Repeat("a/", 255) + "f"), "256 files"),
        Refused("deep path in pieces", t => t.Times(300, (tar, i) => tar.Directory(Repeat("d/", i + 1))),
            "d/d/d...", "the limit path-depth is 256"),
        Refused("name of 256 bytes", t => t.File("x/" + new string('n', 256)), "x/nnn...", "a component has 256 bytes"),
        Refused("directory name of 256 bytes", t => t.File(new string('n', 256) + "/x"), "nnn...", "has 256 bytes"),
        Taken("name of 255 bytes", t => t.File(new string('n', 255)), $"- {new string('n', 60)}...(255)"),
    ];

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
