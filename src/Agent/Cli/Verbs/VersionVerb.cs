using System.Runtime.InteropServices;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>skiff version</c>.</summary>
internal sealed class VersionVerb : Verb
{
    /// <summary>The engine's version.</summary>
    public const string Version = "0.1.0";

    /// <summary>Docker's word for this binary's architecture.</summary>
    public static string Architecture =>
        RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <inheritdoc/>
    public override string Name => "version";

    /// <inheritdoc/>
    public override string Usage => "";

    /// <inheritdoc/>
    public override string Summary => "Show the Skiff version information";

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        Output.Line(
            $"Skiff {Version}\n OS/Arch:        linux/{Architecture}\n Kernel Version: "
                + $"{Skiff.Interop.KernelVersion.Release}");
        return 0;
    }
}
