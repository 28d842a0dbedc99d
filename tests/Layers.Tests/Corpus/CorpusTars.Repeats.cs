namespace Skiff.Layers.Tests.Corpus;

/// <summary>Names that come more than once, and directories that never come.</summary>
internal static partial class CorpusTars
{
    /// <summary>Docker removes a directory with all that is in it; GNU tar has to be asked to.</summary>
    private static string[] Recursive => ["--recursive-unlink"];

    private static IEnumerable<CorpusTar> Repeats =>
    [
        Of("file over file", t => t.Add("f", data: "first and longer", mode: 0x180, uid: 5)
            .Add("f", data: "second", mode: 0x1ED).End()),
        Of("file three times", t => t.Add("f", data: "1").Add("f", data: new string('2', 40000)).Add("f", data: "3")
            .End()),
        Of("file over symlink", t => t.Add("g", data: "kept").Add("f", '2', link: "g").Add("f", data: "file").End()),
        Of("file over dangling symlink", t => t.Add("f", '2', link: "gone").Add("f", data: "file").End()),
        Of("file over empty directory", t => t.Directory("d/").Add("d", data: "file").End()),
        Of("file over full directory", t => t.Add("d/e/f", data: "x").Add("d/g", data: "y").Add("d", data: "file")
            .End()) with { Arguments = Recursive },
        Of("file over fifo and fifo over file", t => t.Add("a", '6').Add("a", data: "file").Add("b", data: "x")
            .Add("b", '6').End()),
        Of("device over file", t => t.Add("a", data: "file").Add("a", '3', device: (1, 3)).End()),
        Of("directory over file", t => t.Add("d", data: "file").Directory("d/").Add("d/f", data: "x").End()),
        Of("directory over symlink to directory", t => t.Directory("t/").Add("t/f", data: "x").Add("d", '2', link: "t")
            .Directory("d/").Add("d/g", data: "y").End()),
        Of("directory over directory takes its attributes", t => t.Directory("d/", 0x1C0, 5).Add("d/f", data: "x")
            .Directory("d/", 0x1F9, 6, 7, 8).Add("d/g").End()),
        Of("symlink over file", t => t.Add("f", data: "x").Add("f", '2', link: "g").End()),
        Of("symlink over empty directory", t => t.Directory("t/").Directory("d/").Add("d", '2', link: "t").End()),
        Of("symlink over full directory", t => t.Directory("t/").Add("d/f", data: "x").Add("d", '2', link: "t")
            .Add("d/g", data: "through").End()) with { Arguments = Recursive },
        Of("hard link over directory", t => t.Add("f", data: "x").Directory("d/").Add("d", '1', link: "f").End()),
        Of("attributes do not stay when a file is replaced", t => t.Pax(Schily + "user.a=1").Add("f", data: "1")
            .Add("f", data: "2").Pax(Schily + "user.a=1").Directory("d").Directory("d").End()),
        Of("missing parents", t => t.Add("a/b/c/f", data: "x").Add("d/e/l", '2', link: "t").Add("g/h/p", '6').End()),
        Of("parents after their children", t => t.Add("a/b/f", data: "x", mtime: 9).Directory("a/b/", 0x1C0, 5, 1, 2)
            .Directory("a/", 0x1F9, 6, 3, 4).Directory("./", 0x1C9, 7, 5, 6).End()),
        Of("root directory in every spelling", t => t.Directory("./", 0x1C0, 5).Directory(".", 0x1C9, 6).Add("./f")
            .End()),
    ];
}
