using System.Globalization;
using Skiff.Interop;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Finds the content of a layer's files for <see cref="RebuiltTar"/>, also of those that lost their name to a later
/// entry of the same tar: see <see cref="ShadowedContent"/>.
/// </summary>
internal sealed class LayerContent : IDisposable
{
    // Reading must not write: without O_NOATIME the first read of each file would update its inode. Nor must it wait:
    // in a damaged layer there may be a fifo where a file should be, and without O_NONBLOCK its opening never ends.
    private const OpenFlags Reading =
        OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW | OpenFlags.O_NOATIME | OpenFlags.O_NONBLOCK;

    private readonly Fd _root;
    private readonly Fd? _shadowed;

    /// <param name="layer">The layer's directory.</param>
    internal LayerContent(string layer)
    {
        const OpenFlags Directory = OpenFlags.O_PATH | OpenFlags.O_DIRECTORY;
        _root = Files.Open(Path.Combine(layer, OverlaySnapshotter.Tree), Directory);
        Files.TryOpenAt(Fd.Cwd, Path.Combine(layer, ShadowedContent.Directory), Directory, 0, out _shadowed);
    }

    public void Dispose()
    {
        _root.Dispose();
        _shadowed?.Dispose();
    }

    /// <summary>Opens the file that an entry made at <paramref name="path"/> as <paramref name="inode"/>.</summary>
    internal Errno TryOpen(ReadOnlySpan<byte> path, long inode, out Fd? file)
    {
        if (_shadowed is null) return TryOpen(path, out file);
        string name = inode.ToString(CultureInfo.InvariantCulture);
        Errno errno = Files.TryOpenAt(_shadowed, name, Reading, 0, out file);
        if (errno != Errno.ENOENT) return errno;
        errno = Files.TryReadAllBytes(_shadowed, name + ShadowedContent.Elsewhere, out byte[] other);
        return errno == Errno.None ? TryOpen(other, out file)
            : errno == Errno.ENOENT ? TryOpen(path, out file) : errno;
    }

    private Errno TryOpen(ReadOnlySpan<byte> path, out Fd? file) =>
        Files.TryOpenAt2(_root, path, Reading, 0, LayerFiles.Inside, out file);
}
