using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>events: runc's JSON lines, {"type":"stats"|"oom","id":...,"data":...}.</summary>
internal static class ContainerEvents
{
    /// <summary>Prints once, or at an interval until the container has ended.</summary>
    /// <param name="container">The container.</param>
    /// <param name="interval">How often; null for once.</param>
    /// <param name="print">Gets a line.</param>
    public static void Follow(OciContainer container, TimeSpan? interval, Action<string> print)
    {
        using PidFd process = container.RequireProcess("watch");
        using Cgroup cgroup = container.OpenCgroup();
        print(Stats(container.Record.Id, cgroup));
        long killed = cgroup.OomKillCount ?? 0;
        while (interval is { } pause)
        {
            if (Files.Poll(process.Fd, PollEvents.POLLIN, (int)pause.TotalMilliseconds) != PollEvents.None) return;
            long now = cgroup.OomKillCount ?? 0;
            if (now > killed) print($"{{\"type\":\"oom\",\"id\":\"{container.Record.Id}\"}}");
            killed = now;
            print(Stats(container.Record.Id, cgroup));
        }
    }

    private static string Stats(string id, Cgroup cgroup)
    {
        var text = new JsonText();
        text.WriteStartObject();
        text.WriteString("type", "stats");
        text.WriteString("id", id);
        text.WriteStartObject("data");
        WriteCpu(text, cgroup);
        WriteMemory(text, cgroup);
        WritePids(text, cgroup);
        WriteIo(text, cgroup);
        text.WriteEndObject();
        text.WriteEndObject();
        return Encoding.UTF8.GetString(text.Bytes.Span);
    }

    private static void WriteCpu(JsonText text, Cgroup cgroup)
    {
        Dictionary<string, long> stat = cgroup.ReadKeys("cpu.stat");
        text.WriteStartObject("cpu");
        text.WriteStartObject("usage");
        text.WriteNumber("total", Nanoseconds("usage_usec"));
        text.WriteNumber("kernel", Nanoseconds("system_usec"));
        text.WriteNumber("user", Nanoseconds("user_usec"));
        text.WriteEndObject();
        text.WriteStartObject("throttling");
        text.WriteNumber("periods", stat.GetValueOrDefault("nr_periods"));
        text.WriteNumber("throttledPeriods", stat.GetValueOrDefault("nr_throttled"));
        text.WriteNumber("throttledTime", Nanoseconds("throttled_usec"));
        text.WriteEndObject();
        text.WriteEndObject();

        long Nanoseconds(string key) => stat.GetValueOrDefault(key) * 1000;
    }

    private static void WriteMemory(JsonText text, Cgroup cgroup)
    {
        if (cgroup.MemoryCurrentBytes is not { } usage) return;
        text.WriteStartObject("memory");
        text.WriteStartObject("usage");
        text.WriteNumber("usage", usage);
        text.WriteNumber("limit", cgroup.MemoryMaxBytes ?? long.MaxValue);
        text.WriteNumber("failcnt", cgroup.ReadKeys("memory.events").GetValueOrDefault("max"));
        text.WriteEndObject();
        text.WriteStartObject("raw");
        foreach (var (key, value) in cgroup.ReadKeys("memory.stat")) text.WriteNumber(key, value);
        text.WriteEndObject();
        text.WriteEndObject();
    }

    private static void WritePids(JsonText text, Cgroup cgroup)
    {
        text.WriteStartObject("pids");
        text.WriteNumber("current", cgroup.PidsCurrent ?? cgroup.ProcessesBelow().Count);
        if (cgroup.PidsMax is { } limit and not long.MaxValue) text.WriteNumber("limit", limit);
        text.WriteEndObject();
    }

    private static void WriteIo(JsonText text, Cgroup cgroup)
    {
        if (cgroup.ReadIoStat() is not { } rows) return;
        text.WriteStartObject("blkio");
        text.WriteStartArray("ioServiceBytesRecursive");
        foreach (IoStat row in rows)
        {
            WriteRow(text, row, "Read", row.ReadBytes);
            WriteRow(text, row, "Write", row.WrittenBytes);
        }
        text.WriteEndArray();
        text.WriteStartArray("ioServicedRecursive");
        foreach (IoStat row in rows)
        {
            WriteRow(text, row, "Read", row.Reads);
            WriteRow(text, row, "Write", row.Writes);
        }
        text.WriteEndArray();
        text.WriteEndObject();
    }

    private static void WriteRow(JsonText text, IoStat row, string operation, long value)
    {
        text.WriteStartObject();
        text.WriteNumber("major", row.Major);
        text.WriteNumber("minor", row.Minor);
        text.WriteString("op", operation);
        text.WriteNumber("value", value);
        text.WriteEndObject();
    }
}
