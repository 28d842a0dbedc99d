using System.Globalization;
using System.Text;
using Skiff.Interop;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Content that a later entry of the same tar takes the name from: no file of the layer shows it any more, but the tar
/// cannot be rebuilt without it. It lies in a directory beside the tree, named by inode number; what still has another
/// name in the tree, as a hard link, leaves a note with that path instead.
/// </summary>
/// <param name="ingest">The layer's directory while it comes in.</param>
/// <param name="tree">The layer's names.</param>
internal sealed class ShadowedContent(Fd ingest, LayerTree tree) : IDisposable
{
    internal const string Directory = "shadowed", Elsewhere = ".path";

    private readonly HashSet<int> _inodes = [];
    private Fd? _directory;

    /// <summary>Whether files were kept.</summary>
    internal bool Any => _inodes.Count > 0;

    /// <summary>Keeps the content of what is at <paramref name="entry"/>, which is about to be removed.</summary>
    /// <param name="parent">The directory that the entry is in.</param>
    /// <param name="entry">Its name.</param>
    internal void Keep(Fd parent, int entry)
    {
        int inode = tree.InodeOf(entry);
        if (tree.Inode(inode).Type != TarEntryType.Regular || tree.Inode(inode).Size == 0) return;
        if (!_inodes.Add(inode)) return;
        _directory ??= MakeDirectory();
        ReadOnlySpan<byte> name = tree.NameOf(entry);
        FileMaking.Check(Files.TryLinkAt(parent, name, _directory, NameOf(inode)), "linkat", parent, name);
    }

    /// <summary>
    /// Replaces what <paramref name="entry"/> still names by a note: the file gets back its number of links.
    /// </summary>
    internal void Release(int entry)
    {
        int inode = tree.InodeOf(entry);
        if (!_inodes.Remove(inode)) return;
        var to = new ByteBuffer();
        tree.PathOf(entry, to);
        string name = inode.ToString(CultureInfo.InvariantCulture);
        using Fd note = Files.OpenAt(_directory!, name + Elsewhere, OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180);
        Files.WriteAll(note, to.Span);
        Errno errno = Files.TryUnlinkAt(_directory!, name);
        if (errno != Errno.None) throw new LinuxException(errno, "unlinkat", $"{_directory}/{name}");
    }

    public void Dispose() => _directory?.Dispose();

    private Fd MakeDirectory()
    {
        Errno errno = Files.TryMkdirAt(ingest, Directory, 0x1C0);
        if (errno != Errno.None) throw new LinuxException(errno, "mkdirat", $"{ingest}/{Directory}");
        return Files.OpenAt(ingest, Directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
    }

    private static byte[] NameOf(int inode) => Encoding.ASCII.GetBytes(inode.ToString(CultureInfo.InvariantCulture));
}
