using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>image pin</c> and <c>image unpin</c>; docker has no such verbs.</summary>
/// <param name="pin">Which of the two.</param>
internal sealed class ImagePinVerb(bool pin) : Verb
{
    /// <inheritdoc/>
    public override string Name => pin ? "image pin" : "image unpin";

    /// <inheritdoc/>
    public override string Usage => "NAME[:TAG|@DIGEST] [NAME...]";

    /// <inheritdoc/>
    public override string Summary => pin
        ? "Keep what a name stands for from being pruned or collected, also when it is unused"
        : "Let what a name stands for be pruned and collected again";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        int result = 0;
        foreach (string name in arguments.Positional)
        {
            try
            {
                engine.Images.Pin(Reference.Parse(name), pin);
                Output.Line(name);
            }
            catch (ImageException e)
            {
                Output.Error("skiff: " + e.Message);
                result = 1;
            }
        }
        return result;
    }
}
