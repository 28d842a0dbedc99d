using System.Text;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Layers.Erofs;

/// <summary>Mounts an image whose data is in a second file.</summary>
internal static class ErofsMount
{
    private const int LongestValue = 255; // fsconfig(2) takes no longer strings.

    /// <summary>
    /// Mounts a directory's image, with its tar as extra device, read-only at <paramref name="point"/>. ENOTBLK is a
    /// kernel that takes block devices only (before Linux 6.12), ENODEV one without EROFS.
    /// </summary>
    /// <param name="directory">Has both.</param>
    /// <param name="image">The image's name.</param>
    /// <param name="tar">The tar's name.</param>
    /// <param name="point">Where to.</param>
    /// <param name="label">SELinux label of every file; empty: what the policy has for them.</param>
    internal static void Attach(string directory, string image, string tar, string point, string label = "")
    {
        bool fits = Encoding.UTF8.GetByteCount(directory) + 1 + Math.Max(image.Length, tar.Length) <= LongestValue;
        using Fd? reference = fits ? null : Files.Open(directory, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        string prefix = reference is null ? directory : $"/proc/self/fd/{reference.Number}";
        string[] context = label.Length > 0 ? [$"context={label}"] : [];
        using Fd mount = Mounts.CreateFilesystem("erofs",
            [$"source={prefix}/{image}", $"device={prefix}/{tar}", "ro", .. context], MOUNT_ATTR_RDONLY);
        Mounts.Attach(mount, point);
    }
}
