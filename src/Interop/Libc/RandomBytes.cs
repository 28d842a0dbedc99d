using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>
/// getrandom(2). The BCL's generator loads OpenSSL, which costs a one-shot command more than everything else it does.
/// </summary>
public static unsafe partial class RandomBytes
{
    /// <summary>Fills a buffer of at most 256 bytes, which the kernel does in one go.</summary>
    public static void Fill(Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buffer.Length, 256);
        fixed (byte* b = buffer) // SAFETY: pinned for the call, length of the span.
            Native.Check(getrandom(b, buffer.Length, 0), "getrandom");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getrandom(byte* buffer, nint length, uint flags);
}
