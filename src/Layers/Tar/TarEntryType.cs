namespace Skiff.Layers.Tar;

/// <summary>What a tar entry makes; the values are the type's bits in <c>st_mode</c>, except for hard links.</summary>
public enum TarEntryType
{
    /// <summary>Another name for an inode that an earlier entry made.</summary>
    HardLink = 0,

    /// <summary>S_IFIFO.</summary>
    Fifo = 0x1000,

    /// <summary>S_IFCHR.</summary>
    CharDevice = 0x2000,

    /// <summary>S_IFDIR.</summary>
    Directory = 0x4000,

    /// <summary>S_IFBLK.</summary>
    BlockDevice = 0x6000,

    /// <summary>S_IFREG.</summary>
    Regular = 0x8000,

    /// <summary>S_IFLNK.</summary>
    Symlink = 0xA000,
}
