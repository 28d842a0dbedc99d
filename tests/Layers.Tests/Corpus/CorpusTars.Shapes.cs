using Skiff.Layers.Tests.Hostile;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>Files and directories at the edges of blocks; the ends of tars.</summary>
internal static partial class CorpusTars
{
    private static IEnumerable<CorpusTar> Shapes =>
    [
        Of("file sizes at every edge", t =>
        {
            int[] sizes = [0, 1, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 32767, 32768, 32769, 65536,
                1 << 20];
            foreach (int size in sizes) t.Add($"s{size}", data: Text(size));
            return t.End();
        }),
        Of("large file between small ones", t => t.Add("a", data: "1").Add("b", data: Text(9_000_001))
            .Add("c", data: "2").End()),
        .. Enumerable.Range(0, 6).Select(i => Of($"directory that fills a block but for {3 - i} bytes", t =>
        {
            // Records of "." and ".." and of 20 names: 22 * 12 + 3 bytes, the names have the rest of 512.
            for (int n = 0; n < 19; n++) t.Add($"d/{n:d2}" + new string('x', 10));
            return t.Add("d/" + new string('y', 512 - 267 - 19 * 12 - 3 + i)).End();
        })),
        Of("directory of 5000 names", t =>
        {
            for (int i = 0; i < 5000; i++) t.Add($"d/{i * 7919 % 5000}", data: i % 5 == 0 ? "x" : "");
            return t.End();
        }),
        Of("directory of long names", t =>
        {
            for (int i = 0; i < 60; i++)
                t.Pax($"path=d/{i:d3}" + new string('n', 252 - i % 9)).Add("s", data: "x");
            return t.End();
        }),
        Of("directories in directories", t =>
        {
            string path = "";
            for (int i = 0; i < 50; i++) t.Directory(path += $"{i % 10}/", 0x1ED, 1_600_000_000 + i);
            for (int i = 0; i < 300; i++) t.Directory($"wide/{i}/", 0x1C0);
            return t.End();
        }),
        Of("two times in one layer", t =>
        {
            for (int i = 0; i < 64; i++) t.Add($"f{i}", mtime: i % 3 == 0 ? 1 : 1_700_000_000, data: "x");
            return t.End();
        }),
    ];

    private static IEnumerable<CorpusTar> Endings =>
    [
        Of("no bytes at all", t => t) with { Oracle = CorpusOracle.Bsdtar },
        Of("end mark only", t => t.End()),
        Of("half an end mark only", t => t.Zeros(1)),
        Of("zero blocks only", t => t.Zeros(20)),
        Of("half an end mark", t => t.Add("f", data: "x").Zeros(1)),
        Of("no end mark", t => t.Add("f", data: "x")),
        Unpadded("no padding and no end mark", 513, t => t.Add("f", data: "x")),
        Unpadded("no padding after a large file", 1536 + 3_000_001,
            t => t.Add("a", data: "x").Add("f", data: Text(3_000_001))),
        Unpadded("no padding after a file of almost one block", 1023, t => t.Add("f", data: Text(511))),
        Unpadded("no padding after a sparse file", 512 + 512 + 512 + 512 + 4103,
            t => SparseTar.Pax10(t, "f", 1 << 20, (0, 4096), ((1 << 20) - 7, 7))),
        Unpadded("no padding after a file that is replaced", 512 + 5120 + 512 + 700,
            t => t.Add("f", data: Text(5000)).Add("f", data: Text(700))),
        Of("no end mark after a directory", t => t.Directory("d")),
        Of("record of GNU tar", t => t.Add("f", data: "x").Zeros(18)),
        Of("trailing garbage", t => t.Add("f", data: "x").End().Raw("no header, and no whole block")),
        Of("trailing entries", t => t.Add("f", data: "x").End().Add("g", data: "never").Add("f", data: "nor this")
            .End()),
        Of("two tars, one after the other", t => t.Add("a").End().Add("b").End()),
    ];

    /// <summary>
    /// A tar of so many bytes. GNU tar gives up on one that does not end with a whole block; Go's archive/tar, and so
    /// Docker and umoci, take it.
    /// </summary>
    private static CorpusTar Unpadded(string name, int length, Func<RawTar, RawTar> build) =>
        Of(name, t => Cut(build(t), length)) with { Oracle = CorpusOracle.Umoci };

    private static RawTar Cut(RawTar tar, int length)
    {
        byte[] bytes = tar.Unfinished()[..length];
        return new RawTar().Raw(string.Create(length, bytes, static (span, bytes) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = (char)bytes[i];
        }));
    }

    private static string Text(int size) =>
        string.Create(size, size, static (span, seed) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = (char)('a' + (i / 7 + seed) % 26);
        });
}
