using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// Tells whether a state file that is replaced as a whole, or a directory of names, is still what it was. Take it
/// first and read then: what was read holds as long as the stamp is current. It keeps a descriptor until its disposal:
/// to look at that takes a fifth of what looking up the path does.
/// </summary>
internal sealed class FileStamp : IDisposable
{
    // More than a tick of any kernel: files have the time of the last one (inode_set_ctime_current in Linux).
    private const long SettledMs = 100;

    private readonly string _path;
    private readonly Fd? _fd;
    private readonly FileStatus _status;

    /// <summary>Stamps what is at <paramref name="path"/> now, which may be nothing.</summary>
    public FileStamp(string path)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        _path = path;
        Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_PATH, 0, out _fd);
        _status = Look();
        long changed = (_status.MtimeSeconds * 1000) + (_status.MtimeNanoseconds / 1_000_000);
        IsSettled = _status.Ino == 0 || Math.Abs(now - changed) > SettledMs;
    }

    /// <summary>
    /// Whether the last change was so long ago, when it was stamped, that any later one will have another time. If not,
    /// it says nothing about what is read next.
    /// </summary>
    public bool IsSettled { get; }

    /// <summary>Whether it is the same file, unchanged, or still nothing: one statx(2).</summary>
    public bool IsCurrent()
    {
        FileStatus now = Look();
        // What was replaced or removed has no name any more.
        return now.Ino == _status.Ino && now.Nlink == _status.Nlink && now.MtimeNanoseconds == _status.MtimeNanoseconds
            && now.MtimeSeconds == _status.MtimeSeconds;
    }

    /// <inheritdoc/>
    public void Dispose() => _fd?.Dispose();

    // What cannot be looked at cannot be read either.
    private FileStatus Look()
    {
        Errno errno = _fd is null ? Files.TryStatAt(Fd.Cwd, _path, AtFlags.None, out FileStatus status)
            : Files.TryStatAt(_fd, "", AtFlags.AT_EMPTY_PATH, out status);
        return errno == Errno.None ? status : default;
    }
}
