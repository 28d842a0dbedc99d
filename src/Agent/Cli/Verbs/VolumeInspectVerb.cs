using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>volume inspect</c>.</summary>
internal sealed class VolumeInspectVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "volume inspect";

    /// <inheritdoc/>
    public override string Usage => "VOLUME [VOLUME...]";

    /// <inheritdoc/>
    public override string Summary => "Display detailed information on one or more volumes";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        var items = new List<byte[]>();
        foreach (string name in arguments.Positional) items.Add(
            InspectJson.OfVolume(engine.Volumes, engine.Volumes.Get(name)));
        Output.Text(InspectJson.Array(items));
        return 0;
    }
}
