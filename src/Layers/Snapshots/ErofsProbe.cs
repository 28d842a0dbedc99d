using Skiff.Interop;
using Skiff.Interop.Mounts;
using static Skiff.Interop.Mounts.MountConstants;
using Skiff.Layers.Erofs;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>Tries the real thing: an image with its data in a second file, on ROOT's filesystem, with overlayfs on top.</summary>
internal static class ErofsProbe
{
    private const int Blocks = 2;

    /// <summary>Whether a file read through the stack has the content that the second file has. A refusal by the kernel is a no.</summary>
    internal static bool Works(string root)
    {
        var store = new LayerStore(root, ErofsSnapshotter.Image);
        (string path, Fd held) = store.NewIngest();
        using (held)
        {
            try
            {
                string image = Path.Combine(path, ErofsSnapshotter.Image), tar = Path.Combine(path, ErofsSnapshotter.Tar);
                byte[] content = new byte[Blocks * ErofsFormat.BlockSize];
                Random.Shared.NextBytes(content);
                WriteImage(image, tar, content);
                return ReadsBack(path, image, tar, content.AsSpan(ErofsFormat.BlockSize));
            }
            finally
            {
                store.Discard(path);
            }
        }
    }

    private static void WriteImage(string image, string tar, byte[] content)
    {
        const OpenFlags Create = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL;
        using (Fd fd = Files.Open(tar, Create, 0x180)) Files.WriteAll(fd, content);
        var entry = new TarEntry { Type = TarEntryType.Regular, Mode = 0x180, Size = ErofsFormat.BlockSize, DataOffset = ErofsFormat.BlockSize };
        entry.PathBytes.Set("probe"u8);
        var tree = new LayerTree();
        tree.Apply(entry);
        using (Fd fd = Files.Open(image, Create, 0x180)) ErofsWriter.Write(tree, content.Length, fd);
    }

    private static bool ReadsBack(string path, string image, string tar, ReadOnlySpan<byte> expected)
    {
        string layer = Path.Combine(path, "layer"), empty = Path.Combine(path, "empty"), merged = Path.Combine(path, "merged");
        foreach (string directory in (ReadOnlySpan<string>)[layer, empty, merged]) Files.MakeDirectories(directory);
        if (ErofsMount.TryMount(image, tar, layer) != Errno.None) return false;
        try
        {
            string lower = $"lowerdir={layer}/{ErofsPlan.TreeName}:{empty}";
            if (Mounts.TryMount("overlay", merged, "overlay", MS_RDONLY, lower) != Errno.None) return false;
            try
            {
                return Matches(Path.Combine(merged, "probe"), expected);
            }
            finally
            {
                Unmount(merged);
            }
        }
        finally
        {
            Unmount(layer);
        }
    }

    private static bool Matches(string file, ReadOnlySpan<byte> expected)
    {
        Span<byte> found = stackalloc byte[ErofsFormat.BlockSize];
        if (Files.TryOpenAt(Fd.Cwd, file, OpenFlags.O_RDONLY, 0, out Fd? fd) != Errno.None) return false;
        using (fd) return Files.TryRead(fd!, found, out int count) == Errno.None && found[..count].SequenceEqual(expected);
    }

    private static void Unmount(string point)
    {
        Errno errno = Mounts.TryUnmount(point, detach: true);
        if (errno != Errno.None) throw new LinuxException(errno, "umount2", point);
    }
}
