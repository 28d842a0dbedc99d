namespace Skiff.Interop;

/// <summary>
/// The type of a directory entry (DT_* of getdents64(2)); the same number as the top four bits of <c>st_mode</c>.
/// </summary>
public enum FileType : byte
{
    /// <summary>The filesystem does not say: stat the entry.</summary>
    DT_UNKNOWN = 0,

    /// <summary>A named pipe.</summary>
    DT_FIFO = 1,

    /// <summary>A character device.</summary>
    DT_CHR = 2,

    /// <summary>A directory.</summary>
    DT_DIR = 4,

    /// <summary>A block device.</summary>
    DT_BLK = 6,

    /// <summary>A regular file.</summary>
    DT_REG = 8,

    /// <summary>A symbolic link.</summary>
    DT_LNK = 10,

    /// <summary>A socket.</summary>
    DT_SOCK = 12,
}
