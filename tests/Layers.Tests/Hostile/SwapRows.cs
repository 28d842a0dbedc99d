using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Entries that replace what earlier ones of the same tar have made, and then use it.</summary>
internal static class SwapRows
{
    private const string NoDirectory = "in its path is not a directory";

    internal static IEnumerable<HostileRow> All =>
    [
        Taken("directory becomes a symlink to the bait and is used",
            t => t.File("d/f", "x").Symlink("d", Outside.FromLayer).File("d/victim", "x"),
            "l d -> ../../../../outside, d outside, - outside/victim"),
        Taken("directory becomes an absolute symlink and is used",
            t => t.Directory("d").Symlink("d", "/outside").File("d/f").File("d/g"),
            "l d -> /outside, d outside, - outside/f, - outside/g"),
        Taken("parent of the last entry becomes a symlink",
            t => t.File("a/b/f", "x").Symlink("a", "/outside").File("a/b/g", "x"),
            "l a -> /outside, d outside, d outside/b, - outside/b/g"),
        Taken("directory within a directory becomes a symlink",
            t => t.File("a/b/f").Symlink("a/b", "/outside").File("a/b/g"),
            "d a, l a/b -> /outside, d outside, - outside/g"),
        Taken("directory becomes a symlink and a directory again, many times",
            t => t.Times(100, (tar, i) => tar.Directory("d").File("d/f", "x").Symlink("d", Outside.FromLayer)),
            "l d -> ../../../../outside"),
        Taken("file becomes a symlink and is written to",
            t => t.File("f", "1").Symlink("f", Outside.FromLayer + "/victim").File("f", "2"), "- f"),
        Taken("file becomes a symlink and stays one",
            t => t.File("f", "1").Symlink("f", Outside.FromLayer + "/victim"), "l f -> ../../../../outside/victim"),
        Taken("symlink becomes a directory", t => t.Symlink("l", "/outside").Directory("l").File("l/f"),
            "d l, - l/f"),
        Taken("symlink becomes another", t => t.Symlink("l", "/outside").Symlink("l", "/d").File("l/f"),
            "d d, - d/f, l l -> /d"),
        Taken("symlink becomes a file", t => t.Symlink("l", "/outside/new").File("l", "x"), "- l"),
        Taken("file becomes a directory", t => t.File("f", "x").Directory("f").File("f/g"), "d f, - f/g"),
        Taken("directory becomes a file", t => t.File("d/f", "x").File("d", "y"), "- d"),
        Taken("deep tree becomes a file",
            t => t.Times(200, (tar, i) => tar.File($"d/{new string('/', i)}{i}/{i}/{i}", "x")).File("d"), "- d"),
        Taken("directory becomes a whiteout and is used",
            t => t.File("d/f").Add("d", '3').File("d/g"), "d d, - d/g"),
        Taken("linked file becomes a symlink, the other name stays",
            t => t.File("f", "x").HardLink("h", "f").Symlink("f", "/outside").File("h", "y"), "l f -> /outside, - h"),
        Taken("device becomes a file", t => t.Add("n", '3', edit: SymlinkRows.Null).File("n", "x"), "- n"),
        Taken("fifo becomes a file", t => t.Add("p", '6').File("p", "x"), "- p"),
        Taken("whiteout becomes a symlink and is used",
            t => t.File(".wh.d").Symlink("d", "/outside").File("d/f"), "l d -> /outside, d outside, - outside/f"),
        Taken("large file becomes a symlink and is written to",
            t => t.File("f", new string('x', 100_000)).Symlink("f", "/outside").File("f", new string('y', 100_000)),
            "- f"),
        Taken("one file 1,000 times", t => t.Times(1000, (tar, i) => tar.File("f", $"{i}")), "- f"),
        Taken("one directory 1,000 times", t => t.Times(1000, (tar, i) => tar.Directory("d")).File("d/f"),
            "d d, - d/f"),
        Taken("directory with many files is replaced many times",
            t => t.Times(50, (tar, i) => tar.Times(20, (u, k) => u.File($"d/{k}", "x")).File("d").Directory("d"))
                .File("d/7", "y"), "d d, - d/7"),
        Refused("file as parent", t => t.File("f", "x").File("f/g"), "f/g", NoDirectory),
        Refused("directory becomes a file and is used", t => t.File("d/f").File("d").File("d/g"), "d/g", NoDirectory),
        Refused("device as parent", t => t.Add("n", '3', edit: SymlinkRows.Null).File("n/f"), "n/f", NoDirectory),
        Refused("fifo as parent", t => t.Add("p", '6').File("p/f"), "p/f", NoDirectory),
        Refused("hard link as parent", t => t.File("f").HardLink("h", "f").File("h/x"), "h/x", NoDirectory),
    ];
}
