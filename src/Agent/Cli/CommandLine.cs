using Skiff.Agent.Cli.OciVerbs;
using Skiff.Agent.Cli.Verbs;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Agent.Monitor.Logs;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli;

/// <summary>The command line's front door: finds the verb and runs it.</summary>
internal static class CommandLine
{
    /// <summary>Runs one invocation and returns its exit code, as <c>docker</c> does.</summary>
    public static int Run(string[] args) => Run(IsRuntime ? ["oci", .. args] : args, VerbTable.Rows);

    /// <summary>Runs one invocation with the verbs of <paramref name="rows"/>.</summary>
    public static int Run(ReadOnlySpan<string> args, VerbRow[] rows)
    {
        RootlessMode.Begin();
        bool debug = false;
        int failure = 1;
        string prefix = "";
        try
        {
            ParsedArguments globals = ArgumentParser.ParseOptions(
                GlobalOptions.Table, args, stopAtFirst: true, "skiff", out int end);
            debug = globals.Flag("debug");
            if (globals.HelpRequested || (end == args.Length && !globals.Flag("version")))
                return Print(HelpText.ForProgram(rows));
            if (globals.Flag("version")) return Print($"Skiff version {VersionVerb.Version}\n");
            args = args[end..];
            if (args[0] == "help") return Print(Help(args[1..], rows));
            if (args[0] == MonitorSpawner.Verb)
                return MonitorProcess.Run(GlobalOptions.Roots(globals),
                    new UnixSocket(new Fd(MonitorSpawner.ControlFd)));
            if (args[0] == LogCompressor.Verb) return LogCompressor.Run();
            if (VerbTable.Find(rows, args, out int words) is not { } row) return WithoutVerb(args, rows);
            Verb verb = row.Create();
            ParsedArguments parsed = ArgumentParser.Parse(verb, args[words..]);
            if (parsed.HelpRequested) return Print(HelpText.ForVerb(verb));
            // What the engine refuses is 125 from run alone; create gives 125 for bad flags only. And what is wrong
            // with the words themselves is told without the program's name in front, as docker does.
            if (verb is RunVerb) failure = 125;
            prefix = "skiff: ";
            if (verb is not (OciVerb or VersionVerb)) RootlessMode.Enter(Output.Error);
            return verb.Run(new Engine(GlobalOptions.Roots(globals)) { Warn = Output.Error }, parsed);
        }
        catch (UsageException e)
        {
            Output.Error(prefix + (debug ? e.ToString() : e.Message));
            return failure == 125 && e.ExitCode == 1 ? failure : e.ExitCode;
        }
        catch (Exception e) when (e is LinuxException or ImageException or FormatException
            or PlatformNotSupportedException)
        {
            Output.Error($"skiff: {(debug ? e.ToString() : e.Message)}");
            return failure;
        }
    }

    // A link, or a copy, with that name is what other engines call.
    private static bool IsRuntime =>
        Path.GetFileName(Environment.GetCommandLineArgs()[0].AsSpan()) is OciVerb.ProgramName;

    private static string Help(ReadOnlySpan<string> topic, VerbRow[] rows) =>
        topic.IsEmpty ? HelpText.ForProgram(rows)
        : VerbTable.Find(rows, topic, out _) is { } row ? HelpText.ForVerb(row.Create())
        : topic.Length == 1 && VerbTable.IsManagement(topic[0]) ? HelpText.ForGroup(topic[0], rows)
        : throw new UsageException($"skiff: unknown help topic: {string.Join(' ', topic!)}\nSee 'skiff --help'");

    private static int WithoutVerb(ReadOnlySpan<string> args, VerbRow[] rows)
    {
        if (!VerbTable.IsManagement(args[0]))
            throw new UsageException($"skiff: '{args[0]}' is not a skiff command.\nSee 'skiff --help'");
        string help = HelpText.ForGroup(args[0], rows);
        if (args.Length == 1 || args[1] is "--help" or "-h") return Print(help);
        throw new UsageException($"unknown command: skiff {args[0]} {args[1]}\n\n{help}");
    }

    private static int Print(string text)
    {
        Output.Text(text);
        return 0;
    }
}
