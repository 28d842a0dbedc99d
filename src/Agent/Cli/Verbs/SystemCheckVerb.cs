using System.Runtime.InteropServices;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>system check</c>; docker has no such verb.</summary>
internal sealed class SystemCheckVerb : Verb
{
    private const int Interrupted = 130;

    private static readonly Option[] s_options =
    [
        Option.Value("format", "string", "Format output: 'json', or lines when not given"),
        Option.Flag("quiet", "Suppress progress output", 'q'),
        Option.Flag("repair", "Make anew or fetch again what is damaged, and remove what nothing needs"),
    ];

    /// <inheritdoc/>
    public override string Name => "system check";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Check that everything in the image store is whole";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        string? format = arguments.Value("format");
        if (format is not (null or "json")) throw arguments.Invalid("format", format, "must be json");
        using var cancel = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, context => { context.Cancel = true; cancel.Cancel(); });
        var text = new CheckText(arguments.Flag("quiet"));
        try
        {
            StoreReport report = engine.CheckStore(text, arguments.Flag("repair") ? text : null, cancel.Token);
            text.End();
            if (format is not null) Output.Line(CheckText.Json(report));
            else
                foreach (string line in CheckText.Lines(report)) Output.Line(line);
            return report.IsClean ? 0 : 1;
        }
        catch (OperationCanceledException)
        {
            text.End();
            return Interrupted;
        }
    }
}
