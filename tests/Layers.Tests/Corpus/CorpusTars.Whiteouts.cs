using Skiff.Layers.Tests.Hostile;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>Layers that take things away from the layer below; umoci says what is left.</summary>
internal static partial class CorpusTars
{
    private const string Opaque = ".wh..wh..opq";

    private static IEnumerable<CorpusTar> Whiteouts =>
    [
        Over("whiteout of a file", t => t.Add(".wh.f", mtime: 5)),
        Over("whiteout in a directory", t => t.Directory("d/", 0x1C0, 5).Add("d/.wh.a")),
        Over("whiteout in a directory that has no entry", t => t.Add("d/.wh.a")),
        Over("whiteout of a directory", t => t.Add(".wh.d")),
        Over("whiteout of a symlink and of a fifo", t => t.Add(".wh.l").Add(".wh.p")),
        Over("whiteout of what is not there", t => t.Add(".wh.never").Add("d/.wh.never")),
        Over("whiteout before the file that takes its place", t => t.Add(".wh.f").Add("f", data: "new")),
        Over("whiteout after the file that takes its place", t => t.Add("f", data: "new").Add(".wh.f")),
        Over("whiteout before the directory that takes its place", t => t.Add(".wh.d").Directory("d/").Add("d/new")),
        Over("whiteout after the directory that takes its place", t => t.Directory("d/").Add("d/new").Add(".wh.d"))
            with { AnyTime = ["d"] },
        Over("whiteout of a directory before a file of that name", t => t.Add(".wh.d").Add("d", data: "file")),
        Over("whiteout of a file before a directory of that name", t => t.Add(".wh.f").Directory("f/").Add("f/in")),
        Over("whiteouts of everything", t => t.Add(".wh.f").Add(".wh.d").Add(".wh.l").Add(".wh.p").Add(".wh.o")),
        Over("whiteout twice", t => t.Add(".wh.f").Add(".wh.f")),
        Over("whiteout with content", t => t.Add(".wh.f", data: "who writes this?").Add("g", data: "x")),
        Over("file over directory without a whiteout", t => t.Add("d", data: "file")),
        Over("directory over file without a whiteout", t => t.Directory("f/").Add("f/in", data: "x")),
        Over("symlink over directory without a whiteout", t => t.Add("d", '2', link: "o")),
        Over("opaque before its siblings", t => t.Directory("o/").Add($"o/{Opaque}").Add("o/new").Directory("o/sub/")),
        Over("opaque after its siblings", t => t.Directory("o/").Add("o/new").Directory("o/sub/").Add($"o/{Opaque}"))
            with { AnyTime = ["o/sub"] },
        Over("opaque between its siblings", t => t.Directory("o/").Add("o/new").Add($"o/{Opaque}").Add("o/z")),
        Over("opaque with whiteouts beside it", t => t.Directory("o/").Add("o/.wh.a").Add($"o/{Opaque}").Add("o/b")),
        Over("opaque in a directory that has no entry", t => t.Add($"o/{Opaque}").Add("o/new")),
        Over("opaque and nothing else", t => t.Directory("o/").Add($"o/{Opaque}")),
        Over("opaque directory whose attributes come last", t => t.Add($"o/{Opaque}").Add("o/new")
            .Directory("o/", 0x1C0, 5, 6, 7)),
        Over("opaque in a directory below an opaque one", t => t.Directory("o/").Add($"o/{Opaque}").Directory("o/sub/")
            .Add($"o/sub/{Opaque}").Add("o/sub/new")),
        Over("opaque directory that is only in this layer", t => t.Directory("n/").Add($"n/{Opaque}").Add("n/f")),
        Over("opaque root", t => t.Add(Opaque).Add("only", data: "this")),
        Over("hard links beside whiteouts", t => t.Add("g", data: "x").Add(".wh.f").Add("d/h", '1', link: "g")
            .Add("d/.wh.a")),
        Over("attributes of a directory of the layer below", t => t.Directory("d/", 0x1F9, 77, 8, 9)),
        Over("three layers", t => t.Add(".wh.f").Directory("o/").Add($"o/{Opaque}").Add("o/two"),
            t => t.Add("f", data: "again").Add("o/three").Add("o/.wh.two").Directory("d/").Add("d/.wh.a")),
    ];

    /// <summary>Layers on top of a base that has something of everything.</summary>
    private static CorpusTar Over(string name, params Func<RawTar, RawTar>[] layers) => new(name, sandbox =>
    {
        var paths = new List<string>();
        foreach (var build in (Func<RawTar, RawTar>[])[Base, .. layers])
        {
            paths.Add(sandbox.NewPath("layer.tar"));
            File.WriteAllBytes(paths[^1], build(new RawTar()).ToArray());
        }
        return [.. paths];
    }) { Oracle = CorpusOracle.Umoci };

    private static RawTar Base(RawTar tar) => tar
        .Directory("./", 0x1ED, 1).Add("f", data: "below").Add("keep", data: "kept")
        .Directory("d/", 0x1ED, 2).Add("d/a", data: "a").Add("d/b", data: "b").Directory("d/sub/", 0x1C0, 3)
        .Add("d/sub/x")
        .Directory("o/", 0x1ED, 4).Add("o/a").Add("o/b").Directory("o/sub/", 0x1ED, 5).Add("o/sub/y", data: "y")
        .Add("l", '2', link: "f").Add("p", '6');
}
