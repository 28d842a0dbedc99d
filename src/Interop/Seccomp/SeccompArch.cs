namespace Skiff.Interop.Seccomp;

/// <summary>
/// System call interfaces that a filter can cover, with libseccomp's names in lower case; the values are the columns of
/// <see cref="SyscallTable"/>.
/// </summary>
public enum SeccompArch
{
    /// <summary>64-bit x86 (SCMP_ARCH_X86_64).</summary>
    x86_64 = 0,

    /// <summary>
    /// x86-64 with 32-bit pointers (SCMP_ARCH_X32): shares the audit number of x86_64, numbers carry bit 30.
    /// </summary>
    x32 = 1,

    /// <summary>32-bit x86 (SCMP_ARCH_X86).</summary>
    x86 = 2,

    /// <summary>64-bit Arm (SCMP_ARCH_AARCH64).</summary>
    aarch64 = 3,

    /// <summary>32-bit Arm, EABI (SCMP_ARCH_ARM).</summary>
    arm = 4,
}
