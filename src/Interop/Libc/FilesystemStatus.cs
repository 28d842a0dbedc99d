namespace Skiff.Interop;

/// <summary>What statfs(2) says about a filesystem.</summary>
/// <param name="Type">The magic number; see <see cref="FilesystemTypes"/>.</param>
/// <param name="BlockSize">Block size in bytes.</param>
/// <param name="TotalBytes">Size.</param>
/// <param name="FreeBytes">Free for root.</param>
/// <param name="AvailableBytes">Free for everyone.</param>
/// <param name="TotalInodes">Inodes, 0 where the filesystem has no fixed number.</param>
/// <param name="FreeInodes">Free inodes.</param>
public readonly record struct FilesystemStatus(
    ulong Type, uint BlockSize, ulong TotalBytes, ulong FreeBytes, ulong AvailableBytes,
    ulong TotalInodes, ulong FreeInodes)
{
    /// <summary>Whether it is mounted read-only where it was asked about, or is so as a whole (ST_RDONLY).</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>As it would be if so many bytes more were free, or fewer when negative.</summary>
    public FilesystemStatus WithFreed(long bytes) =>
        this with { FreeBytes = Add(FreeBytes, bytes), AvailableBytes = Add(AvailableBytes, bytes) };

    private static ulong Add(ulong free, long bytes) => bytes >= 0 ? free + (ulong)bytes
        : free - Math.Min(free, (ulong)-bytes);
}
