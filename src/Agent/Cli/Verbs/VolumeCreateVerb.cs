using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>volume create</c>.</summary>
internal sealed class VolumeCreateVerb : Verb
{
    private static readonly string[] s_cluster =
    [
        "availability", "group", "limit-bytes", "required-bytes", "scope", "secret", "sharing", "topology-preferred",
        "topology-required", "type",
    ];

    private static readonly Option[] s_options =
    [
        .. s_cluster.Select(name => Option.List(name, "string", "For cluster volumes (not supported)")),
        Option.Value("driver", "string", "Specify volume driver name (default \"local\")", 'd'),
        Option.List("label", "list", "Set metadata for a volume"),
        Option.List("opt", "map", "Set driver specific options", 'o'),
    ];

    /// <inheritdoc/>
    public override string Name => "volume create";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] [VOLUME]";

    /// <inheritdoc/>
    public override string Summary => "Create a volume";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        if (arguments.Value("driver") is { } driver and not "local")
            throw new UsageException($"create: error looking up volume plugin {driver}: plugin \"{driver}\" not found");
        foreach (string option in s_cluster)
            if (arguments.Has(option)) throw new UsageException(
                $"\"--{option}\" is not supported: it is for Swarm's cluster volumes, and there is no Swarm");
        string name = arguments.Positional.Count > 0 ? arguments.Positional[0] : Containers.ContainerStore.NewId();
        Create(engine, arguments, name);
        Output.Line(name);
        return 0;
    }

    private static void Create(Engine engine, ParsedArguments arguments, string name)
    {
        Dictionary<string, string> options = Values.KeyValues.Pairs(arguments.Values("opt"));
        try
        {
            VolumeOptions.Check(options);
        }
        catch (UsageException e)
        {
            throw new UsageException($"create {name}: --opt: {e.Message}");
        }
        engine.Volumes.Create(name, Values.KeyValues.Labels([], arguments.Values("label")), options,
            anonymous: arguments.Positional.Count == 0);
    }
}
