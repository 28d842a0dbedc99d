using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>update</c>: other limits and restart policies for containers that are there.</summary>
internal sealed class UpdateVerb : Verb
{
    private static readonly Option[] s_options =
    [
        .. ResourceUpdate.Table,
        Option.Value("restart", "string", "Restart policy to apply when a container exits"),
    ];

    /// <inheritdoc/>
    public override string Name => "update";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Update configuration of one or more containers";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        if (!arguments.Has("restart") && !ResourceUpdate.IsAny(arguments))
            throw new UsageException("you must provide one or more flags when using this command");
        RestartPolicy? policy = arguments.Value("restart") is { } text ? RestartPolicy.Parse(text) : null;
        return EachContainer.Do(engine, arguments.Positional, config => ResourceUpdate.Run(
            engine, config, ResourceUpdate.Apply(config.Resources, arguments), policy));
    }
}
