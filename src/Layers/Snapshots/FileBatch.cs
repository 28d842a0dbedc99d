using System.Runtime.InteropServices;
using Skiff.Interop;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Small files with all that it takes to make them, so that another thread can: gathered in one buffer, that handing
/// them over costs once for many. Reused.
/// </summary>
/// <param name="making">How.</param>
internal sealed class FileBatch(FileMaking making)
{
    /// <summary>A file of more bytes does not go through a batch.</summary>
    internal const int MaxFileBytes = 32 << 10;

    private const int MaxBytes = 64 << 10, MaxItems = 32;

    private readonly byte[] _bytes = new byte[MaxBytes];
    private readonly List<Item> _items = new(MaxItems);
    private int _used;

    private struct Item
    {
        internal Fd Parent;
        internal int Name, NameLength, Content, ContentLength;
        internal LayerInode Inode;
        internal XattrSet? Xattrs;
    }

    internal bool IsEmpty => _items.Count == 0;

    /// <summary>Whether a file with this name and content still fits.</summary>
    internal bool HasRoomFor(int nameLength, long contentLength) =>
        _items.Count < MaxItems && nameLength + contentLength <= MaxBytes - _used;

    /// <summary>Adds a file, which has to fit. The batch holds <paramref name="parent"/> open.</summary>
    internal void Add(Fd parent, ReadOnlySpan<byte> name, in LayerInode inode, XattrSet? xattrs)
    {
        bool held = false;
        parent.DangerousAddRef(ref held);
        name.CopyTo(_bytes.AsSpan(_used));
        _items.Add(new Item
        {
            Parent = parent, Name = _used, NameLength = name.Length, Content = _used + name.Length, Inode = inode,
            Xattrs = xattrs,
        });
        _used += name.Length;
    }

    /// <summary>Takes content of the file that was added last.</summary>
    internal void Append(ReadOnlySpan<byte> data)
    {
        data.CopyTo(_bytes.AsSpan(_used));
        _used += data.Length;
        CollectionsMarshal.AsSpan(_items)[^1].ContentLength += data.Length;
    }

    /// <summary>Makes the files.</summary>
    /// <exception cref="LinuxException">The first that could not be made.</exception>
    internal void Make()
    {
        foreach (ref Item item in CollectionsMarshal.AsSpan(_items))
        {
            using Fd file = FileMaking.Create(item.Parent, _bytes.AsSpan(item.Name, item.NameLength), item.Inode);
            Files.WriteAll(file, _bytes.AsSpan(item.Content, item.ContentLength));
            making.SetAttributes(file, item.Inode, item.Xattrs);
        }
    }

    /// <summary>Makes the batch empty.</summary>
    internal void Clear()
    {
        foreach (ref Item item in CollectionsMarshal.AsSpan(_items)) item.Parent.DangerousRelease();
        _items.Clear();
        _used = 0;
    }
}
