using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Values;

/// <summary>Environment variables and labels, from the command line and from files.</summary>
internal static class KeyValues
{
    private static readonly UTF8Encoding s_strict =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The environment of <c>--env-file</c> and <c>-e</c>, in that order: <c>KEY=VALUE</c>, or <c>KEY</c> alone where
    /// the variable is not set here either, which takes it out of the image's environment.
    /// </summary>
    /// <exception cref="UsageException">A file or a variable is not well-formed.</exception>
    public static List<string> Environment(IReadOnlyList<string> files, IReadOnlyList<string> values)
    {
        var environment = new List<string>();
        foreach (string file in files) ReadFile(file, environment, FromHere);
        foreach (string value in values)
        {
            if (value.Length == 0 || value[0] == '=')
                throw new UsageException($"invalid argument \"{value}\" for \"-e, --env\" flag: "
                    + $"invalid environment variable: {value}", 125);
            environment.Add(value.Contains('=') ? value : FromHere(value) ?? value);
        }
        return environment;
    }

    /// <summary>
    /// The labels of <c>--label-file</c> and <c>--label</c>, in that order; one without a value is empty. Later ones
    /// win.
    /// </summary>
    /// <exception cref="UsageException">A label without a name, or with blanks in it.</exception>
    public static Dictionary<string, string> Labels(IReadOnlyList<string> files, IReadOnlyList<string> values)
    {
        var lines = new List<string>();
        foreach (string file in files) ReadFile(file, lines, word => word);
        foreach (string value in values)
        {
            string name = NameOf(value);
            string? problem = name.Length == 0 ? $"invalid label '{value}': empty name"
                : name.AsSpan().ContainsAny(" \t") ? $"label '{name}' contains whitespaces" : null;
            if (problem is not null)
                throw new UsageException($"invalid argument \"{value}\" for \"-l, --label\" flag: {problem}", 125);
            lines.Add(value);
        }
        return Pairs(lines);
    }

    /// <summary>Settings of <c>--sysctl</c>; each has a name and a value. Which there are is checked later.</summary>
    /// <exception cref="UsageException">One has not.</exception>
    public static Dictionary<string, string> Sysctls(IReadOnlyList<string> values)
    {
        foreach (string value in values)
            if (value.IndexOf('=') <= 0) throw new UsageException(
                $"invalid argument \"{value}\" for \"--sysctl\" flag: sysctl '{value}' is not allowed", 125);
        return Pairs(values);
    }

    /// <summary>Options of <c>--log-opt</c>; one without a value is empty. Later ones win.</summary>
    public static Dictionary<string, string> Pairs(IReadOnlyList<string> values)
    {
        var pairs = new Dictionary<string, string>();
        foreach (string value in values)
        {
            int equals = value.IndexOf('=');
            pairs[equals < 0 ? value : value[..equals]] = equals < 0 ? "" : value[(equals + 1)..];
        }
        return pairs;
    }

    /// <summary>Annotations of <c>--annotation</c>; one without a value is empty. Later ones win.</summary>
    /// <exception cref="UsageException">One without a name.</exception>
    public static Dictionary<string, string> Annotations(IReadOnlyList<string> values)
    {
        foreach (string value in values)
            if (NameOf(value).Length == 0) throw new UsageException(
                $"invalid --annotation \"{value}\": the empty string is not permitted as an annotation key");
        return Pairs(values);
    }

    private static string NameOf(string pair) => pair.IndexOf('=') is >= 0 and var equals ? pair[..equals] : pair;

    // A name alone stands for what it is here, if it is anything.
    private static void ReadFile(string path, List<string> environment, Func<string, string?> alone)
    {
        foreach (ReadOnlySpan<char> text in ReadText(path).EnumerateLines())
        {
            ReadOnlySpan<char> line = text.TrimStart(" \t");
            if (line.IsEmpty || line[0] == '#') continue;
            int equals = line.IndexOf('=');
            ReadOnlySpan<char> name = equals < 0 ? line : line[..equals];
            if (name.IsEmpty) throw Malformed(path, $"no variable name on line '{line}'");
            if (name.ContainsAny(" \t")) throw Malformed(path, $"variable '{name}' contains whitespaces");
            if (equals >= 0) environment.Add(line.ToString());
            else if (alone(line.ToString()) is { } whole) environment.Add(whole);
        }
    }

    private static ReadOnlySpan<char> ReadText(string path)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? file);
        if (errno != Errno.None) throw new UsageException($"open {path}: {ErrnoText.Of(errno)}", 125);
        using Fd fd = file!;
        var bytes = new List<byte>();
        Span<byte> buffer = stackalloc byte[4096];
        while (Files.Read(fd, buffer) is var count and > 0) bytes.AddRange(buffer[..count]);
        try
        {
            return s_strict.GetString(bytes.ToArray()).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw Malformed(path, "contains invalid utf8 bytes");
        }
    }

    private static string? FromHere(string name) =>
        System.Environment.GetEnvironmentVariable(name) is { } value ? $"{name}={value}" : null;

    private static UsageException Malformed(string path, string problem) =>
        new($"invalid env file ({path}): {problem}", 125);
}
