namespace Skiff.Interop.Events;

/// <summary>IN_* of inotify(7).</summary>
[Flags]
public enum InotifyMask : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Read.</summary>
    IN_ACCESS = 1,

    /// <summary>Written.</summary>
    IN_MODIFY = 2,

    /// <summary>Owner, mode, times, links or extended attributes changed.</summary>
    IN_ATTRIB = 4,

    /// <summary>Closed after writing.</summary>
    IN_CLOSE_WRITE = 8,

    /// <summary>Moved away.</summary>
    IN_MOVED_FROM = 0x40,

    /// <summary>Moved here.</summary>
    IN_MOVED_TO = 0x80,

    /// <summary>Created.</summary>
    IN_CREATE = 0x100,

    /// <summary>Deleted.</summary>
    IN_DELETE = 0x200,

    /// <summary>The watched object itself was deleted.</summary>
    IN_DELETE_SELF = 0x400,

    /// <summary>The watched object itself was moved.</summary>
    IN_MOVE_SELF = 0x800,

    /// <summary>Reported: the filesystem was unmounted.</summary>
    IN_UNMOUNT = 0x2000,

    /// <summary>Reported with watch -1: events were lost, look at everything again.</summary>
    IN_Q_OVERFLOW = 0x4000,

    /// <summary>Reported: the watch is gone.</summary>
    IN_IGNORED = 0x8000,

    /// <summary>Asked: fail unless a directory.</summary>
    IN_ONLYDIR = 0x01000000,

    /// <summary>Asked: do not follow a symlink.</summary>
    IN_DONT_FOLLOW = 0x02000000,

    /// <summary>Reported: the subject is a directory.</summary>
    IN_ISDIR = 0x40000000,
}
