namespace Skiff.Interop.Seccomp;

/// <summary>What is known of each <see cref="SeccompArch"/>.</summary>
internal static class SeccompArches
{
    /// <summary>The bit that marks an x32 system call number.</summary>
    internal const uint X32Bit = 0x40000000;

    /// <summary>First private system call of 32-bit Arm (__ARM_NR_BASE).</summary>
    internal const uint ArmPrivateBase = 0x0f0000;

    /// <summary>How many architectures there are.</summary>
    internal const int Count = 5;

    /// <summary>What <see cref="TryParse"/> reads.</summary>
    internal static readonly string[] Names =
        ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"];

    /// <summary>The architecture of this build.</summary>
#if ARCH_ARM64
    internal const SeccompArch Native = SeccompArch.aarch64;
#else
    internal const SeccompArch Native = SeccompArch.x86_64;
#endif

    /// <summary>AUDIT_ARCH_* of &lt;linux/audit.h&gt;, as <c>seccomp_data.arch</c> has it.</summary>
    internal static uint AuditNumber(SeccompArch arch) => arch switch
    {
        SeccompArch.x86_64 or SeccompArch.x32 => 0xC000003E,
        SeccompArch.x86 => 0x40000003,
        SeccompArch.aarch64 => 0xC00000B7,
        SeccompArch.arm => 0x40000028,
        _ => throw new ArgumentOutOfRangeException(nameof(arch)),
    };

    /// <summary>The name in a profile's <c>includes.arches</c>: Go's names where Go has the architecture.</summary>
    internal static string ProfileName(SeccompArch arch) => arch switch
    {
        SeccompArch.x86_64 => "amd64",
        SeccompArch.x32 => "x32",
        SeccompArch.x86 => "x86",
        SeccompArch.aarch64 => "arm64",
        SeccompArch.arm => "arm",
        _ => throw new ArgumentOutOfRangeException(nameof(arch)),
    };

    /// <summary>
    /// Reads <c>SCMP_ARCH_X86_64</c> and its kind; false for architectures that this engine does not run on.
    /// </summary>
    internal static bool TryParse(string? name, out SeccompArch arch)
    {
        SeccompArch? found = name switch
        {
            "SCMP_ARCH_X86_64" => SeccompArch.x86_64,
            "SCMP_ARCH_X32" => SeccompArch.x32,
            "SCMP_ARCH_X86" => SeccompArch.x86,
            "SCMP_ARCH_AARCH64" => SeccompArch.aarch64,
            "SCMP_ARCH_ARM" => SeccompArch.arm,
            _ => null,
        };
        arch = found ?? default;
        return found.HasValue;
    }
}
