using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Values;

/// <summary>A resource limit of <c>--ulimit</c>.</summary>
/// <param name="Name">Docker's word, such as <c>nofile</c>.</param>
/// <param name="Resource">RLIMIT_* of setrlimit(2), the same on x64 and arm64.</param>
/// <param name="Soft">Soft limit; -1 is none.</param>
/// <param name="Hard">Hard limit; -1 is none.</param>
internal readonly record struct Ulimit(string Name, int Resource, long Soft, long Hard)
{
    private static readonly string[] s_names =
    [
        "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending",
        "msgqueue", "nice", "rtprio", "rttime",
    ];

    /// <summary>Reads <c>nofile=1024:2048</c>, or one number for both limits.</summary>
    /// <exception cref="UsageException">Docker's words for what is wrong.</exception>
    public static Ulimit Parse(string text)
    {
        int equals = text.IndexOf('=');
        if (equals < 0 || text.IndexOf('=', equals + 1) >= 0) throw Invalid(text, $"invalid ulimit argument: {text}");
        string name = text[..equals];
        int resource = Array.IndexOf(s_names, name);
        // Docker leaves out the address space, which would hit every runtime that reserves memory.
        if (resource < 0 || name == "as") throw Invalid(text, $"invalid ulimit type: {name}");
        string[] limits = text[(equals + 1)..].Split(':');
        if (limits.Length > 2)
            throw Invalid(text, $"too many limit value arguments - {text[(equals + 1)..]}, can only have up to two, "
                + "`soft[:hard]`");
        long soft = Number(text, limits[0]);
        long hard = limits.Length == 2 ? Number(text, limits[1]) : soft;
        if (hard != -1 && (soft == -1 || soft > hard))
            throw Invalid(text, $"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}");
        return new Ulimit(name, resource, soft, hard);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}={Soft}:{Hard}");

    private static long Number(string text, string limit) =>
        long.TryParse(limit, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= -1
            ? value
            : throw Invalid(text, $"strconv.ParseInt: parsing \"{limit}\": invalid syntax");

    private static UsageException Invalid(string text, string problem) =>
        new($"invalid argument \"{text}\" for \"--ulimit\" flag: {problem}", 125);
}
