using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Skiff.Interop.Libc;

namespace Skiff.Interop.Processes;

/// <summary>Giving memory back, for processes that live long and do little.</summary>
public static unsafe partial class IdleMemory
{
    private const int MADV_DONTNEED = 4;

    /// <summary>
    /// Returns what malloc(3) holds free, and forgets the pages of all executable file mappings (madvise(2)
    /// MADV_DONTNEED). Code is never written, so nothing is lost: what is needed again comes back from the page cache,
    /// a fault a page. Best effort; what the kernel refuses stays mapped.
    /// </summary>
    public static void GiveBack()
    {
        malloc_trim(0);
        if (Files.TryReadAllBytes(Fd.Cwd, "/proc/self/maps", out byte[] maps) != Errno.None) return;
        foreach (string line in Encoding.UTF8.GetString(maps).Split('\n'))
            if (TryParse(line, out nint start, out nint length))
                madvise(start, length, MADV_DONTNEED);
    }

    /// <summary>A line of proc_pid_maps(5): true for private, executable, unwritable mappings of files.</summary>
    internal static bool TryParse(string line, out nint start, out nint length)
    {
        start = length = 0;
        int dash = line.IndexOf('-'), space = line.IndexOf(' ');
        if (dash <= 0 || space <= dash || !line.AsSpan(space).StartsWith(" r-xp ") || !line.Contains('/')) return false;
        if (!nint.TryParse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out start)
            || !nint.TryParse(
                line.AsSpan(dash + 1, space - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
                out nint end))
            return false;
        length = end - start;
        return true;
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nint pad);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}
