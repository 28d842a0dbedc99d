using System.Globalization;
using System.Runtime.InteropServices;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Terminals;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Progress;

/// <summary>
/// Shows the progress of a verb's work: on standard output, or on standard error where that is the container's.
/// </summary>
/// <param name="mode">How.</param>
/// <param name="toError">Where.</param>
internal sealed class ProgressView(ProgressMode mode, bool toError)
{
    private const int DefaultColumns = 80, DefaultRows = 24;

    /// <summary>The option of every verb that has progress to show.</summary>
    public static readonly Option Option =
        Option.Value("progress", "string", "Set type of progress output (auto, tty, plain, json)");

    /// <summary>Whether people read it, who are told this and that beside it.</summary>
    public bool IsText => mode is ProgressMode.Plain or ProgressMode.Terminal;

    /// <summary>Whether nothing is shown.</summary>
    public bool IsQuiet => mode is ProgressMode.Quiet;

    /// <summary>Whether there is to be nothing but JSON.</summary>
    public bool IsJson => mode is ProgressMode.Json;

    /// <summary>Reads <c>--progress</c> and <c>--quiet</c>, which goes first.</summary>
    /// <param name="arguments">What was typed.</param>
    /// <param name="toError">Where it will be.</param>
    /// <param name="quiet">What it is with <c>--quiet</c>.</param>
    /// <exception cref="UsageException">There is no such progress, or not here.</exception>
    public static ProgressView Of(
        ParsedArguments arguments, bool toError, ProgressMode quiet = ProgressMode.Quiet)
    {
        string asked = arguments.Value("progress") ?? "auto";
        bool isTerminal = Termios.IsTerminal(Fd.Borrow(toError ? 2 : 1));
        ProgressMode mode = asked switch
        {
            "auto" when isTerminal && Variable("TERM") is not (null or "" or "dumb") => ProgressMode.Terminal,
            "tty" when isTerminal => ProgressMode.Terminal,
            "tty" => throw arguments.Invalid("progress", asked,
                $"standard {(toError ? "error" : "output")} is no terminal: use plain"),
            "auto" or "plain" => ProgressMode.Plain,
            "json" => ProgressMode.Json,
            _ => throw arguments.Invalid("progress", asked, "must be one of auto, tty, plain, json"),
        };
        return new ProgressView(arguments.Flag("quiet") ? quiet : mode, toError);
    }

    /// <summary>Does the work. When it fails, whoever reads JSON is told that too.</summary>
    public T Run<T>(Func<IImageProgress, T> work)
    {
        using var writer = new FdWriter(Fd.Borrow(toError ? 2 : 1));
        IImageProgress progress = mode switch
        {
            ProgressMode.Plain => new PlainProgress(writer),
            ProgressMode.Json => new JsonProgress(writer.WriteBytes),
            ProgressMode.Terminal => new TerminalProgress(writer, Size, ProgressStyle.Of(Variable)),
            _ => new NoProgress(Output.Error),
        };
        using var painter = progress as TerminalProgress;
        using PosixSignalRegistration? resize = painter is null ? null
            : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => painter.Resized());
        try
        {
            return work(progress);
        }
        catch (Exception e) when (e is ImageException or LinuxException or UsageException)
        {
            progress.Fail(e.Message);
            throw;
        }
        catch (OperationCanceledException)
        {
            progress.Fail("interrupted");
            throw;
        }
    }

    // A serial line has no size until somebody sets it; then the variables say more, if there are any.
    private (int Columns, int Rows) Size()
    {
        WindowSize.TryGet(Fd.Borrow(toError ? 2 : 1), out ushort rows, out ushort columns);
        return (columns > 0 ? columns : Number("COLUMNS", DefaultColumns),
            rows > 0 ? rows : Number("LINES", DefaultRows));
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Variable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number : otherwise;

    private static string? Variable(string name) => System.Environment.GetEnvironmentVariable(name);
}
