namespace Skiff.Interop.Processes;

/// <summary>Namespaces: CLONE_NEW* of clone(2), unshare(2) and setns(2).</summary>
[Flags]
public enum CloneFlags : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Mounts.</summary>
    CLONE_NEWNS = 0x0002_0000,

    /// <summary>The cgroup root, Linux 4.6.</summary>
    CLONE_NEWCGROUP = 0x0200_0000,

    /// <summary>Host and domain name.</summary>
    CLONE_NEWUTS = 0x0400_0000,

    /// <summary>System V IPC and POSIX message queues.</summary>
    CLONE_NEWIPC = 0x0800_0000,

    /// <summary>User and group ids.</summary>
    CLONE_NEWUSER = 0x1000_0000,

    /// <summary>Process ids.</summary>
    CLONE_NEWPID = 0x2000_0000,

    /// <summary>The network stack.</summary>
    CLONE_NEWNET = 0x4000_0000,
}
