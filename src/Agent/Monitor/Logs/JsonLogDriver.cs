using Skiff.Interop;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>Docker's <c>json-file</c>: an object a line (<see cref="JsonLogFormat"/>).</summary>
/// <param name="files">Owned.</param>
/// <param name="attributes">As <see cref="JsonLogFormat.Attributes"/> has made them.</param>
internal sealed class JsonLogDriver(LogFiles files, byte[] attributes) : ILogDriver
{
    private const int WindowBytes = 64 << 10;

    /// <summary>The file being written.</summary>
    public static string FileName(string id) => id + "-json.log";

    /// <summary>Bytes gathered before they are written.</summary>
    public static int BatchBytes(byte[] attributes) => JsonLogFormat.MaxBytes(LogEntry.MaxBytes, attributes.Length);

    /// <inheritdoc/>
    public bool Keeps => true;

    /// <inheritdoc/>
    public void Write(in LogEntry entry, ReadOnlySpan<byte> line)
    {
        Span<byte> room = files.Room(JsonLogFormat.MaxBytes(line.Length, attributes.Length));
        files.Advance(JsonLogFormat.Write(room, entry, line, attributes));
    }

    /// <inheritdoc/>
    public void Flush() => files.Flush();

    /// <inheritdoc/>
    public void Dispose() => files.Dispose();

    /// <summary>Where the last whole line of a file ends.</summary>
    public static long GoodEnd(Fd file)
    {
        byte[] window = new byte[WindowBytes];
        for (long end = Files.Stat(file).Size; end > 0;)
        {
            long start = Math.Max(0, end - WindowBytes);
            int count = Files.PRead(file, window.AsSpan(0, (int)(end - start)), start);
            if (window.AsSpan(0, count).LastIndexOf((byte)'\n') is >= 0 and var last) return start + last + 1;
            end = start;
        }
        return 0;
    }
}
