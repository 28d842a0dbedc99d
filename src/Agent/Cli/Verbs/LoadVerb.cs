using Skiff.Agent.Cli.Progress;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Terminals;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>load</c>.</summary>
internal sealed class LoadVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("input", "string", "Read from tar archive file, instead of STDIN", 'i'),
        Option.Value("platform", "string", "Load only the given platform variant (default: this host's)"),
        ProgressView.Option,
        Option.Flag("quiet", "Suppress the load output", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "load";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Load an image from a tar archive or STDIN";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => Interruptible.Run(cancellation =>
    {
        Platform? platform = arguments.Value("platform") is { } text ? Platform.Parse(text) : null;
        // What docker still says when it is quiet is what plain lines have of a load.
        ProgressView view = ProgressView.Of(arguments, toError: false, quiet: ProgressMode.Plain);
        using Stream input = LayerImport.Input(Open(arguments.Value("input")));
        return view.Run(progress =>
        {
            engine.Load(input, platform, progress, cancellation);
            return 0;
        });
    });

    private static Fd Open(string? path)
    {
        if (path is not null) return Files.Open(path, OpenFlags.O_RDONLY);
        Fd input = Fd.Borrow(0);
        return Termios.IsTerminal(input)
            ? throw new UsageException("requested load from stdin, but stdin is empty") : input;
    }
}
