using Skiff.Interop;

namespace Skiff.Layers.Erofs;

/// <summary>Mounts an image whose data is in a second file.</summary>
internal static class ErofsMount
{
    /// <summary>Mounts read-only at <paramref name="point"/>. ENOTBLK is a kernel that takes block devices only (before 6.12).</summary>
    internal static Errno TryMount(string image, string tar, string point) =>
        ClassicMount.TryMount(image, point, "erofs", ClassicMount.ReadOnly, "device=" + tar);
}
