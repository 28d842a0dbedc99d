using System.Text;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci update</c>.</summary>
internal sealed class OciUpdateVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    // Each option as the place in linux.resources that it stands for.
    private static readonly (string Option, string Group, string Field, bool IsText)[] s_fields =
    [
        ("memory", "memory", "limit", false), ("memory-reservation", "memory", "reservation", false),
        ("memory-swap", "memory", "swap", false), ("cpu-share", "cpu", "shares", false),
        ("cpu-quota", "cpu", "quota", false), ("cpu-period", "cpu", "period", false),
        ("cpu-burst", "cpu", "burst", false), ("cpu-idle", "cpu", "idle", false),
        ("cpuset-cpus", "cpu", "cpus", true), ("cpuset-mems", "cpu", "mems", true),
        ("pids-limit", "pids", "limit", false), ("blkio-weight", "blockIO", "weight", false),
    ];

    /// <inheritdoc/>
    public override string Name => "oci update";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] ID";

    /// <inheritdoc/>
    public override string Summary => "Change the limits of a container";

    /// <inheritdoc/>
    public override Option[] Options =>
    [
        Option.Value("resources", "file", "linux.resources as JSON, or - for standard input; alone", 'r'),
        Option.Value("memory", "bytes", "Memory limit"),
        Option.Value("memory-reservation", "bytes", "Memory that is protected"),
        Option.Value("memory-swap", "bytes", "Memory and swap together; -1 for no limit"),
        Option.Value("cpu-share", "number", "CPU shares (relative weight)"),
        Option.Value("cpu-quota", "us", "CPU time in each period"),
        Option.Value("cpu-period", "us", "Length of a period"),
        Option.Value("cpu-burst", "us", "CPU time that may be saved up"),
        Option.Value("cpu-idle", "0|1", "Only when nobody else wants the CPU"),
        Option.Value("cpuset-cpus", "list", "CPUs"),
        Option.Value("cpuset-mems", "list", "Memory nodes"),
        Option.Value("pids-limit", "number", "Number of tasks; -1 for no limit"),
        Option.Value("blkio-weight", "number", "Block I/O weight, 10 to 1000"),
    ];

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        (byte[] json, string source) = arguments.Value("resources") is { } file ? Read(file)
            : (FromOptions(arguments), "update");
        ContainerUpdate.Apply(Open(arguments), ResourceSpec.Parse(json, source), Runtime.Log);
        return 0;
    }

    private static (byte[] Json, string Source) Read(string file)
    {
        if (file != "-") return (Files.ReadAllBytes(file), file);
        Errno errno = Files.TryReadToEnd(Fd.Borrow(0), out byte[] json);
        return errno == Errno.None ? (json, "standard input")
            : throw new LinuxException(errno, "read", "standard input");
    }

    // The same document that --resources takes, so both are checked alike.
    private static byte[] FromOptions(ParsedArguments arguments)
    {
        var groups = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (option, group, field, isText) in s_fields)
        {
            if (!arguments.Has(option)) continue;
            string value = isText ? Quoted(arguments, option) : Number(arguments, option);
            if (!groups.TryGetValue(group, out List<string>? fields)) groups[group] = fields = [];
            fields.Add($"\"{field}\":{value}");
        }
        if (groups.Count == 0) throw new UsageException("\"skiff oci update\": nothing to change was given");
        return Encoding.UTF8.GetBytes(
            $"{{{string.Join(',', groups.Select(g => $"\"{g.Key}\":{{{string.Join(',', g.Value)}}}"))}}}");
    }

    private static string Number(ParsedArguments arguments, string option) =>
        $"{(arguments.Value(option) == "-1" ? -1 : option.StartsWith("memory", StringComparison.Ordinal)
            ? arguments.Bytes(option) : arguments.Number(option))}";

    private static string Quoted(ParsedArguments arguments, string option)
    {
        string text = arguments.Value(option)!;
        foreach (char c in text)
            if (!char.IsAsciiDigit(c) && c is not (',' or '-'))
                throw arguments.Invalid(option, text, "a list such as 0-3,7 is wanted");
        return $"\"{text}\"";
    }
}
