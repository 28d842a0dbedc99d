using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary><c>--env</c> and <c>--env-file</c>.</summary>
internal static class EnvironmentFlags
{
    /// <summary>KEY=VALUE entries, files first; a bare KEY takes this process' value, or nothing when it has none.</summary>
    public static List<string> Read(ParsedArguments arguments)
    {
        var result = new List<string>();
        foreach (string path in arguments.Values("env-file"))
        {
            if (Files.TryReadAllBytes(Fd.Cwd, path, out byte[] bytes) is var errno && errno != Errno.None)
                throw new UsageException($"open {path}: {ErrnoText.Of(errno)}", 125);
            foreach (string line in System.Text.Encoding.UTF8.GetString(bytes).Split('\n'))
                if (line.Trim() is { Length: > 0 } entry && entry[0] != '#')
                    Add(result, line.TrimStart().TrimEnd('\r'));
        }
        foreach (string entry in arguments.Values("env")) Add(result, entry);
        return result;
    }

    private static void Add(List<string> result, string entry)
    {
        int equals = entry.IndexOf('=');
        if (equals == 0 || entry.Length == 0) throw new UsageException($"invalid environment variable: {entry}", 125);
        if (equals > 0) result.Add(entry);
        else if (System.Environment.GetEnvironmentVariable(entry) is { } value) result.Add($"{entry}={value}");
    }
}
