using System.Runtime.InteropServices;
using System.Text.Json;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>skiff version</c>.</summary>
internal sealed class VersionVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("format", "string", "Format output using a custom template: 'json' or 'TEMPLATE'", 'f'),
    ];

    /// <summary>The engine's version.</summary>
    public const string Version = "0.1.0";

    /// <summary>Docker's word for this binary's architecture.</summary>
    public static string Architecture =>
        RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <inheritdoc/>
    public override string Name => "version";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Show the Skiff version information";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        if (arguments.Value("format") is { Length: > 0 } format)
        {
            DocumentFormat.Print(format, Write);
            return 0;
        }
        Output.Line(
            $"Skiff {Version}\n OS/Arch:        linux/{Architecture}\n Kernel Version: "
                + $"{Skiff.Interop.KernelVersion.Release}");
        return 0;
    }

    // Client and server are one program here.
    private static void Write(Utf8JsonWriter json)
    {
        foreach (string side in (ReadOnlySpan<string>)["Client", "Server"])
        {
            json.WriteStartObject(side);
            json.WriteString("Version", Version);
            json.WriteString("Os", "linux");
            json.WriteString("Arch", Architecture);
            json.WriteString("KernelVersion", Skiff.Interop.KernelVersion.Release);
            json.WriteEndObject();
        }
    }
}
