using Skiff.Layers.Tar;
using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Paths through symlinks that the layer has made before.</summary>
internal static class SymlinkRows
{
    private const string Loops = "too many levels of symlinks";

    internal static IEnumerable<HostileRow> All =>
    [
        Taken("absolute symlink as parent", t => t.Symlink("out", "/outside").File("out/f"),
            "l out -> /outside, d outside, - outside/f"),
        Taken("climbing symlink as parent", t => t.Symlink("out", "../../../outside").File("out/f"),
            "l out -> ../../../outside, d outside, - outside/f"),
        Taken("symlink to the bait", t => t.Symlink("out", Outside.FromLayer).File("out/victim", "x"),
            "l out -> ../../../../outside, d outside, - outside/victim"),
        Taken("symlink to a file of the bait, written to",
            t => t.Symlink("v", Outside.FromLayer + "/victim").File("v", "x"), "- v"),
        Taken("symlink to a file of the bait, linked to and written to",
            t => t.Symlink("v", Outside.FromLayer + "/victim").HardLink("h", "v").File("h", "x"),
            "- h, l v -> ../../../../outside/victim"),
        Taken("symlink to a host file, written to", t => t.Symlink("p", "/etc/passwd").File("p", "x"), "- p"),
        Taken("symlink to the parent", t => t.Directory("d").Symlink("d/up", "..").File("d/up/f"),
            "d d, l d/up -> .., - f"),
        Taken("symlink to far above", t => t.Symlink("up", "../../../../../../..").File("up/f"),
            "- f, l up -> ../../../../../../.."),
        Taken("symlink to the root", t => t.Symlink("r", "/").File("r/f"), "- f, l r -> /"),
        Taken("symlink to itself by a dot", t => t.Symlink("r", ".").File("r/r/r/f"), "- f, l r -> ."),
        Taken("symlink to /proc/self/root", t => t.Symlink("r", "/proc/self/root").File("r/f"),
            "d proc, d proc/self, d proc/self/root, - proc/self/root/f, l r -> /proc/self/root"),
        Taken("symlink to /dev/fd", t => t.Symlink("fd", "/dev/fd/3").File("fd/f"),
            "d dev, d dev/fd, d dev/fd/3, - dev/fd/3/f, l fd -> /dev/fd/3"),
        Taken("chain of symlinks", t => t.Symlink("a", "b").Symlink("b", "c").File("a/f"),
            "l a -> b, l b -> c, d c, - c/f"),
        Taken("chain of symlinks to the bait",
            t => t.Symlink("a", "b/x").Symlink("b", Outside.FromLayer).Symlink("b/x", "..").File("a/victim", "x"),
            "l a -> b/x, l b -> ../../../../outside, d outside, l outside/x -> .., - victim"),
        Taken("target that climbs through what is missing", t => t.Symlink("s", "a/../../..").File("s/f"),
            "d a, - f, l s -> a/../../.."),
        Taken("device through a symlink", t => t.Symlink("out", "/outside").Add("out/c", '3', edit: Null),
            "l out -> /outside, d outside, c outside/c"),
        Taken("directory through a symlink", t => t.Symlink("out", "/outside").Directory("out/d"),
            "l out -> /outside, d outside, d outside/d"),
        Taken("symlink through a symlink", t => t.Symlink("out", "/outside").Symlink("out/l", "../x"),
            "l out -> /outside, d outside, l outside/l -> ../x"),
        Taken("hard link through a symlink", t => t.File("f").Symlink("out", "/outside").HardLink("out/h", "f"),
            "- f, l out -> /outside, d outside, - outside/h"),
        Taken("whiteout through a symlink", t => t.Symlink("out", Outside.FromLayer).File("out/.wh.victim"),
            "l out -> ../../../../outside, d outside, c outside/victim"),
        Taken("opaque whiteout through a symlink", t => t.Symlink("out", Outside.FromLayer).File("out/.wh..wh..opq"),
            "l out -> ../../../../outside, d outside"),
        Taken("newline in a target", t => t.Symlink("s", "a\n/outside"), "l s -> a\\x0a/outside"),
        Taken("target of 4,095 bytes", t => t.Symlink("s", new string('t', 4095)),
            $"l s -> {new string('t', 60)}...(4095)"),
        Taken("40 symlinks", t => Chain(t, 40), "42 files"),
        Refused("41 symlinks", t => Chain(t, 41), "s41/f", Loops),
        Refused("two symlinks in a circle", t => t.Symlink("a", "b").Symlink("b", "a").File("a/f"), "a/f", Loops),
        Refused("symlink to itself", t => t.Symlink("s", "s").File("s/f"), "s/f", Loops),
        Refused("symlink below itself", t => t.Symlink("s", "s/s").File("s/f"), "s/f", Loops),
        Refused("symlink to a file as parent", t => t.File("f").Symlink("l", "f").File("l/x"),
            "l/x", "\"f\" in its path is not a directory"),
        Refused("symlink to a long name as parent", t => t.Symlink("s", new string('n', 300)).File("s/f"),
            "s/f", "leads to a name that is too long"),
        Refused("symlinks that make a path grow",
            t => t.Times(4, (tar, i) => tar.Symlink($"s{i}", $"s{i + 1}/{Repeat("./", 2000)}")).File("s0/f"),
            "s0/f", "grows too long"),
        Refused("symlink that walks about", t => t.Directory("d").Symlink("s", Repeat("d/../", 800)).File("s/f"),
            "s/f", "components through symlinks"),
        Refused("symlinks that lead ever deeper", Deeper, "s0/s1/s2", "components through symlinks"),
        Refused("symlinks that lead ever deeper, any depth being fine", Deeper, "s0/s1/s2/s3", "more than 4095 bytes")
            with { Limits = new IngestLimits { PathDepth = 4095 } },
        Refused("empty target", t => t.Symlink("s", ""), "s", "empty or too long target"),
        Refused("target of 5,000 bytes", t => t.Symlink("s", new string('t', 5000)), "s", "empty or too long target"),
    ];

    internal static void Null(byte[] block) => RawTar.Put(block, 329, "0000001\00000003\0");

    private static RawTar Chain(RawTar tar, int length) => tar.Directory("s0")
        .Times(length, (t, i) => t.Symlink($"s{i + 1}", $"s{i}")).File($"s{length}/f");

    private static RawTar Deeper(RawTar tar)
    {
        string deep = Repeat("d/", 1000) + "d";
        string path = "s0";
        tar.Symlink("s0", deep);
        for (int i = 1; i < 6; path += $"/s{i++}") tar.Symlink($"{path}/s{i}", deep);
        return tar.File(path + "/f");
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
