using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>The options before the verb.</summary>
internal static class GlobalOptions
{
    /// <summary>The table.</summary>
    public static Option[] Table { get; } =
    [
        Option.Flag("debug", "Show where an error comes from", 'D'),
        Option.Value("root", "string", "Directory of durable state (default \"/var/lib/skiff\")"),
        Option.Value("run-root", "string", "Directory of volatile state (default \"/run/skiff\")"),
        Option.Flag("version", "Print version information and quit", 'v'),
    ];

    /// <summary>Where state lives: the options, else SKIFF_ROOT and SKIFF_RUN_ROOT, else the defaults.</summary>
    public static StateRoots Roots(ParsedArguments globals) => new(
        Absolute(globals.Value("root") ?? FromEnvironment("SKIFF_ROOT") ?? StateRoots.Default.Root),
        Absolute(globals.Value("run-root") ?? FromEnvironment("SKIFF_RUN_ROOT") ?? StateRoots.Default.RunRoot));

    private static string? FromEnvironment(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    // The monitor outlives this process's working directory.
    private static string Absolute(string path) => path.StartsWith('/') ? path : Path.GetFullPath(path);
}
