using Skiff.Agent.Cli.Display;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>system gc</c>; docker has no such verb.</summary>
internal sealed class SystemGcVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("dry-run", "Show what would be removed, and remove nothing"),
        Option.Value("high", "watermark",
            "Do nothing unless the disk is fuller than this: 90% in use, or 500m left "
            + "(default that of --gc, else 90%)"),
        Option.Value("low", "watermark",
            "Stop when the disk is not fuller than this (default 10% less than high, or twice as much left)"),
    ];

    /// <inheritdoc/>
    public override string Name => "system gc";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Remove unused images from a full disk, least recently used first";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        bool dryRun = arguments.Flag("dry-run");
        PruneResult result = engine.MakeRoom(Marks(engine, arguments), DateTimeOffset.MaxValue, dryRun, wait: true)!;
        foreach (string line in result.Lines) Output.Line(line);
        Output.Line($"{(dryRun ? "Space to reclaim" : "Total reclaimed space")}: {HumanSize.Decimal(result.Bytes)}");
        return 0;
    }

    private static Watermarks Marks(Engine engine, ParsedArguments arguments)
    {
        string? high = arguments.Value("high"), low = arguments.Value("low");
        return high is null && low is null && engine.Roots.Gc is { } marks ? marks
            : Watermarks.Parse(high ?? "90%", low);
    }
}
