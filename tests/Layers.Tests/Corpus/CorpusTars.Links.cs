using Skiff.Layers.Tests.Hostile;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>Hard links and symlinks.</summary>
internal static partial class CorpusTars
{
    private static IEnumerable<CorpusTar> Links =>
    [
        Of("hard links in groups", t => t.Add("a/one", data: "1").Add("b/one", '1', link: "a/one")
            .Add("c", '1', link: "./b/one").Add("two", data: "2").Add("a/two", '1', link: "/two").Add("alone").End()),
        Of("hard link to a symlink", t => t.Add("f").Add("s", '2', link: "f").Add("h", '1', link: "s").End()),
        Of("hard link to a symlink that leads nowhere", t => t.Add("s", '2', link: "gone").Add("h", '1', link: "s")
            .End()),
        Of("hard link with other attributes than its file", t => t.Add("f", data: "x", mode: 0x180, uid: 5, mtime: 5)
            .Add("h", '1', link: "f", mode: 0x1FF, uid: 6, mtime: 6).End()),
        Of("hard link that says its file's size", t => t.Add("f", data: "12345")
            .Add("h", '1', link: "f", edit: h => RawTar.Put(h, 124, RawTar.Octal(5, 11))).Add("next").End()),
        Of("hard link replaces a file", t => t.Add("f", data: "1").Add("g", data: "2").Add("g", '1', link: "f").End()),
        Of("hard link to itself", t => t.Add("f", data: "1").Add("f", '1', link: "f").End()),
        Of("hard link keeps what its file loses", t => t.Add("f", data: "old").Add("h", '1', link: "f")
            .Add("f", data: "new").Add("i", '1', link: "f").Add("j", '1', link: "h").End()),
        Of("hard link through a symlinked directory", t => t.Directory("usr/").Add("lib", '2', link: "usr")
            .Add("usr/f", data: "x").Add("h", '1', link: "lib/f").Add("lib/i", '1', link: "usr/f").End()),
        Of("thousand links to one file", t =>
        {
            t.Add("f", data: "x");
            for (int i = 0; i < 1000; i++) t.Add($"d{i % 3}/l{i}", '1', link: "f");
            return t.End();
        }),
        Of("symlinks of every length", t =>
        {
            int[] longer = [101, 255, 447, 448, 449, 479, 480, 481, 511, 512, 513, 1023, 1024, 1025, 4000];
            foreach (int length in (int[])[1, 59, 60, 61, 99, 100])
                t.Add($"l{length}", '2', link: new string('t', length));
            foreach (int length in longer)
                t.Long('K', new string('t', length)).Add($"l{length}", '2', link: "s");
            return t.End();
        }),
        Of("symlinks that point anywhere", t => t.Add("a", '2', link: "/etc/passwd").Add("b", '2', link: "../../x")
            .Add("c", '2', link: ".").Add("d", '2', link: "c/c/c").Add("e", '2', link: "\u00ff\n")
            .Add("f", '2', link: "f").End()),
        Of("entries below a symlinked directory", t => t.Directory("usr/").Directory("usr/lib/")
            .Add("lib", '2', link: "usr/lib")
            .Add("lib/f", data: "x").Directory("lib/d").Add("lib/d/g", data: "y").Add("lib/l", '2', link: "f").End()),
    ];
}
