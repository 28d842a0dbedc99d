using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>tag</c>.</summary>
internal sealed class TagVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "tag";

    /// <inheritdoc/>
    public override string Usage => "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]";

    /// <inheritdoc/>
    public override string Summary => "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE";

    /// <inheritdoc/>
    public override int MinimumArguments => 2;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        engine.Tag(arguments.Positional[0], Reference.Parse(arguments.Positional[1]));
        return 0;
    }
}
