using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Support;
using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Each limit at its edge: just what it allows is taken, one more is refused.</summary>
internal static class LimitRows
{
    internal static IEnumerable<HostileRow> All =>
    [
        .. Edge("layer-bytes", new() { LayerBytes = 3072 }, t => t.File("f", new string('x', 1500)), "1 files",
            t => t.File("f", new string('x', 1537)), "f", "more than 3072 bytes"),
        Refused("layer-bytes that a header asks for", t => t.File("f", new string('x', 3000)), "f", "size 3000")
            with { Limits = new() { LayerBytes = 3072 } },
        .. Edge("layer-bytes of many files", new() { LayerBytes = 11_264 }, t => Files(t, 20), "20 files",
            t => Files(t, 21), "20", "more than 11264 bytes"),
        .. Edge("layer-entries", new() { Entries = 10 }, t => Files(t, 10), "10 files", t => Files(t, 11), "10",
            "more than 10 entries"),
        .. Edge("layer-entries of one directory", new() { Entries = 10 },
            t => t.Times(10, (tar, i) => tar.Directory("d")), "1 files",
            t => t.Times(11, (tar, i) => tar.Directory("d")), "d", "more than 10 entries"),
        .. Edge("layer-entries of one hard link", new() { Entries = 10 },
            t => t.File("f").Times(9, (tar, i) => tar.HardLink("h", "f")), "2 files",
            t => t.File("f").Times(10, (tar, i) => tar.HardLink("h", "f")), "h", "more than 10 entries"),
        .. Edge("path-depth", new() { PathDepth = 3 }, t => t.File("a/b/c"), "3 files", t => t.File("a/b/c/d"),
            "a/b/c/d", "it has 4 components"),
        .. Edge("path-bytes", new() { PathBytes = 10 }, t => t.File("./1234567890/.//"), "1 files",
            t => t.File("12345678901"), "12345678901", "it has 11 bytes"),
        .. Edge("header-bytes", new() { HeaderBytes = 100 },
            t => t.File("a").Pax("comment=" + new string('c', 87)).File("b"), "2 files",
            t => t.File("a").Pax("comment=" + new string('c', 88)).File("b"), "a", "of 101 bytes"),
        .. Edge("header-bytes of two headers", new() { HeaderBytes = 100 },
            t => t.File("a").Pax("comment=c").Extended('L', new string('n', 60)).File("b"), "2 files",
            t => t.File("a").Pax("comment=c").Extended('L', new string('n', 89)).File("b"), "a", "extended headers of"),
        .. Edge("xattr-bytes", new() { XattrBytes = 200 },
            t => t.File("a").Pax("SCHILY.xattr.user.a=" + new string('v', 130)).File("f"), "2 files",
            t => t.File("a").Pax("SCHILY.xattr.user.a=" + new string('v', 131)).File("f"), "a", "more than 200 bytes"),
        .. Edge("metadata-bytes", new() { MetadataBytes = 20_000 }, t => Files(t, 102), "102 files",
            t => Files(t, 104), "10...", "take too much memory"),
        .. Edge("metadata-bytes of long names", new() { MetadataBytes = 20_000 }, t => Long(t, 50), "50 files",
            t => Long(t, 55), "nnn...", "take too much memory"),
        .. Edge("metadata-bytes of targets", new() { MetadataBytes = 20_000 },
            t => t.Times(4, (tar, i) => tar.Symlink($"{i}", new string('t', 4000))), "4 files",
            t => t.Times(5, (tar, i) => tar.Symlink($"{i}", new string('t', 4000))), "4", "take too much memory"),
        .. Edge("metadata-bytes of attributes", new() { MetadataBytes = 20_000 }, t => Attributes(t, 9), "1 files",
            t => Attributes(t, 12), "d", "take too much memory"),
        .. Edge("metadata-bytes of missing parents", new() { MetadataBytes = 20_000 },
            t => t.File(string.Concat(Enumerable.Repeat("d/", 90)) + "f"), "91 files",
            t => t.File(string.Concat(Enumerable.Repeat("d/", 120)) + "f"), "d/d/d...", "take too much memory"),
        .. Edge("metadata-bytes of a name used again", new() { MetadataBytes = 20_000 },
            t => t.Times(140, (tar, i) => tar.File("f")), "1 files",
            t => t.Times(170, (tar, i) => tar.File("f")), "f", "take too much memory"),
        .. Ratio("gzip", TestImage.Gzip(new byte[1 << 20])),
        .. Ratio("zstd", TestImage.Zstd(new byte[1 << 20])),
        .. Ratio("plain", new byte[1 << 20]),
    ];

    private static IEnumerable<HostileRow> Edge(
        string name, IngestLimits limits, Func<RawTar, RawTar> most, string tree, Func<RawTar, RawTar> more,
        string entry, string rule)
    {
        yield return Taken($"{name}, just as much", most, tree) with { Limits = limits };
        yield return Refused($"{name}, more", more, entry, rule) with { Limits = limits };
    }

    // Zeros, which are taken as what follows the end mark of an empty tar.
    private static IEnumerable<HostileRow> Ratio(string name, byte[] blob)
    {
        int ratio = (1 << 20) / blob.Length;
        var limits = new IngestLimits { LayerRatioBytes = 1000, LayerRatio = ratio + 1 };
        yield return Taken($"layer-ratio of {name}, just as much", () => new HostileBlob(blob, new byte[1 << 20]), "")
            with { Limits = limits };
        yield return Refused($"layer-ratio of {name}, more", () => new HostileBlob(blob, new byte[1 << 20]),
            "the limit layer-bytes is 1048575") with { Limits = limits with { LayerBytes = (1 << 20) - 1 } };
        if (ratio > 1)
            yield return Refused($"layer-ratio of {name}, a higher ratio",
                () => new HostileBlob(blob, new byte[1 << 20]), $"the limit layer-ratio is {ratio - 1}")
                with { Limits = limits with { LayerRatio = ratio - 1 } };
    }

    private static RawTar Files(RawTar tar, int count) => tar.Times(count, (t, i) => t.File($"{i}"));

    private static RawTar Long(RawTar tar, int count) => tar.Times(count, (t, i) => t.File(new string('n', 170) + i));

    private static RawTar Attributes(RawTar tar, int count) => tar.Times(
        count, (t, i) => t.Pax($"SCHILY.xattr.trusted.a={new string('v', 1700)}{i}").Directory("d"));
}
