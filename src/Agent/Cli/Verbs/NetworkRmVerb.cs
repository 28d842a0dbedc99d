using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network rm</c>.</summary>
internal sealed class NetworkRmVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("force", "Do not error if the network does not exist", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "network rm";

    /// <inheritdoc/>
    public override string Usage => "NETWORK [NETWORK...]";

    /// <inheritdoc/>
    public override string Summary => "Remove one or more networks";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

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
                engine.RemoveNetwork(engine.Networks.Get(name));
                Output.Line(name);
            }
            catch (Exception e) when (e is UsageException or LinuxException)
            {
                Output.Error("skiff: " + e.Message);
                bool isMissing = e.Message.EndsWith("not found", StringComparison.Ordinal);
                if (!(isMissing && arguments.Flag("force"))) result = 1;
            }
        }
        return result;
    }
}
