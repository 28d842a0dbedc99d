using Skiff.Layers.Tests.Hostile;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>Files with holes.</summary>
internal static partial class CorpusTars
{
    private const int K = 1024;
    private const long TiB = 1L << 40;

    private const string HolesScript =
        """
        import os
        def holes(name, size, *data):
            with open(name, 'wb') as f:
                for at, text in data: os.pwrite(f.fileno(), text, at)
                os.truncate(name, size)
        holes('start', 100000, (90112, b's' * 9888))
        holes('end', 1000000, (0, b'e' * 5000))
        holes('all', 300000)
        holes('many', 8 << 20, *((i << 16, bytes([i % 255 + 1]) * 100) for i in range(128)))
        holes('huge', 1 << 34, (0, b'first'), (1 << 33, b'middle'), ((1 << 34) - 3, b'end'))
        holes('none', 9000, (0, b'n' * 9000))
        os.link('many', 'link')
        """;

    private static IEnumerable<CorpusTar> Sparse =>
    [
        .. SparseTar.Formats.SelectMany(format => SparseCases(format.Name, format.Write)),
        Of("sparse, old GNU, long name", t => SparseTar.Old(Gnu(t).Long('L', Long(300)), "s", 9000, (8192, 808)).End()),
        Of("sparse, pax 1.0, everything else said by pax too", t => SparseTar.Pax10(t.Global("uid=7"), Long(300), TiB,
            (1 << 30, 4096)).End()),
        Of("sparse file loses its name", t => SparseTar.Pax10(SparseTar.Old(t, "f", 70000, (4096, 4096), (65536, 10))
            .Add("h", '1', link: "f"), "f", 70000, (8192, 512)).Add("f", data: "dense").End()),
        Of("sparse file that nothing shows any more", t => SparseTar.Pax10(t, "f", 1 << 20, (8192, 512))
            .Add("f", data: "dense").End()),
        Of("sparse between dense", t => SparseTar.Old(t.Add("a", data: Text(5000)), "b", 99999, (512, 512), (99328,
            671))
            .Add("c", data: Text(700)).End()),
        Of("sparse, 10 GiB with 300 pieces", t => SparseTar.Old(t, "f", 10L << 30, [.. Enumerable.Range(1, 300)
            .Select(i => (i * ((10L << 30) / 301) & ~511, 512))]).End()),
        Of("sparse, 1 TiB", t => SparseTar.Pax00(t, "f", TiB, (0, 4096), (TiB / 3 & ~4095, 8192),
            (TiB - 100 & ~511, 412)).End()),
        Of("sparse, 1 TiB with pieces that are no blocks", t => SparseTar.Pax10(t, "f", TiB, (5, 10),
            (TiB / 2 + 1, 4000), (TiB - 1, 1)).End()) with { Oracle = CorpusOracle.Bsdtar },
        // GNU tar ends the file with its last data.
        Of("sparse, pax 0.1, nothing marks the end", t => SparseTar.Pax01Open(t, "f", 9000, (512, 512)).End())
            with { Oracle = CorpusOracle.Umoci },
        .. ((string[])["-H gnu", "-H oldgnu", "-H posix --sparse-version=0.0", "-H posix --sparse-version=0.1",
            "-H posix --sparse-version=1.0"]).Select(format => Holes($"GNU tar, sparse, {format}",
                $"tar -cSf $TAR {format} .")),
        Holes("GNU tar, sparse, holes found by their zeros",
            "tar -cSf $TAR --hole-detection=raw start end all many none"),
        Holes("bsdtar pax, sparse", "bsdtar -cf $TAR --format pax --exclude ./huge ."),
    ];

    private static IEnumerable<CorpusTar> SparseCases(string format, SparseTar.Writer write)
    {
        CorpusTar Case(string name, long size, params (long, int)[] data) =>
            Of($"sparse, {format}, {name}", t => write(t, "dir/f", size, data).Add("next", data: "n").End());

        return
        [
            Case("hole in the middle", 20000, (0, 4096), (16384, 3616)),
            Case("hole at the start", 10000, (8192, 1808)),
            Case("hole at the end", 10000, (0, 4096)),
            Case("hole at the end behind part of a block", 10000, (4096, 700)),
            Case("only a hole", 1 << 20),
            Case("no hole", 5000, (0, 5000)),
            Case("of no bytes", 0),
            Case("of one byte", 1, (0, 1)),
            Case("data that touches", 9000, (0, 4096), (4096, 512), (4608, 4392)),
            Case("pieces of one block", 64 * K, [.. Enumerable.Range(0, 64).Select(i => (i * 1024L, 512))]),
            Case("500 pieces", 2048 * K, [.. Enumerable.Range(0, 500)
                .Select(i => (i * 4096L, i % 3 == 0 ? 4096 : 512))]),
            Case("9 GiB", 9L << 30, ((9L << 30) - 512, 512)),
            // GNU tar itself puts every piece at a whole block of the tar, without saying so in the map.
            Case("pieces that are no blocks", 9000, (5, 10), (700, 1), (4097,
                4000)) with { Oracle = CorpusOracle.Bsdtar },
            Case("pieces of odd lengths at blocks", 50000, (0, 100), (4096, 4000), (45056, 77))
                with { Oracle = CorpusOracle.Bsdtar },
        ];
    }

    /// <summary>Files with holes as a program packs them.</summary>
    private static CorpusTar Holes(string name, string command) => new(name, sandbox =>
    {
        string tree = Directory.CreateDirectory(sandbox.NewPath("tree")).FullName, tar = sandbox.NewPath("made.tar");
        Shell.Run("env", "-C", tree, "python3", "-c", HolesScript);
        Shell.Run("env", "-C", tree, $"TAR={tar}", "bash", "-euc", command);
        return [tar];
    });
}
