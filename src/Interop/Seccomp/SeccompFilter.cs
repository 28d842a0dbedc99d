using System.Runtime.InteropServices;

namespace Skiff.Interop.Seccomp;

/// <summary>A compiled filter: classic BPF for <c>seccomp(SECCOMP_SET_MODE_FILTER)</c>. Immutable.</summary>
public sealed class SeccompFilter
{
    /// <summary>
    /// No Spectre mitigation for the filtered task (Linux 4.17), as runc sets it; Linux 5.16 made it the default.
    /// </summary>
    public const uint SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;

    /// <summary>Log every action but ALLOW (Linux 4.14).</summary>
    public const uint SECCOMP_FILTER_FLAG_LOG = 2;

    /// <summary>BPF_MAXINSNS: more instructions are refused by the kernel.</summary>
    public const int MaxInstructions = 4096;

    private readonly ulong[] _code;

    internal SeccompFilter(ulong[] code, uint flags) => (_code, Flags) = (code, flags);

    /// <summary>Number of instructions: <c>sock_fprog.len</c>.</summary>
    public int Count => _code.Length;

    /// <summary><c>struct sock_filter</c> after <c>struct sock_filter</c>, 8 bytes each: code, jt, jf, k.</summary>
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(_code.AsSpan());

    /// <summary>Flags for seccomp(2).</summary>
    public uint Flags { get; }
}
