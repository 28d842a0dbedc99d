using Skiff.Interop;
using Skiff.Interop.Mounts;
using static Skiff.Interop.Mounts.MountConstants;
using Skiff.Layers.Erofs;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Tries the real thing: an image with its data in a second file, on ROOT's filesystem, with overlayfs on top.
/// </summary>
internal static class ErofsProbe
{
    private const int Blocks = 2;
    private const string Layer = "layer", Merged = "merged";

    /// <summary>
    /// Whether a file read through the stack has the content that the second file has. A refusal by the kernel is a
    /// no.
    /// </summary>
    internal static bool Works(string root)
    {
        var store = new LayerStore(root, ErofsSnapshotter.Image);
        (string path, FileLock held) = store.NewIngest();
        using (held)
        {
            try
            {
                byte[] content = new byte[Blocks * ErofsFormat.BlockSize];
                Random.Shared.NextBytes(content);
                WriteImage(path, content);
                return ReadsBack(path, content.AsSpan(ErofsFormat.BlockSize));
            }
            catch (LinuxException e) when (e.Call is "fsopen" or "fsconfig" or "fsmount" or "move_mount")
            {
                return false;
            }
            finally
            {
                Unmount(path);
                store.Discard(path);
            }
        }
    }

    private static void WriteImage(string path, byte[] content)
    {
        const OpenFlags Create = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL;
        using Fd tar = Files.Open(Path.Combine(path, ErofsSnapshotter.Tar), Create, 0x180);
        Files.WriteAll(tar, content);
        var entry = new TarEntry
        {
            Type = TarEntryType.Regular, Mode = 0x180, Size = ErofsFormat.BlockSize, DataOffset = ErofsFormat.BlockSize,
        };
        entry.PathBytes.Set("probe"u8);
        var tree = new LayerTree();
        tree.Apply(entry);
        using (Fd fd = Files.Open(Path.Combine(path, ErofsSnapshotter.Image), Create, 0x180))
            ErofsWriter.Write(tree, content.Length, tar, 0, fd);
    }

    private static bool ReadsBack(string path, ReadOnlySpan<byte> expected)
    {
        string layer = Path.Combine(path, Layer), merged = Path.Combine(path, Merged);
        string empty = Path.Combine(path, "empty"); // Two layers, since a single one needs an upper directory.
        foreach (string directory in (ReadOnlySpan<string>)[layer, empty, merged]) Files.MakeDirectories(directory);
        ErofsMount.Attach(path, ErofsSnapshotter.Image, ErofsSnapshotter.Tar, layer);
        string lower = $"lowerdir={layer}/{ErofsPlan.TreeName}:{empty}";
        return Mounts.TryMount("overlay", merged, "overlay", MS_RDONLY, lower) == Errno.None
            && Matches(Path.Combine(merged, "probe"), expected);
    }

    private static bool Matches(string file, ReadOnlySpan<byte> expected)
    {
        Span<byte> found = stackalloc byte[ErofsFormat.BlockSize];
        if (Files.TryOpenAt(Fd.Cwd, file, OpenFlags.O_RDONLY, 0, out Fd? fd) != Errno.None) return false;
        using (fd)
            return Files.TryRead(fd!, found, out int count) == Errno.None && found[..count].SequenceEqual(expected);
    }

    /// <summary>Detaches what a probe in this ingest has mounted; also after one that was killed half-way.</summary>
    internal static void Unmount(string path)
    {
        foreach (string point in (ReadOnlySpan<string>)[Path.Combine(path, Merged), Path.Combine(path, Layer)])
        {
            Errno errno = Mounts.TryUnmount(point, detach: true);
            if (errno is not (Errno.None or Errno.EINVAL or Errno.ENOENT))
                throw new LinuxException(errno, "umount2", point);
        }
    }
}
