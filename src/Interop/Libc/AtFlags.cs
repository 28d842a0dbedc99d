namespace Skiff.Interop;

/// <summary>AT_* flags of the calls that take a directory and a path.</summary>
[Flags]
public enum AtFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Work on a final symlink itself.</summary>
    AT_SYMLINK_NOFOLLOW = 0x100,

    /// <summary>unlinkat: remove a directory.</summary>
    AT_REMOVEDIR = 0x200,

    /// <summary>linkat: follow a final symlink.</summary>
    AT_SYMLINK_FOLLOW = 0x400,

    /// <summary>Do not trigger an automount.</summary>
    AT_NO_AUTOMOUNT = 0x800,

    /// <summary>An empty path means the descriptor itself.</summary>
    AT_EMPTY_PATH = 0x1000,

    /// <summary>open_tree and mount_setattr: the whole subtree of mounts.</summary>
    AT_RECURSIVE = 0x8000,
}
