using System.Globalization;
using System.Text;
using Skiff.Agent.Containers;
using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Manager;

/// <summary>The engine in numbers, as Prometheus reads them (text exposition format 0.0.4).</summary>
/// <param name="engine">What is asked.</param>
/// <param name="monitors">How many monitors the agent watches.</param>
internal sealed class Metrics(Engine engine, Func<int> monitors)
{
    private static readonly string[] s_states = ["created", "restarting", "running", "paused", "exited", "dead"];

    private static readonly Column[] s_columns =
    [
        new("cpu_seconds_total", "counter", "CPU time used", r => r.Use.CpuUs / 1e6),
        new("memory_bytes", "gauge", "Memory in use without what the page cache can give back",
            r => r.Use.MemoryBytes),
        new("memory_limit_bytes", "gauge", "Memory limit, or all memory of the host", r => r.Use.MemoryLimitBytes),
        new("swap_bytes", "gauge", "Swap in use", r => r.Use.SwapBytes),
        new("io_read_bytes_total", "counter", "Read from block devices", r => r.Use.ReadBytes),
        new("io_written_bytes_total", "counter", "Written to block devices", r => r.Use.WrittenBytes),
        new("network_receive_bytes_total", "counter", "Received by interfaces of its own", r => r.Use.ReceivedBytes),
        new("network_transmit_bytes_total", "counter", "Sent by interfaces of its own", r => r.Use.SentBytes),
        new("pids", "gauge", "Tasks", r => r.Use.Pids),
        new("start_time_seconds", "gauge", "When it was started",
            r => r.State.StartedAt.ToUnixTimeMilliseconds() / 1e3),
        new("restarts_total", "counter", "How often it was started again", r => r.State.RestartCount),
        new("healthy", "gauge", "Whether its health checks succeed",
            r => r.State.Health.Length == 0 ? null : r.State.Health == "healthy" ? 1 : 0),
    ];

    private static readonly (string Resource, Func<ContainerUse, Pressure?> Value)[] s_pressures =
        [("cpu", use => use.CpuPressure), ("memory", use => use.MemoryPressure), ("io", use => use.IoPressure)];

    private readonly record struct Row(ContainerConfig Config, ContainerState State, ContainerUse Use);

    private sealed record Column(string Name, string Type, string Help, Func<Row, double?> Value);

    private readonly StringBuilder _text = new();
    private long _scrapes;

    /// <summary>All of it, as of now.</summary>
    public string Write()
    {
        _text.Clear();
        _scrapes++;
        List<(ContainerConfig Config, ContainerState State)> all = engine.List(all: true);
        WriteEngine(all);
        List<Row> running = [.. all.Where(c => c.State.Pid > 0)
            .Select(c => new Row(c.Config, c.State, engine.UseOf(c.Config, c.State)))];
        foreach (Column column in s_columns)
        {
            Header($"skiff_container_{column.Name}", column.Type, column.Help);
            foreach (Row row in running)
                if (column.Value(row) is { } value) Line($"skiff_container_{column.Name}", Labels(row.Config), value);
        }
        WritePressure(running, "waiting", "Time in which at least one task waited", p => p.SomeTotalUs);
        WritePressure(running, "stalled", "Time in which all tasks waited", p => p.FullTotalUs);
        Header("skiff_container_state", "gauge", "1 for the state that it is in");
        foreach (var (config, state) in all)
            Line("skiff_container_state", $"{Labels(config)},state=\"{state.Status}\"", 1);
        return _text.ToString();
    }

    private void WriteEngine(List<(ContainerConfig Config, ContainerState State)> containers)
    {
        Header("skiff_containers", "gauge", "Containers by state");
        foreach (string state in s_states)
            Line("skiff_containers", $"state=\"{state}\"", containers.Count(c => c.State.Status == state));
        FilesystemStatus disk = engine.Disk();
        Single("skiff_disk_bytes", "gauge", "Size of the disk of the state root", disk.TotalBytes);
        Single("skiff_disk_available_bytes", "gauge", "What is left of it", disk.AvailableBytes);
        Single("skiff_images", "gauge", "Images", engine.Images.List().Count);
        Single("skiff_agent_monitors", "gauge", "Monitors that the agent watches", monitors());
        Single("skiff_agent_scrapes_total", "counter", "Answers to requests for metrics", _scrapes);
    }

    private void WritePressure(List<Row> rows, string name, string help, Func<Pressure, long> microseconds)
    {
        name = $"skiff_container_pressure_{name}_seconds_total";
        Header(name, "counter", help);
        foreach (Row row in rows)
            foreach (var (resource, value) in s_pressures)
                if (value(row.Use) is { } pressure)
                    Line(name, $"{Labels(row.Config)},resource=\"{resource}\"", microseconds(pressure) / 1e6);
    }

    private void Single(string name, string type, string help, double value)
    {
        Header(name, type, help);
        Line(name, "", value);
    }

    private void Header(string name, string type, string help) =>
        _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}.\n# TYPE {name} {type}\n");

    private void Line(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0) _text.Append('{').Append(labels).Append('}');
        _text.Append(CultureInfo.InvariantCulture, $" {value:R}\n");
    }

    private static string Labels(ContainerConfig config) =>
        $"id=\"{config.Id[..12]}\",name=\"{config.Name}\",image=\"{Escaped(config.Image)}\"";

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
