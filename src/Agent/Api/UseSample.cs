using System.Globalization;
using System.Text.Json;
using Skiff.Agent.Cli;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Api;

/// <summary>
/// What a container uses at one moment, in the numbers of the kernel (Engine API, ContainerStats): what cgroup v2 does
/// not count is left out, and of a container that does not run everything.
/// </summary>
internal sealed class UseSample
{
    private const long NsPerUs = 1000, NsPerTick = 10_000_000; // USER_HZ is 100.

    private static readonly (string Name, int Column)[] s_counters =
    [
        ("rx_bytes", 0), ("rx_packets", 1), ("rx_errors", 2), ("rx_dropped", 3), ("tx_bytes", InterfaceUse.Sent),
        ("tx_packets", InterfaceUse.Sent + 1), ("tx_errors", InterfaceUse.Sent + 2),
        ("tx_dropped", InterfaceUse.Sent + 3),
    ];

    private Dictionary<string, long> _cpu = [], _memory = [];
    private IReadOnlyList<IoStat>? _io;
    private List<InterfaceUse>? _interfaces;
    private DateTimeOffset _at;
    private long _hostCpuNs, _cpus;
    private long? _memoryBytes, _pids;
    private long _memoryMax, _pidsMax;

    /// <summary>Whether the container runs.</summary>
    public bool IsRunning => _at != default;

    /// <summary>Reads it.</summary>
    public static UseSample Take(Engine engine, ContainerConfig config)
    {
        var sample = new UseSample();
        ContainerState state = engine.StateOf(config);
        using Cgroup? cgroup = state.Pid > 0 ? ContainerCgroup.TryOpen(config) : null;
        if (state.Pid == 0) return sample;
        sample._at = DateTimeOffset.UtcNow;
        sample.ReadHost();
        if (config.NetworkMode != "host") sample._interfaces = InterfaceUse.Of(state.Pid);
        if (cgroup is null) return sample;
        sample._cpu = cgroup.ReadKeys("cpu.stat");
        sample._memory = cgroup.ReadKeys("memory.stat");
        sample._memoryBytes = cgroup.MemoryCurrentBytes;
        sample._memoryMax = Math.Min(cgroup.MemoryMaxBytes ?? long.MaxValue, Engine.HostMemoryBytes());
        sample._io = cgroup.ReadIoStat();
        sample._pids = cgroup.PidsCurrent ?? cgroup.CountThreads();
        sample._pidsMax = cgroup.PidsMax ?? long.MaxValue;
        return sample;
    }

    /// <summary>Writes it.</summary>
    /// <param name="w">Takes it.</param>
    /// <param name="config">The container.</param>
    /// <param name="before">The one before; null for none.</param>
    public void Write(Utf8JsonWriter w, ContainerConfig config, UseSample? before)
    {
        w.WriteStartObject();
        w.WriteString("name", "/" + config.Name);
        w.WriteString("id", config.Id);
        w.WriteString("read", InspectJson.Time(_at));
        w.WriteString("preread", InspectJson.Time(before?._at ?? default));
        w.WriteStartObject("pids_stats");
        if (_pids is { } pids)
        {
            w.WriteNumber("current", pids);
            w.WriteNumber("limit", _pidsMax == long.MaxValue ? ulong.MaxValue : (ulong)_pidsMax);
        }
        w.WriteEndObject();
        WriteIo(w);
        w.WriteNumber("num_procs", 0);
        w.WriteStartObject("storage_stats");
        w.WriteEndObject();
        WriteCpu(w, "cpu_stats");
        (before ?? new UseSample()).WriteCpu(w, "precpu_stats");
        WriteMemory(w);
        if (_interfaces is { Count: > 0 }) WriteInterfaces(w, _interfaces);
        w.WriteEndObject();
    }

    // The first line of /proc/stat (proc(5)) up to the seventh column, as Docker adds them up.
    private void ReadHost()
    {
        string[] lines = Files.ReadAllText("/proc/stat").Split('\n');
        string[] columns = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (string column in columns.AsSpan(1, 7))
            _hostCpuNs += NsPerTick * long.Parse(column, CultureInfo.InvariantCulture);
        _cpus = lines.Count(line => line.StartsWith("cpu", StringComparison.Ordinal)) - 1;
    }

    private void WriteCpu(Utf8JsonWriter w, string name)
    {
        w.WriteStartObject(name);
        w.WriteStartObject("cpu_usage");
        WriteNs(w, "total_usage", "usage_usec");
        WriteNs(w, "usage_in_kernelmode", "system_usec");
        WriteNs(w, "usage_in_usermode", "user_usec");
        w.WriteEndObject();
        if (_hostCpuNs > 0) w.WriteNumber("system_cpu_usage", _hostCpuNs);
        if (_cpus > 0) w.WriteNumber("online_cpus", _cpus);
        w.WriteStartObject("throttling_data");
        w.WriteNumber("periods", _cpu.GetValueOrDefault("nr_periods"));
        w.WriteNumber("throttled_periods", _cpu.GetValueOrDefault("nr_throttled"));
        WriteNs(w, "throttled_time", "throttled_usec");
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private void WriteNs(Utf8JsonWriter w, string name, string key) =>
        w.WriteNumber(name, NsPerUs * _cpu.GetValueOrDefault(key));

    private void WriteMemory(Utf8JsonWriter w)
    {
        w.WriteStartObject("memory_stats");
        if (_memoryBytes is { } bytes)
        {
            w.WriteNumber("usage", bytes);
            w.WriteStartObject("stats");
            foreach (var (key, value) in _memory) w.WriteNumber(key, value);
            w.WriteEndObject();
            w.WriteNumber("limit", _memoryMax);
        }
        w.WriteEndObject();
    }

    // What only cgroup v1 counts is null, as with Docker.
    private void WriteIo(Utf8JsonWriter w)
    {
        w.WriteStartObject("blkio_stats");
        if (_io is null) w.WriteNull("io_service_bytes_recursive");
        else
        {
            w.WriteStartArray("io_service_bytes_recursive");
            foreach (IoStat row in _io)
            {
                WriteIo(w, row, "read", row.ReadBytes);
                WriteIo(w, row, "write", row.WrittenBytes);
            }
            w.WriteEndArray();
        }
        foreach (string name in (ReadOnlySpan<string>)["io_serviced_recursive", "io_queue_recursive",
            "io_service_time_recursive", "io_wait_time_recursive", "io_merged_recursive", "io_time_recursive",
            "sectors_recursive"]) w.WriteNull(name);
        w.WriteEndObject();
    }

    private static void WriteIo(Utf8JsonWriter w, IoStat row, string op, long bytes)
    {
        w.WriteStartObject();
        w.WriteNumber("major", row.Major);
        w.WriteNumber("minor", row.Minor);
        w.WriteString("op", op);
        w.WriteNumber("value", bytes);
        w.WriteEndObject();
    }

    private static void WriteInterfaces(Utf8JsonWriter w, List<InterfaceUse> interfaces)
    {
        w.WriteStartObject("networks");
        foreach (InterfaceUse use in interfaces)
        {
            w.WriteStartObject(use.Name);
            foreach (var (name, column) in s_counters) w.WriteNumber(name, use.Counters[column]);
            w.WriteEndObject();
        }
        w.WriteEndObject();
    }
}
