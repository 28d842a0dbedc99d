namespace Skiff.Interop;

/// <summary>RESOLVE_* of openat2(2), Linux 5.6.</summary>
[Flags]
public enum ResolveFlags : ulong
{
    /// <summary>As openat(2).</summary>
    None = 0,

    /// <summary>Stay on the mount of the directory.</summary>
    RESOLVE_NO_XDEV = 1,

    /// <summary>Refuse magic links of procfs.</summary>
    RESOLVE_NO_MAGICLINKS = 2,

    /// <summary>Refuse any symlink.</summary>
    RESOLVE_NO_SYMLINKS = 4,

    /// <summary>Refuse to leave the directory.</summary>
    RESOLVE_BENEATH = 8,

    /// <summary>Treat the directory as the root.</summary>
    RESOLVE_IN_ROOT = 16,
}
