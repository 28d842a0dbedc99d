using System.Globalization;
using Skiff.Interop;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// The names of a log's files: the one being written has the bare name; a full one has a number behind it, for good,
/// the next one the next number, and <c>.gz</c> behind that once it is compressed.
/// </summary>
internal static class LogFileNames
{
    /// <summary>Behind a name: compressed.</summary>
    public const string Compressed = ".gz";

    /// <summary>Behind a name: being compressed. Whoever opens the log for writing removes what is left of these.
    /// </summary>
    public const string Unfinished = ".tmp";

    /// <summary>A full file's name.</summary>
    public static string Full(string path, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");

    /// <summary>The full files, oldest first. One that is there twice was compressed, but not removed yet.</summary>
    public static List<(long Number, bool IsCompressed)> List(string path)
    {
        var found = new List<(long, bool)>();
        string prefix = Path.GetFileName(path) + ".";
        Files.TryListDirectory(Path.GetDirectoryName(path)!, out List<string> names);
        foreach (string name in names)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            ReadOnlySpan<char> rest = name.AsSpan(prefix.Length);
            bool isCompressed = rest.EndsWith(Compressed);
            if (isCompressed) rest = rest[..^Compressed.Length];
            if (long.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                found.Add((number, isCompressed));
        }
        found.Sort();
        return found;
    }
}
