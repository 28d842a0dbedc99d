using System.Security.Cryptography;
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
internal sealed class StoresTarget : FuzzTarget
{
    private static readonly string[] s_names =
        ["a", "b", "c", "d", "a", "b", ".wh.a", ".wh.b", ".wh..wh..opq", "..", ".", "outside"];

    private readonly Sandbox _erofsBox = new(), _overlayBox = new();
    private readonly ISnapshotter _erofs, _overlay;
    private readonly Outside _besideErofs, _besideOverlay;

    internal StoresTarget()
    {
        _erofs = Snapshotters.Open(_erofsBox.Root, _erofsBox.RunRoot, "erofs");
        _overlay = Snapshotters.Open(_overlayBox.Root, _overlayBox.RunRoot, "overlay");
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
            Assert.Equal(Oracle.Scan(_erofs.LowerDirectories([diffId])[0]),
                Oracle.Scan(_overlay.LowerDirectories([diffId])[0]));
        CheckAndRemove(_erofs, diffId, one);
        CheckAndRemove(_overlay, diffId, other);
    }

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
        store.Remove(diffId);
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
