namespace Skiff.Interop.Seccomp;

/// <summary>What the kernel does with a system call (seccomp(2)): SECCOMP_RET_* of &lt;linux/seccomp.h&gt;.</summary>
public enum SeccompAction : uint
{
    /// <summary>End the thread with SIGSYS (SCMP_ACT_KILL, SCMP_ACT_KILL_THREAD).</summary>
    KILL_THREAD = 0x00000000,

    /// <summary>End the whole process with SIGSYS.</summary>
    KILL_PROCESS = 0x80000000,

    /// <summary>Send SIGSYS, which the process may handle.</summary>
    TRAP = 0x00030000,

    /// <summary>Fail the call with the errno in the low 16 bits.</summary>
    ERRNO = 0x00050000,

    /// <summary>Tell a tracer, with the low 16 bits as its message; ENOSYS without one.</summary>
    TRACE = 0x7ff00000,

    /// <summary>Run the call and log it.</summary>
    LOG = 0x7ffc0000,

    /// <summary>Run the call.</summary>
    ALLOW = 0x7fff0000,
}
