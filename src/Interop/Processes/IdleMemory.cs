using System.Buffers.Text;
using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop.Processes;

/// <summary>Giving memory back, for processes that live long and do little.</summary>
public static unsafe partial class IdleMemory
{
    private const int MADV_DONTNEED = 4;
    private const int FirstReadBytes = 64 << 10;

    /// <summary>
    /// Collects garbage, returns what malloc(3) holds free, and forgets the pages of file mappings that nobody has
    /// written to (madvise(2) MADV_DONTNEED): what is needed again comes back from the page cache, a fault a page.
    /// Best effort; what the kernel refuses stays mapped.
    /// </summary>
    public static void GiveBack()
    {
        // Before the collection: reading leaves garbage behind.
        List<(nint Start, nint Length)> unwritten = Unwritten(ReadMappings());
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        malloc_trim(0);
        foreach (var (start, length) in unwritten) madvise(start, length, MADV_DONTNEED);
    }

    /// <summary>
    /// Finds in smaps (proc_pid_smaps(5)) the private, unwritable mappings of files that have no page of their own.
    /// Those that have some were written to while they could be (RELRO), and would lose it.
    /// </summary>
    internal static List<(nint Start, nint Length)> Unwritten(ReadOnlySpan<byte> smaps)
    {
        var found = new List<(nint Start, nint Length)>();
        (nint Start, nint Length) current = default;
        while (!smaps.IsEmpty)
        {
            int end = smaps.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? smaps : smaps[..end];
            smaps = end < 0 ? default : smaps[(end + 1)..];
            if (TryReadHeader(line, out var header)) current = header;
            else if (current.Length > 0 && line.StartsWith("Anonymous:"u8) && line.EndsWith(" 0 kB"u8))
                found.Add(current);
        }
        return found;
    }

    // "400000-93f000 r-xp 00004000 fe:00 5309526   /usr/bin/skiff"; Length is 0 for mappings of another kind.
    private static bool TryReadHeader(ReadOnlySpan<byte> line, out (nint Start, nint Length) header)
    {
        header = default;
        if (!Utf8Parser.TryParse(line, out ulong start, out int digits, 'x') || digits >= line.Length
            || line[digits] != '-') return false;
        line = line[(digits + 1)..];
        if (!Utf8Parser.TryParse(line, out ulong end, out digits, 'x')) return false;
        ReadOnlySpan<byte> rights = line[digits..];
        if ((rights.StartsWith(" r-xp "u8) || rights.StartsWith(" r--p "u8)) && rights.Contains((byte)'/'))
            header = ((nint)start, (nint)(end - start));
        return true;
    }

    // Not from the shared pool, which would keep the buffer.
    private static ReadOnlySpan<byte> ReadMappings()
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, "/proc/self/smaps", OpenFlags.O_RDONLY, 0, out Fd? fd);
        if (errno != Errno.None) return default;
        using (fd)
        {
            byte[] text = new byte[FirstReadBytes];
            int length = 0;
            while (Files.TryRead(fd!, text.AsSpan(length), out int count) == Errno.None && count > 0)
            {
                length += count;
                if (length == text.Length) Array.Resize(ref text, 2 * length);
            }
            return text.AsSpan(0, length);
        }
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nint pad);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}
