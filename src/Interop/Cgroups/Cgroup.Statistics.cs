using System.Globalization;

namespace Skiff.Interop.Cgroups;

/// <content>
/// Reading use and events; each is null when the controller is missing, or the cgroup has been removed meanwhile.
/// </content>
public sealed partial class Cgroup
{
    /// <summary><c>memory.current</c>, in bytes.</summary>
    public long? MemoryCurrentBytes => ReadNumber("memory.current");

    /// <summary><c>memory.max</c>, in bytes; <see cref="long.MaxValue"/> is no limit.</summary>
    public long? MemoryMaxBytes => ReadNumber("memory.max");

    /// <summary><c>memory.swap.current</c>, in bytes.</summary>
    public long? MemorySwapCurrentBytes => ReadNumber("memory.swap.current");

    /// <summary>
    /// Bytes of <c>memory.stat</c>'s <c>inactive_file</c>, which <c>docker stats</c> does not count as use.
    /// </summary>
    public long? MemoryInactiveFileBytes => ReadKey("memory.stat", "inactive_file");

    /// <summary><c>oom_kill</c> of <c>memory.events</c>: processes here or below that the OOM killer took.</summary>
    public long? OomKillCount => ReadKey("memory.events", "oom_kill");

    /// <summary>
    /// Opens <c>memory.events</c>, which has EPOLLPRI after a change until it is read again; null when the controller
    /// is missing.
    /// </summary>
    public Fd? TryOpenMemoryEvents() =>
        Files.TryOpenAt(Directory, "memory.events", OpenFlags.O_RDONLY, 0, out Fd? events) == Errno.None
            ? events : null;

    /// <summary><see cref="OomKillCount"/> of such a file; null when the cgroup is gone.</summary>
    public static long? ReadOomKillCount(Fd memoryEvents)
    {
        Span<byte> bytes = stackalloc byte[512];
        Span<char> text = stackalloc char[512];
        try
        {
            int count = Files.PRead(memoryEvents, bytes, 0);
            System.Text.Encoding.ASCII.GetChars(bytes[..count], text);
            return FlatKeyed.Find(text[..count], "oom_kill");
        }
        catch (LinuxException e) when (e.Errno == Errno.ENODEV)
        {
            return null;
        }
    }

    /// <summary><c>usage_usec</c> of <c>cpu.stat</c>; there even without the cpu controller.</summary>
    public long? CpuUsageUs => ReadKey("cpu.stat", "usage_usec");

    /// <summary><c>pids.current</c>.</summary>
    public long? PidsCurrent => ReadNumber("pids.current");

    /// <summary><c>pids.max</c>; <see cref="long.MaxValue"/> is no limit.</summary>
    public long? PidsMax => ReadNumber("pids.max");

    /// <summary>Tasks in this very cgroup, counted: what there is where the pids controller is missing.</summary>
    public long? CountThreads() => ReadOptional("cgroup.threads") is not { } text ? null
        : text.Length == 0 ? 0 : text.AsSpan().Count('\n') + 1;

    /// <summary>
    /// <c>cpu.pressure</c>, <c>memory.pressure</c> or <c>io.pressure</c>; null when the kernel keeps none (psi=0).
    /// </summary>
    public Pressure? ReadPressure(string resource)
    {
        Errno errno = CgroupFile.TryReadText(Directory, $"{resource}.pressure", out string text);
        return errno == Errno.None && Pressure.TryParse(text, out Pressure pressure) ? pressure : null;
    }

    /// <summary><c>io.stat</c>, one row per device; null when the controller is missing.</summary>
    public IReadOnlyList<IoStat>? ReadIoStat()
    {
        if (ReadOptional("io.stat") is not { } text) return null;
        var rows = new List<IoStat>();
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
            if (IoStat.TryParse(line, out IoStat? row)) rows.Add(row);
        return rows;
    }

    /// <summary>A file of keys and numbers, such as <c>memory.stat</c>; empty when the controller is missing.</summary>
    public Dictionary<string, long> ReadKeys(string file)
    {
        var keys = new Dictionary<string, long>();
        foreach (ReadOnlySpan<char> line in (ReadOptional(file) ?? "").AsSpan().EnumerateLines())
        {
            int space = line.IndexOf(' ');
            if (space > 0) keys[line[..space].ToString()] = FlatKeyed.Number(line[(space + 1)..]);
        }
        return keys;
    }

    private long? ReadNumber(string file) => ReadOptional(file) is { } text ? FlatKeyed.Number(text) : null;

    private long? ReadKey(string file, string key) => ReadOptional(file) is { } text ? FlatKeyed.Find(text, key) : null;

    private string? ReadOptional(string file)
    {
        Errno errno = CgroupFile.TryReadText(Directory, file, out string text);
        if (errno is Errno.ENOENT or Errno.ENODEV) return null;
        return errno == Errno.None ? text : throw new LinuxException(errno, "read cgroup", $"{Path}/{file}");
    }
}
