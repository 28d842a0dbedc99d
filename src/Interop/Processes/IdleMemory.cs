using System.Buffers.Text;
using System.Numerics;
using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop.Processes;

/// <summary>Giving memory back, for processes that live long and do little.</summary>
public static unsafe partial class IdleMemory
{
    private const int MADV_DONTNEED = 4;
    private const int FirstReadBytes = 16 << 10;

    // Bits of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst).
    private const ulong IsPresent = 1UL << 63, IsOfFile = 1UL << 61;

    /// <summary>
    /// Collects garbage, returns what malloc(3) holds free, and forgets the pages of private file mappings that nobody
    /// has written to (madvise(2) MADV_DONTNEED): what is needed again comes back from the page cache, a fault a page.
    /// Best effort; what the kernel refuses stays mapped.
    /// </summary>
    public static void GiveBack()
    {
        // Before the collection: reading leaves garbage behind.
        List<Mapping> mappings = FileMappings(ReadMappings());
        using Fd? pagemap = TryOpen("/proc/self/pagemap"), finalizers = TryOpenOnlyOtherThread();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        malloc_trim(0);
        if (pagemap is not null) Forget(mappings, pagemap, writableToo: finalizers is not null && IsAsleep(finalizers));
    }

    // A page of a writable mapping that is written to between the look at it and the advice would lose that. Nobody
    // does: the one other thread there is sleeps until this one collects again, and this one has done all that it does
    // here with the unwritable mappings before, whose addresses are lower, so that what it writes to is the file's no
    // longer.
    private static void Forget(List<Mapping> mappings, Fd pagemap, bool writableToo)
    {
        int pageBits = BitOperations.Log2((uint)Environment.SystemPageSize);
        Span<ulong> pages = stackalloc ulong[512];
        foreach (Mapping mapping in mappings)
            for (nint at = mapping.Start; at < mapping.End && (writableToo || !mapping.IsWritable);)
            {
                int count = (int)Math.Min(pages.Length, (mapping.End - at) >> pageBits);
                Span<byte> bytes = MemoryMarshal.AsBytes(pages[..count]);
                if (Files.PRead(pagemap, bytes, (long)at >> pageBits << 3) != bytes.Length) return;
                ForgetClean(at, pages[..count], pageBits);
                at += (nint)count << pageBits;
            }
    }

    private static void ForgetClean(nint start, ReadOnlySpan<ulong> pages, int pageBits)
    {
        for (int i = 0; i < pages.Length; i++)
        {
            int first = i;
            while (i < pages.Length && (pages[i] & (IsPresent | IsOfFile)) == (IsPresent | IsOfFile)) i++;
            if (i > first) madvise(start + ((nint)first << pageBits), (nint)(i - first) << pageBits, MADV_DONTNEED);
        }
    }

    private static Fd? TryOpen(string path) =>
        Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? fd) == Errno.None ? fd : null;

    // The runtime has one thread beside the first, which calls finalizers. A third one might be woken by anybody.
    private static Fd? TryOpenOnlyOtherThread()
    {
        const string tasks = "/proc/self/task";
        if (Files.TryListDirectory(tasks, out List<string> threads) != Errno.None || threads.Count != 2) return null;
        string other = threads[0] == $"{Environment.ProcessId}" ? threads[1] : threads[0];
        return TryOpen($"{tasks}/{other}/stat");
    }

    // "28140 (name) S ..." (proc_pid_stat(5)). After its work it takes a moment to fall asleep.
    private static bool IsAsleep(Fd thread)
    {
        Span<byte> buffer = stackalloc byte[128];
        for (int attempt = 0; attempt < 100; attempt++)
        {
            ReadOnlySpan<byte> stat = buffer[..Files.PRead(thread, buffer, 0)];
            if (stat[(stat.LastIndexOf((byte)')') + 1)..].StartsWith(" S "u8)) return true;
            Thread.Yield();
        }
        return false;
    }

    /// <summary>The private mappings of files in <paramref name="maps"/> (proc_pid_maps(5)), in its order.</summary>
    internal static List<Mapping> FileMappings(ReadOnlySpan<byte> maps)
    {
        var found = new List<Mapping>();
        while (!maps.IsEmpty)
        {
            int end = maps.IndexOf((byte)'\n');
            if (TryParse(end < 0 ? maps : maps[..end], out Mapping mapping)) found.Add(mapping);
            maps = end < 0 ? default : maps[(end + 1)..];
        }
        return found;
    }

    // "400000-93f000 r-xp 00004000 fe:00 5309526   /usr/bin/skiff"
    private static bool TryParse(ReadOnlySpan<byte> line, out Mapping mapping)
    {
        mapping = default;
        if (!Utf8Parser.TryParse(line, out ulong start, out int digits, 'x') || digits >= line.Length
            || line[digits] != '-') return false;
        line = line[(digits + 1)..];
        if (!Utf8Parser.TryParse(line, out ulong end, out digits, 'x')) return false;
        ReadOnlySpan<byte> rights = line[digits..];
        mapping = new Mapping((nint)start, (nint)end, IsWritable: rights.StartsWith(" rw"u8));
        return rights.Contains((byte)'/')
            && (rights.StartsWith(" r-xp "u8) || rights.StartsWith(" r--p "u8) || rights.StartsWith(" rw-p "u8));
    }

    // Not from the shared pool, which would keep the buffer.
    private static ReadOnlySpan<byte> ReadMappings()
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, "/proc/self/maps", OpenFlags.O_RDONLY, 0, out Fd? fd);
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

    /// <summary>Addresses that show a file.</summary>
    internal readonly record struct Mapping(nint Start, nint End, bool IsWritable);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nint pad);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}
