using Skiff.Layers.Tests.Corpus;
using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Sparse files whose lists of data lie.</summary>
internal static class SparseRows
{
    private const string Version = "GNU.sparse.major=1", Name = "GNU.sparse.name=f", Size = "GNU.sparse.realsize=9000";

    internal static IEnumerable<HostileRow> All =>
    [
        Refused("sparse file without a size", t => t.Pax(Version, Name).Add("x", '0', Block("0\n")),
            "f", "nothing says how long it is"),
        Refused("sparse file without a list", t => t.Pax(Version, Name, Size).Add("x"),
            "f", "its list of data is longer than what the tar has"),
        Refused("sparse list that is no number", t => t.Pax(Version, Name, Size).Add("x", '0', Block("one\n")),
            "f", "holds what is no number"),
        Refused("sparse list with a number beyond 2^63",
            t => t.Pax(Version, Name, Size).Add("x", '0', Block("1\n99999999999999999999\n1\n")),
            "f", "holds what is no number"),
        Refused("sparse list of 2^40 pieces",
            t => t.Pax(Version, Name, Size).Add("x", '0', Block("1099511627776\n")), "f", "pieces of data"),
        Refused("sparse list longer than the data", t => t.Pax(Version, Name, Size).Add("x", '0', Block("100\n")),
            "f", "holds what is no number"),
        Refused("sparse list beyond its limit", t => t.Pax(Version, Name, Size)
            .Add("x", '0', "900000\n" + new string('1', 2 << 20).Replace("1", "0\n")), "f", "the limit header-bytes"),
        Refused("sparse data that overlaps", t => SparseTar.Pax01(t, "f", 9000, (0, 512), (511, 10)),
            "f", "comes after data up to 512"),
        Refused("sparse data in disorder", t => SparseTar.Old(t, "f", 9000, (4096, 512), (0, 512)),
            "f", "comes after data up to 4608"),
        Refused("sparse data beyond the end", t => SparseTar.Pax10(t, "f", 9000, (8192, 1000)), "f", "9000 bytes long"),
        Refused("sparse data beyond 2^63", t => t.Pax("GNU.sparse.size=9000",
            "GNU.sparse.map=9223372036854775807,9223372036854775807").Add("f"), "f", "its data at"),
        Refused("more sparse data than the tar has", t => t.Pax("GNU.sparse.size=9000", "GNU.sparse.map=0,600")
            .Add("f", '0', "x"), "f", "it has 600 bytes of data, the tar has 1"),
        Refused("less sparse data than the tar has", t => t.Pax("GNU.sparse.size=9000", "GNU.sparse.map=0,1")
            .Add("f", '0', "xyz"), "f", "it has 1 bytes of data, the tar has 3"),
        Refused("sparse offset without a length", t => t.Pax("GNU.sparse.size=9000", "GNU.sparse.map=0").Add("f"),
            "f", "ends with an offset"),
        Refused("sparse lengths without offsets", t => t.File("a")
            .Pax("GNU.sparse.size=9000", "GNU.sparse.numbytes=1").Add("f"), "a", "do not alternate"),
        Refused("sparse directory", t => t.Pax("GNU.sparse.size=9000", "GNU.sparse.map=0,0").Directory("d"),
            "d", "it is no regular file"),
        Refused("sparse format of the future", t => t.File("a").Pax("GNU.sparse.major=2").Add("f"),
            "a", "expected a number up to 1"),
        Refused("sparse file with a negative size", t => t.Add("f", 'S', edit: b => RawTar.Number(b, 483, 12, -1)),
            "f", "-1 bytes long"),
        Refused("old sparse list that does not end", t => t.Add("f", 'S', edit: b => b[482] = 1)
            .Raw(string.Concat(Enumerable.Repeat(new string('\0', 504) + "\u0001" + new string('\0', 7), 4096))),
            "f", "the limit header-bytes"),
        Refused("sparse file of an EiB", () => Tar(t => SparseTar.Pax10(t, "f", 1L << 60, (1 << 20, 512))), "at most")
            with { Overlay = s_tooLarge },
        Refused("hundred sparse files, a PiB each", () => Tar(t => t.Times(100, (tar, i) =>
            SparseTar.Old(tar, $"f{i}", 1L << 50, ((1L << 49) + 1, 1)))), "sparse files take", "at most")
            with { Overlay = s_tooLarge },
        Taken("sparse whiteout", t => SparseTar.Old(t, ".wh.f", 9000, (512, 512)), "c f"),
        Taken("sparse name that is absolute",
            t => SparseTar.Pax10(t, "/etc/passwd", 9000, (512, 512)), "d etc, - etc/passwd"),
        Refused("sparse name that leaves the layer", t => SparseTar.Pax10(t, "../f", 9000, (512, 512)),
            "../f", "leaves the layer"),
        Taken("thousand sparse files, a TiB each", t => t.Times(1000, (tar, i) =>
            SparseTar.Old(tar, $"f{i}", 1L << 40, ((1L << 39) + 1, 1))), "1000 files"),
    ];

    /// <summary>No file of ext4 has more than 16 TiB.</summary>
    private static readonly HostileRow s_tooLarge = new("", static () => Tar(static t => t)) { Says = ["EFBIG"] };

    private static HostileBlob Tar(Func<RawTar, RawTar> make) => new(make(new RawTar()).ToArray());

    private static string Block(string text) => text.PadRight(512, '\0');
}
