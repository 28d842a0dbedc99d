using System.Globalization;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// What the layers of a pull take on the disk. Says before a download that they cannot fit: a manifest has their
/// compressed sizes, and layers take more than that, so what passes may still not fit; what doesn't pass never does.
/// </summary>
internal static class PullSpace
{
    // A file takes as many bytes here as it has. Elsewhere (Btrfs, UBIFS, ZFS) the filesystem compresses, and nobody
    // can say what fits.
    private static readonly ulong[] s_plainFilesystems =
    [
        FilesystemTypes.EXT4_SUPER_MAGIC, FilesystemTypes.XFS_SUPER_MAGIC, FilesystemTypes.F2FS_SUPER_MAGIC,
        FilesystemTypes.TMPFS_MAGIC,
    ];

    /// <summary>Throws when the layers cannot fit.</summary>
    /// <param name="root">The state root.</param>
    /// <param name="layers">Those that are not in the store.</param>
    /// <exception cref="ImageException">Says how much is needed and how much is there.</exception>
    public static void Check(string root, IEnumerable<Descriptor> layers)
    {
        if (Files.TryStatFs(root, out FilesystemStatus disk) != Errno.None
            || Array.IndexOf(s_plainFilesystems, disk.Type) < 0) return;
        // Anything can stand in a manifest, also sizes whose sum no integer holds.
        double needed = layers.Sum(static layer => (double)layer.Size);
        // What cannot be compressed grows a little by being compressed nevertheless.
        needed -= needed / 256;
        // Root may take what the filesystem keeps from others.
        if (needed <= disk.FreeBytes) return;
        // A part of it may have come already, in a pull that was cut short.
        if (needed <= disk.FreeBytes + (double)TreeSize.Of(Path.Join(root, "ingest"))) return;
        throw new ImageException(
            $"its layers take at least {Show(needed)}, and the disk of {root} has {Show(disk.FreeBytes)} "
            + "left: free some space, for example with `skiff system prune`, and try again");
    }

    /// <summary>
    /// About how many bytes the layers will take: the manifest says how many they have, compressed or not, and what is
    /// compressed is most often a third.
    /// </summary>
    public static long Estimate(IEnumerable<Descriptor> layers) => (long)Math.Min(long.MaxValue / 2,
        layers.Sum(static layer => (double)layer.Size * (IsCompressed(layer.MediaType) ? 3 : 1)));

    private static bool IsCompressed(string mediaType) =>
        mediaType.EndsWith("gzip", StringComparison.Ordinal) || mediaType.EndsWith("zstd", StringComparison.Ordinal);

    private static string Show(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");
}
