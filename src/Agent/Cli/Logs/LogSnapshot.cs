using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Logs;

/// <summary>The files of a log at one moment, open, while a monitor may go on writing, rotating and compressing them.
/// </summary>
/// <param name="Full">The full ones, oldest first.</param>
/// <param name="Current">The one being written, or null.</param>
/// <param name="Number">The number that <paramref name="Current"/> will have when it is full.</param>
/// <param name="Gone">How many between the one that was asked for and the first of these are gone.</param>
internal sealed record LogSnapshot(List<LogFile> Full, LogFile? Current, long Number, long Gone)
{
    private const int Attempts = 100;

    /// <summary>Opens the files behind the one with that number; 0 for all.</summary>
    public static LogSnapshot Open(string path, long after)
    {
        for (int attempt = 0; ; attempt++)
        {
            List<(long Number, bool IsCompressed)> before = LogFileNames.List(path);
            LogFile? current = LogFile.TryOpen(path, isCompressed: false);
            List<LogFile>? full = TryOpen(path, before, after, out long first);
            // The same list afterwards: so all of these were there together.
            bool isWhole = full is not null && LogFileNames.List(path).SequenceEqual(before) && IsStill(path, current);
            if (isWhole || attempt == Attempts)
            {
                long newest = Math.Max(after, before.Count == 0 ? 0 : before[^1].Number);
                long gone = after > 0 && first > after ? first - after - 1 : 0;
                return new LogSnapshot(full ?? [], current, newest + 1, gone);
            }
            current?.Dispose();
            full?.ForEach(file => file.Dispose());
        }
    }

    private static List<LogFile>? TryOpen(
        string path, List<(long Number, bool IsCompressed)> names, long after, out long first)
    {
        first = 0;
        long last = after;
        var files = new List<LogFile>();
        foreach (var (number, isCompressed) in names)
        {
            if (number <= last) continue; // One that was just compressed is there twice.
            string name = LogFileNames.Full(path, number) + (isCompressed ? LogFileNames.Compressed : "");
            if (LogFile.TryOpen(name, isCompressed) is not { } file)
            {
                files.ForEach(opened => opened.Dispose());
                return null;
            }
            files.Add(file);
            last = number;
            if (first == 0) first = number;
        }
        return files;
    }

    private static bool IsStill(string path, LogFile? current) =>
        Files.TryStatAt(Fd.Cwd, path, AtFlags.None, out FileStatus status) == Errno.None
            ? current?.Inode == status.Ino
            : current is null;
}
