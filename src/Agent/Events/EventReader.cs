using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Events;

/// <summary>Reads the journal: what is there, then what comes.</summary>
internal sealed class EventReader : IDisposable
{
    private readonly string _path;
    private readonly Inotify _changes = new();
    private readonly byte[] _notices = new byte[4096];
    private readonly byte[] _piece = new byte[64 << 10];
    private byte[] _rest = [];
    private Fd? _file;

    /// <summary>Prepares to read; nothing that happens from here on is missed.</summary>
    public EventReader(StateRoots roots)
    {
        _path = Path.Combine(roots.RunRoot, EventJournal.Name);
        Files.MakeDirectories(roots.RunRoot);
        _changes.Add(roots.RunRoot, InotifyMask.IN_MODIFY | InotifyMask.IN_CREATE | InotifyMask.IN_ONLYDIR);
    }

    /// <summary>All events that are there, the oldest first.</summary>
    public List<EngineEvent> ReadHistory()
    {
        List<EngineEvent> events = [];
        if (Files.TryOpenAt(Fd.Cwd, _path + ".1", OpenFlags.O_RDONLY, 0, out _file) == Errno.None) ReadFile(events);
        TakeNext();
        if (_file is not null) ReadFile(events);
        return events;
    }

    /// <summary>Passes over all events that are there.</summary>
    public void SkipHistory()
    {
        TakeNext();
        if (_file is not null) Files.Seek(_file, Files.Stat(_file).Size);
    }

    /// <summary>Waits for events that are new since the last call; an empty list when the time has run out.</summary>
    /// <param name="timeoutMs">-1 waits forever.</param>
    public List<EngineEvent> WaitForMore(long timeoutMs)
    {
        List<EngineEvent> events = [];
        long end = Environment.TickCount64 + timeoutMs;
        while (events.Count == 0)
        {
            long left = timeoutMs < 0 ? -1 : Math.Clamp(end - Environment.TickCount64, 0, int.MaxValue);
            if (left == 0 || Files.Poll(_changes.Fd, PollEvents.POLLIN, (int)left) == PollEvents.None) return events;
            bool isNew = TakeNotices();
            if (_file is not null) ReadFile(events);
            if (!isNew) continue;
            TakeNext();
            if (_file is not null) ReadFile(events);
        }
        return events;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _changes.Dispose();
    }

    // Whether the journal has become another file.
    private bool TakeNotices()
    {
        bool isNew = false;
        while (_changes.TryRead(_notices, out InotifyEvents notices))
            foreach (InotifyEvent notice in notices)
                isNew |= (notice.Mask & InotifyMask.IN_Q_OVERFLOW) != 0
                    || ((notice.Mask & InotifyMask.IN_CREATE) != 0 && notice.Name.SequenceEqual("events"u8));
        return isNew;
    }

    private void TakeNext()
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, _path, OpenFlags.O_RDONLY, 0, out Fd? next);
        if (errno == Errno.None && _file is not null && Files.Stat(next!).Ino == Files.Stat(_file).Ino)
        {
            next!.Dispose();
            return;
        }
        _file?.Dispose();
        (_file, _rest) = (next, []);
    }

    private void ReadFile(List<EngineEvent> events)
    {
        while (Files.Read(_file!, _piece) is > 0 and var count)
        {
            ReadOnlyMemory<byte> bytes = _rest.Length == 0 ? _piece.AsMemory(0, count)
                : (byte[])[.. _rest, .. _piece.AsSpan(0, count)];
            for (int end; (end = bytes.Span.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
                if (EngineEvent.TryParse(bytes[..end]) is { } happened) events.Add(happened);
            _rest = bytes.ToArray();
        }
    }
}
