using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>rm</c>: removes containers that are not running, or with force any.</summary>
internal sealed class RmVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("force", "Force the removal of a running container (uses SIGKILL)", 'f'),
        Option.Flag("link", "Remove the specified link (not supported)", 'l'),
        Option.Flag("volumes", "Remove anonymous volumes associated with the container", 'v'),
    ];

    /// <inheritdoc/>
    public override string Name => "rm";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Remove one or more containers";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        if (arguments.Flag("link"))
            throw new UsageException("--link is not supported: a link ends with the container that was given it");
        bool force = arguments.Flag("force"), volumes = arguments.Flag("volumes");
        return EachContainer.Do(engine, arguments.Positional, config =>
            engine.Remove(config, force, volumes), missingIsFine: force);
    }
}
