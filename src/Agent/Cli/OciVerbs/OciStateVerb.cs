using System.Text;
using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci state</c>.</summary>
internal sealed class OciStateVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci state";

    /// <inheritdoc/>
    public override string Usage => "ID";

    /// <inheritdoc/>
    public override string Summary => "Print the state of a container";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        OciContainer container = Open(arguments);
        byte[] state = StateFormat.Write(container.Record, container.Status(), extended: true);
        Output.Line(Encoding.UTF8.GetString(state));
        return 0;
    }
}
