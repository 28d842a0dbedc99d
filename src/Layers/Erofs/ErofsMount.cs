using Skiff.Interop;
using Skiff.Interop.Mounts;
using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Layers.Erofs;

/// <summary>Mounts an image whose data is in a second file.</summary>
internal static class ErofsMount
{
    /// <summary>Mounts read-only at <paramref name="point"/>. ENOTBLK is a kernel that takes block devices only (before 6.12).</summary>
    internal static Errno TryMount(string image, string tar, string point) =>
        Mounts.TryMount(image, point, "erofs", MS_RDONLY, "device=" + tar);
}
