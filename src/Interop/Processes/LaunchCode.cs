using Skiff.Interop.Libc;
using Tmds.Linux;

namespace Skiff.Interop.Processes;

/// <summary>
/// The machine code that clones a child and interprets a launch program in it, as an executable page of this process.
/// The child shares the parent's memory, so it must not run managed code; these bytes are all that it runs.
/// </summary>
internal static unsafe partial class LaunchCode
{
    private const int PageLength = 4096;

    /// <summary>
    /// <c>nint launch(clone_args*, size_t, LaunchHeader*)</c>: the child's pid, or -errno of clone3(2).
    /// </summary>
    internal static readonly delegate* unmanaged<void*, nuint, void*, nint> Entry = Map();

    private static ReadOnlySpan<byte> Bytes =>
#if ARCH_ARM64
        Arm64;
#else
        X64;
#endif

    // The kernel makes the instruction cache coherent when a page first becomes executable, so arm64 needs no flush
    // here.
    private static delegate* unmanaged<void*, nuint, void*, nint> Map()
    {
        // SAFETY: a fresh private page, written within its length and never unmapped.
        void* page = LibC.mmap(null, PageLength, LibC.PROT_READ | LibC.PROT_WRITE,
            LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS, -1, 0);
        if (page == LibC.MAP_FAILED) throw new LinuxException(Native.LastErrno, "mmap");
        Bytes.CopyTo(new Span<byte>(page, PageLength));
        if (LibC.mprotect(page, PageLength, LibC.PROT_READ | LibC.PROT_EXEC) == -1)
            throw new LinuxException(Native.LastErrno, "mprotect(PROT_READ|PROT_EXEC)");
        return (delegate* unmanaged<void*, nuint, void*, nint>)page;
    }
}
