using System.Globalization;
using System.Text;
using Skiff.Interop;
using Skiff.Layers.Content;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Where the tar of a layer in the EROFS store is: a file of its own, or a stretch of an archive that is only read.
/// Then <c>layer.tar</c> is a symlink to the archive, and <c>range</c> says which bytes of it.
/// </summary>
/// <param name="Path">The layer's <c>layer.tar</c>.</param>
/// <param name="Start">Its first byte in the file, a multiple of 512.</param>
/// <param name="Length">Its bytes; null: to the end of the file.</param>
internal readonly record struct LayerTar(string Path, long Start, long? Length)
{
    private const string Range = "range";

    /// <summary>The tar of the layer in a directory; of a range that is damaged, nothing.</summary>
    internal static LayerTar In(string directory)
    {
        string tar = System.IO.Path.Combine(directory, ErofsSnapshotter.Tar);
        string range = System.IO.Path.Combine(directory, Range);
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, range, out byte[] bytes);
        if (errno == Errno.ENOENT) return new LayerTar(tar, 0, null);
        if (errno != Errno.None) throw new LinuxException(errno, "read", range);
        string[] words = Encoding.ASCII.GetString(bytes).TrimEnd().Split(' ');
        return words.Length == 2 && TryParse(words[0], out long start) && TryParse(words[1], out long length)
            ? new LayerTar(tar, start, length) : new LayerTar(tar, 0, 0);
    }

    /// <summary>Has the directory of a layer that is being made refer to a stretch of an archive.</summary>
    internal static void Refer(string directory, string archive, long start, long length)
    {
        string tar = System.IO.Path.Combine(directory, ErofsSnapshotter.Tar);
        Errno errno = Files.TrySymlinkAt(archive, Fd.Cwd, tar);
        if (errno != Errno.None) throw new LinuxException(errno, "symlink", tar);
        string range = string.Create(CultureInfo.InvariantCulture, $"{start} {length}\n");
        AtomicFile.Replace(System.IO.Path.Combine(directory, Range), Encoding.ASCII.GetBytes(range), durable: true);
    }

    /// <summary>Opens the file; the tar's first byte is the next to be read.</summary>
    internal Fd Open()
    {
        Fd fd = Files.Open(Path, OpenFlags.O_RDONLY);
        if (Start > 0) Files.Seek(fd, Start);
        return fd;
    }

    /// <summary>The tar as a stream.</summary>
    internal Stream OpenStream() => new FdStream(Open(), most: Length);

    private static bool TryParse(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
