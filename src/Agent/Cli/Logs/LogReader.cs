using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Cli.Logs;

/// <summary>
/// Reads a container's log, oldest line first, across its files, while its monitor may go on writing them. It holds
/// nobody up: files that are gone before they were read are told of.
/// </summary>
/// <param name="path">The file being written.</param>
/// <param name="format">The format of all files.</param>
/// <param name="printer">Prints.</param>
internal sealed class LogReader(string path, ILogFormat format, LogPrinter printer)
{
    private const InotifyMask Changes = InotifyMask.IN_MODIFY | InotifyMask.IN_CREATE | InotifyMask.IN_MOVED_FROM
        | InotifyMask.IN_MOVED_TO | InotifyMask.IN_DELETE | InotifyMask.IN_ONLYDIR;

    private LogFile? _current;
    private long _number;

    /// <summary>Unix nanoseconds; older lines are left out.</summary>
    public long Since { get; init; }

    /// <summary>Unix nanoseconds, 0 for no end; newer lines are left out.</summary>
    public long Until { get; init; }

    /// <summary>At most so many lines from the end; -1 for all.</summary>
    public long Tail { get; init; } = -1;

    /// <summary>Prints what is there now.</summary>
    public void PrintExisting()
    {
        LogSnapshot snapshot = LogSnapshot.Open(path, 0);
        (_current, _number) = (snapshot.Current, snapshot.Number);
        List<LogFile> files = [.. snapshot.Full, .. _current is { } current ? [current] : Array.Empty<LogFile>()];
        int first = 0;
        long skip = Tail < 0 ? 0 : LinesBeforeTail(files, out first);
        for (int i = first; i < files.Count; i++)
        {
            LogFile file = Tail < 0 ? files[i] : files[i].Again();
            if (i == files.Count - 1 && _current is not null) _current = file;
            file.Read(format, record => Take(record, ref skip));
        }
        printer.Flush();
        foreach (LogFile file in snapshot.Full) file.Dispose();
    }

    /// <summary>
    /// Goes on printing until the container has ended and everything is printed. True when its monitor has gone without
    /// a word, so that it may run on.
    /// </summary>
    /// <param name="monitor">The container's monitor, whose end is the end; null when there is none.</param>
    /// <param name="watch">Watches the log's directory since before <see cref="PrintExisting"/>.</param>
    /// <param name="stop">Readable when nobody wants to read on; then it is false, too.</param>
    public bool Follow(UnixSocket? monitor, Inotify watch, Fd? stop = null)
    {
        using var epoll = new Epoll();
        epoll.Add(watch.Fd, EpollEvents.EPOLLIN, 0);
        if (monitor is not null) epoll.Add(monitor.Fd, EpollEvents.EPOLLIN, 1);
        if (stop is not null) epoll.Add(stop, EpollEvents.EPOLLIN, 2);
        Span<EpollEvent> events = stackalloc EpollEvent[3];
        Span<byte> buffer = stackalloc byte[4096];
        bool isRunning = monitor is not null, hasVanished = false;
        for (PrintNew(); isRunning && MsLeft() is not 0 and var timeoutMs; PrintNew())
        {
            int count = epoll.Wait(events, timeoutMs);
            for (int i = 0; i < count; i++)
                if (events[i].Data == 0) while (watch.TryRead(buffer, out _)) { }
                else if (events[i].Data == 2) return false;
                else
                {
                    hasVanished = monitor!.TryReceive(buffer, out int length) != Errno.None || length == 0;
                    isRunning = !hasVanished && buffer[0] != (byte)Monitor.PacketType.Exited;
                }
        }
        return hasVanished;
    }

    /// <summary>A watch for <see cref="Follow"/>.</summary>
    public Inotify Watch()
    {
        var inotify = new Inotify();
        inotify.Add(Path.GetDirectoryName(path)!, Changes);
        return inotify;
    }

    private bool IsWanted(in LogEntry entry) =>
        entry.UnixNanoseconds >= Since && (Until == 0 || entry.UnixNanoseconds <= Until);

    private void Take(in LogRecord record, ref long skip)
    {
        // A clock that is set back makes later lines older: none is the last one for its time.
        if (!IsWanted(record.Entry)) return;
        if (skip == 0) printer.Print(record);
        else if (!record.Entry.Continues) skip--;
    }

    private void PrintNew()
    {
        long skip = 0;
        _current?.Read(format, record => Take(record, ref skip));
        while (IsRotated())
        {
            // Written between the reading and the rotation.
            _current?.Read(format, record => Take(record, ref skip));
            PrintNext();
        }
        printer.Flush();
    }

    private void PrintNext()
    {
        long skip = 0;
        LogSnapshot next = LogSnapshot.Open(path, _current is null ? _number - 1 : _number);
        if (next.Gone > 0)
        {
            printer.Flush();
            Output.Error($"skiff: {next.Gone} files of the log were full and gone before they could be read");
        }
        foreach (LogFile file in next.Full)
        {
            file.Read(format, record => Take(record, ref skip));
            file.Dispose();
        }
        _current?.Dispose();
        (_current, _number) = (next.Current, next.Number);
        _current?.Read(format, record => Take(record, ref skip));
    }

    // Between two files there is none for a moment, and after --rm none at all: then what is open is what there is.
    private bool IsRotated() =>
        Files.TryStatAt(Fd.Cwd, path, AtFlags.None, out FileStatus status) == Errno.None
        && _current?.Inode != status.Ino;

    // How many lines are to be passed over before the tail, counted from the file that it begins in.
    private long LinesBeforeTail(List<LogFile> files, out int first)
    {
        long lines = 0;
        for (first = files.Count; first > 0 && lines <= Tail;)
            lines += CountLines(files[--first], isLast: first == files.Count - 1);
        return Math.Max(0, lines - Tail);
    }

    private long CountLines(LogFile file, bool isLast)
    {
        long lines = 0;
        bool isOpen = false;
        file.Read(format, record =>
        {
            if (!IsWanted(record.Entry)) return;
            isOpen = record.Entry.Continues;
            if (!isOpen) lines++;
        }, quiet: true);
        return isLast && isOpen ? lines + 1 : lines;
    }

    private int MsLeft() => Until == 0 ? -1 : (int)Math.Clamp((Until - LogEntry.Now()) / 1_000_000 + 1, 0, 60_000);
}
