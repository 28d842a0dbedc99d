using Skiff.Agent.Cli.Values;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;

namespace Skiff.Agent.Cli;

/// <summary>The options before the verb.</summary>
internal static class GlobalOptions
{
    /// <summary>The table.</summary>
    public static Option[] Table { get; } =
    [
        Option.Value("cdi-spec-dirs", "dirs",
            "Where vendors describe devices, DIR[:...] (default \"/etc/cdi:/var/run/cdi\")"),
        Option.Flag("debug", "Show where an error comes from", 'D'),
        Option.Value("gc", "HIGH[,LOW]",
            "Remove unused images from a disk that is fuller than HIGH (90% in use, 500m left), until LOW "
            + "(default: never)"),
        Option.Value("limits", "string", "What is refused of an image for its size: NAME=NUMBER,..."),
        Option.Value("logs", "file",
            "Log driver and options of containers that ask for none (default \"/etc/skiff/logs.json\")"),
        Option.Value("policy", "file",
            "Which images are trusted, and whose signatures (default \"/etc/skiff/policy.json\")"),
        Option.Value("preloaded", "dirs",
            "Images that are only read, DIR|FILE.tar[:...] (default \"/usr/share/skiff/images\")"),
        Option.Value("registries", "file",
            "Mirrors, blocked and insecure registries (default \"/etc/skiff/registries.json\")"),
        Option.Value("root", "string",
            "Directory of durable state (default \"/var/lib/skiff\", without root ~/.local/share/skiff)"),
        Option.Value("run-root", "string",
            "Directory of volatile state (default \"/run/skiff\", without root $XDG_RUNTIME_DIR/skiff)"),
        Option.Value("snapshotter", "string",
            "Form of layers on disk: erofs or overlay (default: what the kernel can)"),
        Option.Flag("version", "Print version information and quit", 'v'),
    ];

    /// <summary>
    /// Where state lives: the options, else SKIFF_ROOT, SKIFF_RUN_ROOT and SKIFF_SNAPSHOTTER, else the defaults.
    /// SKIFF_REGISTRIES, or the option, is the file that says where names of images lead,
    /// SKIFF_POLICY, or the option, the one that says which images are trusted.
    /// SKIFF_LOGS, or the option, is the file with the defaults of logs.
    /// SKIFF_PRELOADED, or the option, names the directories of preloaded images.
    /// SKIFF_CDI_SPEC_DIRS, or the option, names the directories with files about devices.
    /// SKIFF_LIMITS, or the option, says how much of an image is taken, SKIFF_GC when unused images go,
    /// SKIFF_LIMIT_RATE how fast an image comes, SKIFF_KEEP_PARTIAL how long a download that was cut off is kept.
    /// </summary>
    public static StateRoots Roots(ParsedArguments globals) => new(
        Absolute(globals.Value("root") ?? FromEnvironment("SKIFF_ROOT") ?? StateRoots.Default.Root),
        Absolute(globals.Value("run-root") ?? FromEnvironment("SKIFF_RUN_ROOT") ?? StateRoots.Default.RunRoot),
        LayerStore(globals.Value("snapshotter") ?? FromEnvironment("SKIFF_SNAPSHOTTER")),
        LimitOptions.Parse(globals.Value("limits") ?? FromEnvironment("SKIFF_LIMITS")),
        FromEnvironment("SKIFF_LIMIT_RATE") is { } rate ? PullRate.Parse("SKIFF_LIMIT_RATE", rate) : null,
        (globals.Value("registries") ?? FromEnvironment("SKIFF_REGISTRIES")) is { } file ? Absolute(file) : null,
        FromEnvironment("SKIFF_KEEP_PARTIAL") is { } age ? Age("SKIFF_KEEP_PARTIAL", age) : null,
        (globals.Value("gc") ?? FromEnvironment("SKIFF_GC")) is { } marks ? Watermarks.Parse(marks) : null,
        (globals.Value("policy") ?? FromEnvironment("SKIFF_POLICY")) is { } policy ? Absolute(policy) : null)
    {
        Preloaded = Places(globals, "preloaded", "SKIFF_PRELOADED") ?? StateRoots.Default.Preloaded,
        CdiSpecDirectories = Places(globals, "cdi-spec-dirs", "SKIFF_CDI_SPEC_DIRS")
            ?? StateRoots.Default.CdiSpecDirectories,
        LogsFile = (globals.Value("logs") ?? FromEnvironment("SKIFF_LOGS")) is { } logs ? Absolute(logs) : null,
    };

    /// <summary>Reads a duration that is not negative.</summary>
    /// <param name="name">Where it was given, for messages.</param>
    /// <param name="text">The duration.</param>
    internal static TimeSpan Age(string name, string text) =>
        GoDuration.TryParse(text, out TimeSpan age, out string problem) && age >= TimeSpan.Zero ? age
            : throw new UsageException($"bad {name}: {problem}: expected a duration such as 72h");

    private static string? LayerStore(string? name) => name switch
    {
        // The kernel mounts EROFS for root alone.
        null or "overlay" when RootlessMode.IsOn => "overlay",
        "erofs" when RootlessMode.IsOn => throw new UsageException("layer store erofs needs root: use overlay"),
        null or "erofs" or "overlay" => name,
        _ => throw new UsageException($"unknown layer store \"{name}\": expected erofs or overlay"),
    };

    // Given but empty, there is none.
    private static string[]? Places(ParsedArguments globals, string option, string variable) =>
        (globals.Value(option) ?? Environment.GetEnvironmentVariable(variable)) is { } places
            ? [.. places.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(Absolute)] : null;

    private static string? FromEnvironment(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    // The monitor outlives this process's working directory.
    private static string Absolute(string path) => path.StartsWith('/') ? path : Path.GetFullPath(path);
}
