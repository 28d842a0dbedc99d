using System.Text;
using Skiff.Agent.Cli.Verbs;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary>
/// <c>skiff oci</c>: the OCI runtime, with runc's command line. The program does nothing else when it is called
/// skiff-runtime.
/// </summary>
internal sealed class OciVerb : Verb
{
    /// <summary>The name by which the program is a runtime only.</summary>
    public const string ProgramName = "skiff-runtime";

    private const string DefaultRoot = "/run/skiff/oci";

    /// <inheritdoc/>
    public override string Name => "oci";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] COMMAND";

    /// <inheritdoc/>
    public override string Summary => "Run bundles as an OCI runtime, with runc's command line";

    /// <inheritdoc/>
    public override Option[] Options =>
    [
        Option.Value("root", "dir", $"Where the state of containers is (default \"{DefaultRoot}\")"),
        Option.Value("log", "file", "Where errors are noted besides standard error"),
        Option.Value("log-format", "string", "text or json (default \"text\")"),
        Option.Flag("debug", "Show where an error comes from"),
        Option.Flag("systemd-cgroup", "cgroupsPath is SLICE:PREFIX:NAME; systemd is not asked"),
        Option.Value("rootless", "bool", "auto or false; true is refused"),
        Option.Value("criu", "path", "Without effect: there are no checkpoints"),
        Option.Flag("version", "Print the version", 'v'),
    ];

    /// <inheritdoc/>
    public override bool OptionsEndAtFirstArgument => true;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        if (arguments.Flag("version")) return Print(
            $"{ProgramName} version {VersionVerb.Version}\nspec: {ContainerSpec.Version}\n");
        var log = new RuntimeLog(arguments.Value("log"), arguments.Value("log-format") == "json");
        try
        {
            OciRuntime runtime = Runtime(arguments, log);
            return arguments.Positional.Count == 0 ? Print(Help(runtime)) : Run(runtime, arguments.Positional);
        }
        catch (Exception e) when (e is UsageException or LinuxException or FormatException
            or PlatformNotSupportedException)
        {
            log.Error(arguments.Flag("debug") ? e.ToString() : e.Message);
            return ExitCode(e);
        }
    }

    // Parsing errors have docker's 125, which nobody expects of a runtime.
    private static int ExitCode(Exception e) => e switch
    {
        UsageException { ExitCode: 126 or 127 } usage => usage.ExitCode,
        _ => 1,
    };

    private int Run(OciRuntime runtime, List<string> words)
    {
        if (words[0] is "checkpoint" or "restore")
            throw new UsageException($"{words[0]} is not supported: there are no checkpoints");
        if (words[0] == "help") return Print(Help(runtime));
        if (RuntimeVerbTable.Find(words[0], runtime) is not { } verb)
            throw new UsageException($"'{words[0]}' is not a command of skiff oci.\nSee 'skiff oci --help'");
        ParsedArguments parsed = ArgumentParser.Parse(verb, [.. words[1..]]);
        return parsed.HelpRequested ? Print(HelpText.ForVerb(verb)) : verb.Run(null!, parsed);
    }

    private static OciRuntime Runtime(ParsedArguments arguments, RuntimeLog log)
    {
        string format = arguments.Value("log-format") ?? "text";
        if (format is not ("text" or "json"))
            throw arguments.Invalid("log-format", format, "text or json is wanted");
        if (arguments.Value("rootless") is { } rootless && rootless is not ("auto" or "false"))
            throw arguments.Invalid("rootless", rootless, "this runtime needs root; auto or false is wanted");
        return new OciRuntime(
            Path.GetFullPath(arguments.Value("root") ?? DefaultRoot), arguments.Flag("systemd-cgroup"), log);
    }

    private string Help(OciRuntime runtime)
    {
        var text = new StringBuilder(HelpText.ForVerb(this)).Append("\nCommands:\n");
        foreach (Verb verb in RuntimeVerbTable.All(runtime))
            text.Append("  ").Append(verb.Name["oci ".Length..].PadRight(12)).Append(verb.Summary).Append('\n');
        return text.ToString();
    }

    private static int Print(string text)
    {
        Output.Text(text);
        return 0;
    }
}
