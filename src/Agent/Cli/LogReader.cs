using System.Text;
using Skiff.Agent.Monitor;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary>
/// Reads a container's log files, oldest first, while its monitor may go on writing and rotating them.
/// </summary>
internal sealed class LogReader(string directory)
{
    private const int FollowIntervalMs = 50;

    private readonly Fd[] _outputs = [Fd.Borrow(1), Fd.Borrow(2)];
    private long _offset;
    private ulong _inode;

    /// <summary>Unix nanoseconds; older lines are left out.</summary>
    public long Since { get; init; }

    /// <summary>Unix nanoseconds, 0 for no end; newer lines are left out.</summary>
    public long Until { get; init; }

    /// <summary>At most so many lines from the end.</summary>
    public int Tail { get; init; } = int.MaxValue;

    /// <summary>RFC 3339 time in front of every line.</summary>
    public bool Timestamps { get; init; }

    /// <summary>Prints what is there now.</summary>
    public void PrintExisting()
    {
        var lines = new Queue<(byte Stream, byte[] Line)>();
        for (int i = LogWriter.FileCount - 1; i >= 0; i--)
        {
            string path = Path.Combine(directory, i == 0 ? LogFormat.FileName : $"{LogFormat.FileName}.{i}");
            if (Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? file) != Errno.None) continue;
            using (file) ReadFrom(file!, 0, (stream, line) => Collect(lines, stream, line));
        }
        foreach (var (stream, line) in lines) Files.WriteAll(_outputs[stream - 1], line);
    }

    /// <summary>Goes on printing until <paramref name="isRunning"/> says no and everything is printed.</summary>
    public void Follow(Func<bool> isRunning)
    {
        using var pause = new ManualResetEvent(false);
        while (true)
        {
            bool running = isRunning();
            PrintNew();
            if (!running) return;
            pause.WaitOne(FollowIntervalMs);
        }
    }

    private void PrintNew()
    {
        if (Files.TryOpenAt(Fd.Cwd, Path.Combine(directory, LogFormat.FileName), OpenFlags.O_RDONLY, 0,
            out Fd? file) != Errno.None) return;
        using (file)
        {
            ulong inode = Files.Stat(file!).Ino;
            if (inode != _inode && _inode != 0) FinishRotated();
            _inode = inode;
            ReadFrom(file!, _offset, (stream, line) => Files.WriteAll(_outputs[stream - 1], line));
        }
    }

    // The file that was being followed is now the first rotated one.
    private void FinishRotated()
    {
        if (Files.TryOpenAt(Fd.Cwd, Path.Combine(directory, LogFormat.FileName + ".1"), OpenFlags.O_RDONLY, 0,
            out Fd? old) == Errno.None)
            using (old)
                ReadFrom(old!, _offset, (stream, line) => Files.WriteAll(_outputs[stream - 1], line));
        _offset = 0;
    }

    private void Collect(Queue<(byte, byte[])> lines, byte stream, byte[] line)
    {
        lines.Enqueue((stream, line));
        if (lines.Count > Tail) lines.Dequeue();
    }

    private void ReadFrom(Fd file, long offset, Action<byte, byte[]> print)
    {
        byte[] buffer = new byte[64 << 10];
        int filled = 0;
        _inode = Files.Stat(file).Ino;
        for (int count; (count = Files.PRead(file, buffer.AsSpan(filled), offset + filled)) > 0;)
        {
            filled += count;
            int used = 0;
            while (LogFormat.TryRead(buffer.AsSpan(used, filled - used), out LogRecord record))
            {
                if (record.UnixNanoseconds >= Since && (Until == 0 || record.UnixNanoseconds <= Until))
                    print(record.Stream,
                        Format(record, buffer.AsSpan(used + LogFormat.HeaderBytes, record.PayloadBytes)));
                used += record.TotalBytes;
            }
            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            offset += used;
            filled -= used;
        }
        _offset = offset;
    }

    private byte[] Format(LogRecord record, ReadOnlySpan<byte> payload)
    {
        if (!Timestamps) return payload.ToArray();
        DateTime time = DateTime.UnixEpoch.AddTicks(record.UnixNanoseconds / 100);
        byte[] prefix =
            Encoding.ASCII.GetBytes(
                time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", System.Globalization.CultureInfo.InvariantCulture)
                    + "00Z ");
        return [.. prefix, .. payload];
    }
}
