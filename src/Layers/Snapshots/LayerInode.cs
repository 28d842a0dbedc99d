using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>What an inode of a layer is, apart from its names.</summary>
internal struct LayerInode
{
    /// <summary>Never <see cref="TarEntryType.HardLink"/>; a whiteout is character device 0:0.</summary>
    internal TarEntryType Type;

    /// <summary>07777.</summary>
    internal ushort Mode;

    /// <summary>A directory that hides what lower layers have at its path.</summary>
    internal bool Opaque;

    /// <summary>A directory that no entry of the tar describes.</summary>
    internal bool Implied;

    internal uint Uid, Gid;
    internal long MtimeSeconds;
    internal int MtimeNanoseconds;

    /// <summary>Names that lead here; 0 for what was replaced.</summary>
    internal int Links;

    /// <summary>Bytes of content, or of a symlink's target.</summary>
    internal long Size;

    /// <summary>
    /// Regular: offset in the tar. Symlink: offset of the target in the tree's names. Device: number as
    /// new_encode_dev().
    /// </summary>
    internal long Data;

    /// <summary>Index into the tree's attribute sets, or -1.</summary>
    internal int Xattrs;

    /// <summary>Of a sparse file: index into the tree's maps, plus one. 0: the content has no holes.</summary>
    internal int Map;

    /// <summary>Type and permission bits as st_mode has them.</summary>
    internal readonly ushort StMode => (ushort)((int)Type | Mode);

    internal readonly bool IsWhiteout => Type == TarEntryType.CharDevice && Data == 0;
}
