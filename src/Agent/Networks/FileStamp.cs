using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// Tells whether a state file that is replaced as a whole, or a directory of names, is still what it was. Take it
/// first and read then: what was read holds as long as the stamp is current.
/// </summary>
internal sealed class FileStamp
{
    // More than a tick of any kernel: files have the time of the last one (inode_set_ctime_current in Linux).
    private const long SettledMs = 100;

    private readonly string _path;
    private readonly FileStatus _status;

    /// <summary>Stamps what is at <paramref name="path"/> now, which may be nothing.</summary>
    public FileStamp(string path)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        (_path, _status) = (path, Look(path));
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
        FileStatus now = Look(_path);
        return now.Ino == _status.Ino && now.MtimeNanoseconds == _status.MtimeNanoseconds
            && now.MtimeSeconds == _status.MtimeSeconds;
    }

    // What cannot be looked at cannot be read either.
    private static FileStatus Look(string path) =>
        Files.TryStatAt(Fd.Cwd, path, AtFlags.None, out FileStatus status) == Errno.None ? status : default;
}
