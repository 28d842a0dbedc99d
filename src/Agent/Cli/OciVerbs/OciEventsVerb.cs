using Skiff.Agent.Manager;
using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci events</c>.</summary>
internal sealed class OciEventsVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci events";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] ID";

    /// <inheritdoc/>
    public override string Summary => "Print what a container uses, and when it runs out of memory, as JSON lines";

    /// <inheritdoc/>
    public override Option[] Options =>
    [
        Option.Flag("stats", "Once, and only what it uses"),
        Option.Value("interval", "duration", "How often (default \"5s\")"),
    ];

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        TimeSpan interval = arguments.Duration("interval") ?? TimeSpan.FromSeconds(5);
        if (interval < TimeSpan.FromMilliseconds(1) || interval > TimeSpan.FromDays(1))
            throw arguments.Invalid("interval", arguments.Value("interval")!, "from 1ms to 24h are possible");
        ContainerEvents.Follow(Open(arguments), arguments.Flag("stats") ? null : interval, Output.Line);
        return 0;
    }
}
