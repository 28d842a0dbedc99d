namespace Skiff.Layers.Erofs;

/// <summary>
/// Numbers of the EROFS on-disk format (the kernel's fs/erofs/erofs_fs.h). Everything is little-endian.
/// </summary>
internal static class ErofsFormat
{
    /// <summary>
    /// Tar aligns content to 512 bytes, so that is the block size (Linux 6.4 for sizes below a page).
    /// </summary>
    internal const int BlockBits = 9;
    internal const int BlockSize = 1 << BlockBits;

    internal const int SuperOffset = 1024, SuperSize = 128, DeviceSlotSize = 128;
    internal const uint Magic = 0xE0F5E1E2;

    /// <summary>EROFS_FEATURE_COMPAT_SB_CHKSUM and EROFS_FEATURE_COMPAT_MTIME.</summary>
    internal const uint FeatureCompat = 0x1 | 0x2;

    /// <summary>EROFS_FEATURE_INCOMPAT_CHUNKED_FILE and EROFS_FEATURE_INCOMPAT_DEVICE_TABLE.</summary>
    internal const uint FeatureIncompat = 0x4 | 0x8;

    /// <summary>A node's number is its offset from the metadata area in slots of this size.</summary>
    internal const int SlotSize = 32;

    internal const int CompactInodeSize = 32, ExtendedInodeSize = 64;
    internal const int ChunkIndexSize = 8, DirentSize = 12;
    internal const int XattrHeaderSize = 12, XattrEntrySize = 4;

    /// <summary>Most shared attributes of an inode: h_shared_count is a byte.</summary>
    internal const int MaxSharedXattrs = byte.MaxValue;

    internal const int LayoutFlatPlain = 0, LayoutFlatInline = 2, LayoutChunkBased = 4;

    /// <summary>EROFS_CHUNK_FORMAT_INDEXES: 8-byte indexes with a device number.</summary>
    internal const int ChunkFormatIndexes = 0x20;

    /// <summary>Largest shift that the format's five bits hold: one chunk of 1 TiB.</summary>
    internal const int MaxChunkBlockBits = 31;

    /// <summary>Address of an inode without blocks.</summary>
    internal const uint NullAddress = 0xFFFFFFFF;

    /// <summary>
    /// What a name has behind the prefix that <paramref name="index"/> stands for; names without an index cannot be
    /// stored. Access control lists are whole names.
    /// </summary>
    internal static ReadOnlySpan<byte> XattrIndex(ReadOnlySpan<byte> name, out byte index)
    {
        foreach (var (prefix, number) in XattrPrefixes)
        {
            if (prefix[^1] == '.' ? !name.StartsWith(prefix) : !name.SequenceEqual(prefix)) continue;
            index = number;
            return name[prefix.Length..];
        }
        index = 0;
        return default;
    }

    private static readonly (byte[] Prefix, byte Index)[] XattrPrefixes =
    [
        ("user."u8.ToArray(), 1),
        ("system.posix_acl_access"u8.ToArray(), 2),
        ("system.posix_acl_default"u8.ToArray(), 3),
        ("trusted."u8.ToArray(), 4),
        ("security."u8.ToArray(), 6),
    ];
}
