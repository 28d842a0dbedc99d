using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>
/// Every tar of the corpus through both stores: the tree is what independent programs make of it, the kernel and
/// fsck.erofs accept the image, and the tar comes back byte for byte.
/// </summary>
public sealed partial class CorpusTests(CorpusTotals totals) : IClassFixture<CorpusTotals>, IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    public static TheoryData<string> Names => [.. CorpusTars.All.Select(tar => tar.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_stores_have_what_independent_programs_extract(string name)
    {
        CorpusTar corpusTar = CorpusTars.All.Single(tar => tar.Name == name);
        string[] tars = corpusTar.Make(_sandbox);
        string expected = Expected(corpusTar, tars);
        string[] erofs = Lower("erofs", tars), overlay = Lower("overlay", tars);
        string[] merged = tars.Length == 1 ? [erofs[0], overlay[0]] : [Merged(erofs), Merged(overlay)];
        string[] scans = Oracle.ScanAll([expected, .. merged, .. erofs, .. overlay, .. Archived(tars), .. tars]);
        HashSet<string> implied = [.. scans[^tars.Length..].SelectMany(paths => paths.Split('\n'))];
        implied.UnionWith(corpusTar.AnyTime.Select(path => $"b'{path}'"));
        Assert.Equal(WithoutTimes(scans[0], implied), WithoutTimes(scans[1], implied));
        Assert.Equal(WithoutTimes(scans[0], implied), WithoutTimes(scans[2], implied));
        for (int i = 0; i < erofs.Length; i++)
        {
            Assert.Equal(scans[3 + i], scans[3 + erofs.Length + i]);
            Assert.Equal(scans[3 + i], scans[3 + 2 * erofs.Length + i]);
        }
        foreach (string store in (string[])["erofs", "archived"])
            foreach (string layer in Directory.GetDirectories(Path.Combine(_sandbox.Base, store, "layers")))
                ErofsTools.Check(Path.Combine(layer, "layer.erofs"), Path.Combine(layer, "layer.tar"));
        AssertNoHoleTakesBlocks(tars, scans[0].Count(c => c == '\n'));
        totals.Add(tars.Length, scans[0].Count(c => c == '\n'));
    }

    /// <summary>
    /// Of tars that mkfs.erofs reads as they are meant: it knows no sparse files, gives a root without an entry mode
    /// 777, and takes the .5 of a pax time for 5 ns.
    /// </summary>
    [Theory]
    [InlineData("GNU tar gnu")]
    [InlineData("GNU tar with attributes")]
    [InlineData("bsdtar pax")]
    [InlineData("GNU tar ustar")]
    [InlineData("package libc6")]
    [InlineData("package perl-base")]
    public void Index_of_mkfs_shows_the_same_files(string name)
    {
        string[] tars = CorpusTars.All.Single(tar => tar.Name == name).Make(_sandbox);
        string theirs = ErofsTools.Mount(_sandbox, Assert.Single(tars));
        string[] scans = Oracle.ScanAll([theirs, .. Lower("erofs", tars), .. tars]);
        HashSet<string> implied = [.. scans[2].Split('\n')];
        Assert.Equal(WithoutTimes(scans[0], implied), WithoutTimes(scans[1], implied));
    }

    [Fact]
    public void Corpus_is_large_enough_and_its_names_are_unique()
    {
        Assert.InRange(CorpusTars.All.Count, 150, int.MaxValue);
        Assert.Equal(CorpusTars.All.Count, CorpusTars.All.DistinctBy(tar => tar.Name).Count());
    }

    /// <summary>
    /// Neither store takes much more of the disk than the tars, a block or two for each file, and a page for a block of
    /// data between holes.
    /// </summary>
    private void AssertNoHoleTakesBlocks(string[] tars, int entries)
    {
        long most = tars.Sum(tar => new FileInfo(tar).Length) * 10 + 8192 * entries + (1 << 20);
        string taken = Shell.Run("du", "-s", "-B1", Path.Combine(_sandbox.Base, "erofs"),
            Path.Combine(_sandbox.Base, "overlay"));
        foreach (string store in taken.TrimEnd().Split('\n')) Assert.InRange(long.Parse(store.Split('\t')[0]), 0, most);
    }

    /// <summary>Ingests the tars into a store of their own; each comes back as it was (see Sandbox).</summary>
    private string[] Lower(string store, string[] tars)
    {
        ISnapshotter snapshotter = Snapshotters.Open(
            Path.Combine(_sandbox.Base, store), Path.Combine(_sandbox.RunRoot, store), store);
        // Pieces of an odd size, so that headers and data are cut.
        Digest[] layers = [.. tars.Select(tar => Sandbox.Ingest(snapshotter, tar, step: 40_009))];
        return [.. snapshotter.LowerDirectories(layers)];
    }

    /// <summary>The tars behind each other in one file, where the store leaves them.</summary>
    private string[] Archived(string[] tars)
    {
        var store = new ErofsSnapshotter(
            Path.Combine(_sandbox.Base, "archived"), Path.Combine(_sandbox.RunRoot, "archived"));
        string file = _sandbox.NewPath("archive");
        List<Digest> layers = [];
        foreach (string tar in tars)
        {
            byte[] bytes = File.ReadAllBytes(tar);
            long start = (File.Exists(file) ? new FileInfo(file).Length : 0) + 512;
            File.AppendAllBytes(file, [.. new byte[512], .. bytes, .. new byte[-bytes.Length & 511]]);
            using ILayerIngest ingest = store.Refer(file, start, IngestLimits.Default);
            ingest.Append(bytes);
            layers.Add(Digest.FromBytes(SHA256.HashData(bytes)));
            ingest.Commit(layers[^1]);
            Assert.Null(store.Check(layers[^1], static _ => { }, CancellationToken.None));
        }
        return [.. store.LowerDirectories(layers)];
    }

    /// <summary>What a container sees; overlayfs wants two directories when none is an upper one.</summary>
    private string Merged(string[] lower) => _sandbox.MountOverlay(
        [Directory.CreateDirectory(_sandbox.NewPath("empty")).FullName, .. lower], readOnly: true);

    private string Expected(CorpusTar corpusTar, string[] tars) => corpusTar.Oracle switch
    {
        CorpusOracle.GnuTar => Oracle.Extract(_sandbox, Assert.Single(tars), corpusTar.Arguments),
        CorpusOracle.Bsdtar => Oracle.ExtractWithBsdtar(_sandbox, Assert.Single(tars)),
        _ => Oracle.Unpack(_sandbox, tars),
    };

    /// <summary>Takes out the times of directories that no entry describes: they differ by who made them.</summary>
    private static string WithoutTimes(string scan, HashSet<string> paths) => Line().Replace(scan, line =>
        paths.Contains(line.Groups["path"].Value)
            ? line.Value.Replace($"mtime={line.Groups["mtime"].Value}", "mtime=any") : line.Value);

    [GeneratedRegex("^(?<path>b['\"].*['\"]) mode=4[0-7]+ [0-9]+ [0-9]+ mtime=(?<mtime>-?[0-9]+).*$",
        RegexOptions.Multiline)]
    private static partial Regex Line();
}
