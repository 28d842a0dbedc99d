using Skiff.Interop;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>Docker's <c>local</c>: the engine's own format, small and quick to write (<see cref="LocalLogFormat"/>).
/// </summary>
/// <param name="files">Owned.</param>
internal sealed class LocalLogDriver(LogFiles files) : ILogDriver
{
    /// <summary>The file being written.</summary>
    public const string FileName = "container.log";

    /// <summary>Bytes gathered before they are written: what one read of the container's output becomes.</summary>
    public const int BatchBytes = 2 * (LocalLogFormat.HeaderBytes + LogEntry.MaxBytes);

    private const int WindowBytes = 64 << 10;

    /// <inheritdoc/>
    public bool Keeps => true;

    /// <inheritdoc/>
    public void Write(in LogEntry entry, ReadOnlySpan<byte> line)
    {
        int length = LocalLogFormat.HeaderBytes + line.Length;
        LocalLogFormat.Write(files.Room(length), entry, line);
        files.Advance(length);
    }

    /// <inheritdoc/>
    public void Flush() => files.Flush();

    /// <inheritdoc/>
    public void Dispose() => files.Dispose();

    /// <summary>Where the last whole record of a file ends, looked for from its end.</summary>
    public static long GoodEnd(Fd file)
    {
        byte[] window = new byte[WindowBytes + LocalLogFormat.HeaderBytes + LogEntry.MaxBytes];
        long size = Files.Stat(file).Size;
        for (long start = size; start > 0;)
        {
            start = Math.Max(0, start - WindowBytes);
            int count = ReadAt(file, window, start);
            if (LocalLogFormat.EndOfLast(window.AsSpan(0, count)) is >= 0 and var end) return start + end;
        }
        return 0;
    }

    private static int ReadAt(Fd file, Span<byte> window, long start)
    {
        int filled = 0;
        while (Files.PRead(file, window[filled..], start + filled) is > 0 and var count) filled += count;
        return filled;
    }
}
