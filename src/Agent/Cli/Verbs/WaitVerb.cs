using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>wait</c>: prints exit codes as containers end.</summary>
internal sealed class WaitVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "wait";

    /// <inheritdoc/>
    public override string Usage => "CONTAINER [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Block until one or more containers stop, then print their exit codes";

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
                Output.Line(
                    engine.Wait(engine.Containers.Find(name)).ToString(
                        System.Globalization.CultureInfo.InvariantCulture));
            }
            catch (UsageException e)
            {
                Output.Error("skiff: " + e.Message);
                result = 1;
            }
        }
        return result;
    }
}
