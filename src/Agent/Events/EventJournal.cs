using System.Buffers;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Events;

/// <summary>
/// What has happened, in order: <c>RUNROOT/events</c>, a line each, to which every process of the engine appends with
/// one write(2). When it is full it becomes <c>events.1</c>, whose predecessor goes: the last events are always there,
/// and never more than twice <see cref="MaxBytes"/>. In memory, so nothing of it wears a disk.
/// </summary>
internal sealed class EventJournal(StateRoots roots)
{
    /// <summary>The file's name in the run root.</summary>
    public const string Name = "events";

    /// <summary>Bytes of the file before a new one is begun: some seven hundred events.</summary>
    internal const int MaxBytes = 256 << 10;

    private readonly string _path = Path.Combine(roots.RunRoot, Name);

    /// <summary>The state that it tells of.</summary>
    public StateRoots Roots { get; } = roots;

    /// <summary>Unix nanoseconds.</summary>
    public static long Now => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    /// <summary>Appends an event.</summary>
    /// <param name="type">See <see cref="EngineEvent"/>.</param>
    /// <param name="action">See there.</param>
    /// <param name="id">See there.</param>
    /// <param name="attributes">See there; in any order.</param>
    public void Write(string type, string action, string id, params (string Name, string Value)[] attributes) =>
        Write(Event(type, action, id, attributes));

    /// <summary>An event of now.</summary>
    public static EngineEvent Event(string type, string action, string id, (string Name, string Value)[] attributes)
    {
        Array.Sort(attributes, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return new EngineEvent(type, action, id, attributes, Now);
    }

    /// <summary>Appends events, next to each other. Those that find no room keep nobody from his work.</summary>
    public void Write(params ReadOnlySpan<EngineEvent> events)
    {
        var lines = new ArrayBufferWriter<byte>(1024);
        foreach (EngineEvent happened in events) happened.WriteLine(lines);
        using Fd? file = OpenWithRoom();
        if (file is not null) Files.TryWrite(file, lines.WrittenSpan, out _);
    }

    private Fd? OpenWithRoom()
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            if (TryOpen(out Fd? file) != Errno.None) return null;
            if (Files.Stat(file!).Size < MaxBytes || !TryTurn(file!)) return file;
            file!.Dispose();
        }
        return null;
    }

    private Errno TryOpen(out Fd? file)
    {
        const OpenFlags flags = OpenFlags.O_WRONLY | OpenFlags.O_APPEND | OpenFlags.O_CREAT;
        Errno errno = Files.TryOpenAt(Fd.Cwd, _path, flags, 0x180, out file);
        if (errno != Errno.ENOENT) return errno;
        Files.MakeDirectories(Roots.RunRoot);
        return Files.TryOpenAt(Fd.Cwd, _path, flags, 0x180, out file);
    }

    // Whoever has the lock of the file that still has the name makes room; true when somebody has.
    private bool TryTurn(Fd file)
    {
        if (Files.TryFlock(file, exclusive: true, wait: false) != Errno.None) return false;
        bool isCurrent = Files.TryStatAt(Fd.Cwd, _path, AtFlags.None, out FileStatus status) == Errno.None
            && status.Ino == Files.Stat(file).Ino;
        return !isCurrent || Files.TryRenameAt(Fd.Cwd, _path, Fd.Cwd, _path + ".1") == Errno.None;
    }
}
