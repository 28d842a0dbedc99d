namespace Skiff.Interop;

/// <summary>Flags of openat(2), with the kernel's spelling. O_CLOEXEC is always added by the wrappers.</summary>
[Flags]
public enum OpenFlags
{
    /// <summary>Read only.</summary>
    O_RDONLY = 0,

    /// <summary>Write only.</summary>
    O_WRONLY = 1,

    /// <summary>Read and write.</summary>
    O_RDWR = 2,

    /// <summary>Create when missing.</summary>
    O_CREAT = 0x40,

    /// <summary>With O_CREAT: fail when it exists.</summary>
    O_EXCL = 0x80,

    /// <summary>Do not make a terminal the controlling one.</summary>
    O_NOCTTY = 0x100,

    /// <summary>Truncate to length 0.</summary>
    O_TRUNC = 0x200,

    /// <summary>Every write goes to the end.</summary>
    O_APPEND = 0x400,

    /// <summary>Do not block.</summary>
    O_NONBLOCK = 0x800,

#if ARCH_ARM64
    /// <summary>Fail unless a directory.</summary>
    O_DIRECTORY = 0x4000,

    /// <summary>Fail on a final symlink.</summary>
    O_NOFOLLOW = 0x8000,
#else
    /// <summary>Fail unless a directory.</summary>
    O_DIRECTORY = 0x10000,

    /// <summary>Fail on a final symlink.</summary>
    O_NOFOLLOW = 0x20000,
#endif

    /// <summary>Reading leaves the access time alone; for the owner only (EPERM).</summary>
    O_NOATIME = 0x40000,

    /// <summary>Close on exec.</summary>
    O_CLOEXEC = 0x80000,

    /// <summary>A reference to the location only; no access to the content.</summary>
    O_PATH = 0x200000,
}
