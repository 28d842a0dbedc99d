using System.Text;
using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Snapshots;

/// <summary>Opens the layer store that this host can use.</summary>
public static class Snapshotters
{
    private const string Erofs = "erofs", Overlay = "overlay";

    /// <summary>
    /// The EROFS store where the kernel mounts EROFS from plain files on ROOT's filesystem and overlayfs goes on
    /// top (Linux 6.12; not when ROOT is itself on overlayfs, since filesystems stack two deep only), else the
    /// overlay store. The verdict is kept in <c>RUNROOT/snapshotter</c>, so that a host is probed once per boot.
    /// </summary>
    /// <param name="root">The durable state root.</param>
    /// <param name="runRoot">The volatile state root.</param>
    /// <param name="overrideName"><c>erofs</c> or <c>overlay</c> to skip probing; null to probe.</param>
    /// <param name="preloaded">Durable state roots, and archives, whose layers are there too, and are only
    /// read.</param>
    /// <param name="label">SELinux label of layers that are mounted; empty for none.</param>
    /// <exception cref="ArgumentException">Another name.</exception>
    public static ISnapshotter Open(
        string root, string runRoot, string? overrideName = null, IReadOnlyList<string>? preloaded = null,
        string label = "")
    {
        string name = NameFor(root, runRoot, overrideName);
        IReadOnlyList<string> roots = PreloadedArchive.Roots(preloaded ?? [], root, name);
        return name == Erofs ? new ErofsSnapshotter(root, runRoot, roots, label) : new OverlaySnapshotter(root, roots);
    }

    /// <summary>The name of the store that <see cref="Open"/> opens.</summary>
    public static string NameFor(string root, string runRoot, string? overrideName) => overrideName switch
    {
        Erofs or Overlay => overrideName,
        null => Verdict(root, runRoot) ? Erofs : Overlay,
        _ => throw new ArgumentException(
            $"unknown layer store \"{overrideName}\": expected {Erofs} or {Overlay}", nameof(overrideName)),
    };

    private static bool Verdict(string root, string runRoot)
    {
        string path = Path.Combine(runRoot, "snapshotter");
        byte[] yes = Encoding.UTF8.GetBytes($"erofs {root}\n"), no = Encoding.UTF8.GetBytes($"overlay {root}\n");
        Span<byte> found = stackalloc byte[4096];
        if (Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? fd) == Errno.None)
            using (fd)
            {
                found = found[..Files.Read(fd!, found)];
                if (found.SequenceEqual(yes) || found.SequenceEqual(no)) return found.SequenceEqual(yes);
            }
        bool works;
        try
        {
            works = ErofsProbe.Works(root);
        }
        catch (LinuxException e) when (SpaceReserve.IsFull(e.Errno))
        {
            // A full disk has no room for trying, and now of all times images have to be removable: the layers that
            // are there say what worked before.
            return new LayerStore(root, ErofsSnapshotter.Image).Committed().Any();
        }
        Files.MakeDirectories(runRoot);
        AtomicFile.Replace(path, works ? yes : no, durable: false);
        return works;
    }
}
