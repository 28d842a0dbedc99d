using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tests.Hostile;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// Tars whose entries get in each other's way: names that repeat, parents that are symlinks, whiteouts, links. Oracle:
/// each of the two stores for the other, the bytes that went in, and bait beside the stores that stays untouched.
/// </summary>
internal sealed partial class StoresTarget : FuzzTarget
{
    private static readonly string[] s_names =
        ["a", "b", "c", "d", "a", "b", ".wh.a", ".wh.b", ".wh..wh..opq", "..", ".", "outside"];

    private readonly Sandbox _erofsBox = new(), _overlayBox = new();
    private readonly ISnapshotter _erofs, _overlay;
    private readonly Outside _besideErofs, _besideOverlay;
    private readonly Int128 _firstTime, _lastTime;

    internal StoresTarget()
    {
        _erofs = Snapshotters.Open(_erofsBox.Root, _erofsBox.RunRoot, "erofs");
        _overlay = Snapshotters.Open(_overlayBox.Root, _overlayBox.RunRoot, "overlay");
        _firstTime = Nearest(new DateTime(1800, 1, 1), _overlayBox.Base);
        _lastTime = Nearest(new DateTime(9999, 1, 1), _overlayBox.Base);
        (_besideErofs, _besideOverlay) = (new Outside(_erofsBox.Base), new Outside(_overlayBox.Base));
    }

    internal override string Name => "stores";

    public override void Dispose()
    {
        _erofsBox.Dispose();
        _overlayBox.Dispose();
    }

    internal override byte[] Make(Random random)
    {
        var tar = new RawTar();
        for (int count = random.Next(1, 30); count > 0; count--) Add(tar, random);
        return tar.ToArray();
    }

    internal override byte[] Mutate(byte[] input, Random random) =>
        random.Next(3) == 0 ? RandomTar.Mutate(input, random) : input;

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        Digest diffId = Digest.FromBytes(SHA256.HashData(input));
        int step = random.Next(1, 5000);
        Exception? one = Ingest(_erofs, diffId, input, step), other = Ingest(_overlay, diffId, input, step);
        _besideErofs.AssertUntouched();
        _besideOverlay.AssertUntouched();
        // The overlay store's filesystem may refuse more, and has padding of its own.
        if (one is null && other is LinuxException { Errno: Errno.EINVAL or Errno.ENOSPC or Errno.EMLINK }) { }
        else if (one is ImageException && one.Message.Contains("without padding")) { }
        else Assert.Equal(one?.Message, other?.Message);
        if (one is null && other is null)
            Assert.Equal(Clamped(Oracle.Scan(_erofs.LowerDirectories([diffId])[0])),
                Oracle.Scan(_overlay.LowerDirectories([diffId])[0]));
        CheckAndRemove(_erofs, diffId, one);
        CheckAndRemove(_overlay, diffId, other);
    }

    // The filesystem below the overlay store has a first and a last time; EROFS has room for all.
    private string Clamped(string scan) =>
        FarTime().Replace(scan, time => $"{Int128.Clamp(Int128.Parse(time.Value), _firstTime, _lastTime)}");

    private static Int128 Nearest(DateTime time, string directory)
    {
        Directory.SetLastWriteTimeUtc(directory, time);
        return (Int128)(Directory.GetLastWriteTimeUtc(directory) - DateTime.UnixEpoch).Ticks * 100;
    }

    // In nanoseconds; nothing else of a file is as long.
    [GeneratedRegex(@"(?<= )-?\d{18,}(?= )")]
    private static partial Regex FarTime();

    private static Exception? Ingest(ISnapshotter store, Digest diffId, byte[] tar, int step)
    {
        try
        {
            Sandbox.Ingest(store, diffId, tar, step);
            return null;
        }
        catch (ImageException e)
        {
            Refusals.AssertReadable(e);
            return e;
        }
        catch (LinuxException e)
        {
            return e;
        }
    }

    private static void CheckAndRemove(ISnapshotter store, Digest diffId, Exception? refusal)
    {
        Assert.Equal(refusal is null, store.Contains(diffId));
        if (refusal is not null) return;
        using (Stream rebuilt = store.OpenTar(diffId))
            Assert.Equal(diffId, Digest.FromBytes(SHA256.HashData(rebuilt)));
        Assert.Null(store.Check(diffId, static _ => { }, CancellationToken.None));
        store.Remove([diffId]);
    }

    private static void Add(RawTar tar, Random random)
    {
        string name = Path(random);
        switch (random.Next(12))
        {
            case 0 or 1:
                tar.Directory(name);
                break;
            case 2 or 3:
                tar.Symlink(name, Target(random));
                break;
            case 4 or 5:
                tar.HardLink(name, Path(random));
                break;
            case 6:
                tar.Add(name, "346"[random.Next(3)], edit: random.Next(2) == 0 ? null : SymlinkRows.Null);
                break;
            case 7:
                tar.Pax("SCHILY.xattr.trusted.overlay.opaque=y", $"SCHILY.xattr.trusted.x={random.Next(9)}",
                    $"uid={random.Next(9)}", $"mtime={random.Next()}.{random.Next(1000):d3}").Directory(name);
                break;
            default:
                int length = random.Next(4) == 0 ? 40_000 : random.Next(700);
                tar.File(name, new string((char)random.Next('a', 'z'), length));
                break;
        }
    }

    private static string Path(Random random)
    {
        int depth = random.Next(1, 4);
        return string.Join('/', Enumerable.Range(0, depth).Select(_ => s_names[random.Next(s_names.Length)]));
    }

    private static string Target(Random random) => random.Next(5) switch
    {
        0 => "/" + Path(random),
        1 => "../" + Path(random),
        2 => Outside.FromLayer,
        _ => Path(random),
    };
}
