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
        foreach (string file in files) ReadFile(file, environment);
        foreach (string value in values)
        {
            if (value.Length == 0 || value[0] == '=')
                throw new UsageException($"invalid argument \"{value}\" for \"-e, --env\" flag: "
                    + $"invalid environment variable: {value}", 125);
            environment.Add(value.Contains('=') ? value : FromHere(value) ?? value);
        }
        return environment;
    }

    /// <summary>The labels of <c>--label</c>; one without a value is empty. Later ones win.</summary>
    /// <exception cref="UsageException">A label without a name.</exception>
    public static Dictionary<string, string> Labels(IReadOnlyList<string> values)
    {
        var labels = new Dictionary<string, string>();
        foreach (string value in values)
        {
            int equals = value.IndexOf('=');
            string name = equals < 0 ? value : value[..equals];
            if (name.Trim().Length == 0) throw new UsageException($"invalid label '{value}': empty name", 125);
            labels[name] = equals < 0 ? "" : value[(equals + 1)..];
        }
        return labels;
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

    /// <summary>Annotations of <c>--annotation</c>; each has a name and a value.</summary>
    /// <exception cref="UsageException">One has not.</exception>
    public static Dictionary<string, string> Annotations(IReadOnlyList<string> values)
    {
        var annotations = new Dictionary<string, string>();
        foreach (string value in values)
        {
            int equals = value.IndexOf('=');
            if (equals <= 0) throw new UsageException(
                $"invalid argument \"{value}\" for \"--annotation\" flag: {value} must be formatted as key=value", 125);
            annotations[value[..equals]] = value[(equals + 1)..];
        }
        return annotations;
    }

    /// <summary>The lines of a file that are neither empty nor comments (<c>--label-file</c>).</summary>
    public static IEnumerable<string> Lines(string path)
    {
        var lines = new List<string>();
        foreach (ReadOnlySpan<char> line in ReadText(path).EnumerateLines())
            if (line.TrimStart(" \t") is { IsEmpty: false } text && text[0] != '#') lines.Add(text.ToString());
        return lines;
    }

    private static void ReadFile(string path, List<string> environment)
    {
        foreach (ReadOnlySpan<char> whole in ReadText(path).EnumerateLines())
        {
            ReadOnlySpan<char> line = whole.TrimStart(" \t");
            if (line.IsEmpty || line[0] == '#') continue;
            int equals = line.IndexOf('=');
            ReadOnlySpan<char> name = equals < 0 ? line : line[..equals];
            if (name.IsEmpty) throw Malformed(path, $"no variable name on line '{line}'");
            if (name.ContainsAny(" \t")) throw Malformed(path, $"variable '{name}' contains whitespaces");
            if (equals >= 0) environment.Add(line.ToString());
            else if (FromHere(line.ToString()) is { } inherited) environment.Add(inherited);
        }
    }

    private static ReadOnlySpan<char> ReadText(string path)
    {
        using Fd fd = Files.Open(path, OpenFlags.O_RDONLY);
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
