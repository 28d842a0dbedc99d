using System.Globalization;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Events;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>stats</c>: what containers use, once or every second.</summary>
internal sealed class StatsVerb : Verb
{
    private const int IntervalMs = 1000;
    private const string Unknown = "--";

    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Show all containers (default shows just running)", 'a'),
        Option.Value("format", "string",
            "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"),
        Option.Flag("no-stream", "Disable streaming stats and only pull the first result"),
        Option.Flag("no-trunc", "Do not truncate output"),
    ];

    private readonly record struct Row(string Asked, ContainerConfig Config, ContainerUse Use, double CpuPercent);

    /// <inheritdoc/>
    public override string Name => "stats";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Display a live stream of container(s) resource usage statistics";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        Listing<Row> listing = Columns(arguments.Flag("no-trunc"));
        bool once = arguments.Flag("no-stream"), all = arguments.Flag("all");
        string? format = arguments.Value("format");
        listing.Render([], format); // A bad template is told before anything is waited for.
        foreach (string name in arguments.Positional) engine.Containers.Find(name);
        bool clear = !once && format != "json" && Termios.IsTerminal(Fd.Borrow(1));
        using var timer = new TimerFd();
        timer.SetInterval(IntervalMs, IntervalMs);
        Dictionary<string, ContainerUse> before = Look(engine, arguments.Positional, all)
            .ToDictionary(seen => seen.Config.Id, seen => seen.Use);
        while (true)
        {
            Files.Poll(timer.Fd, PollEvents.POLLIN, -1);
            timer.TakeExpirations();
            List<Row> rows = Look(engine, arguments.Positional, all);
            if (rows.Count == 0 && arguments.Positional.Count > 0) return 0;
            for (int i = 0; i < rows.Count; i++)
                if (before.TryGetValue(rows[i].Config.Id, out ContainerUse? earlier))
                    rows[i] = rows[i] with { CpuPercent = rows[i].Use.CpuPercentSince(earlier) };
            string text = listing.Render(rows, format);
            // Over what is there, so that nothing flickers: home, each line to its end, and what is below.
            Output.Text(clear ? $"\e[H{text.Replace("\n", "\e[K\n", StringComparison.Ordinal)}\e[J" : text);
            if (once) return 0;
            before = rows.DistinctBy(row => row.Config.Id).ToDictionary(row => row.Config.Id, row => row.Use);
        }
    }

    private static List<Row> Look(Engine engine, List<string> names, bool all)
    {
        List<Row> rows = [];
        if (names.Count == 0)
            foreach (var (config, state) in engine.List(all))
                rows.Add(new Row(config.Id[..12], config, engine.UseOf(config, state), 0));
        foreach (string name in names)
            if (TryFind(engine, name) is { } config)
                rows.Add(new Row(name, config, engine.UseOf(config, engine.StateOf(config)), 0));
        return rows;
    }

    // One that was there at the start may be removed meanwhile.
    private static ContainerConfig? TryFind(Engine engine, string name)
    {
        try
        {
            return engine.Containers.Find(name);
        }
        catch (UsageException)
        {
            return null;
        }
    }

    private static Listing<Row> Columns(bool full) => new(
        new("Container", "CONTAINER", r => r.Asked, Shown: false),
        new("ID", "CONTAINER ID", r => full ? r.Config.Id : r.Config.Id[..12]),
        new("Name", "NAME", r => r.Config.Name),
        new("CPUPerc", "CPU %", r => Percent(r.CpuPercent)),
        new("MemUsage", "MEM USAGE / LIMIT", r =>
            $"{Binary(r.Use.MemoryBytes)} / {HumanSize.Binary(r.Use.MemoryLimitBytes)}"),
        new("MemPerc", "MEM %", r => r.Use is not { MemoryBytes: { } used } ? Unknown
            : Percent(r.Use.MemoryLimitBytes == 0 ? 0 : used * 100.0 / r.Use.MemoryLimitBytes)),
        new("SwapUsage", "SWAP", r => Binary(r.Use.SwapBytes), Shown: false),
        new("NetIO", "NET I/O", r =>
            $"{HumanSize.Decimal(r.Use.ReceivedBytes)} / {HumanSize.Decimal(r.Use.SentBytes)}"),
        new("BlockIO", "BLOCK I/O", r => $"{Decimal(r.Use.ReadBytes)} / {Decimal(r.Use.WrittenBytes)}"),
        new("PIDs", "PIDS", r => r.Use.Pids?.ToString(CultureInfo.InvariantCulture) ?? Unknown),
        new("CPUPressure", "CPU PRESSURE", r => Waiting(r.Use.CpuPressure), Shown: false),
        new("MemPressure", "MEM PRESSURE", r => Waiting(r.Use.MemoryPressure), Shown: false),
        new("IOPressure", "IO PRESSURE", r => Waiting(r.Use.IoPressure), Shown: false));

    private static string Percent(double percent) => percent.ToString("0.00", CultureInfo.InvariantCulture) + "%";

    private static string Waiting(Pressure? pressure) =>
        pressure is { } known ? $"{Percent(known.SomePercent)} / {Percent(known.FullPercent)}" : Unknown;

    private static string Binary(long? bytes) => bytes is { } known ? HumanSize.Binary(known) : Unknown;

    private static string Decimal(long? bytes) => bytes is { } known ? HumanSize.Decimal(known) : Unknown;
}
