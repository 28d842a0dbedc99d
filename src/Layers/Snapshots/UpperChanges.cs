using System.Text;
using Skiff.Interop;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// What a container changed: its upper directory compared with the layers below. As docker has it, a directory is
/// changed when something in it is, or when its own attributes are.
/// </summary>
public sealed class UpperChanges
{
    private const OpenFlags Look = OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW;

    private readonly Fd _upper, _lower;
    private readonly IReadOnlyList<string> _own;
    private readonly SortedDictionary<string, ChangeKind> _changes = new(StringComparer.Ordinal);
    private readonly ByteBuffer _path = new(512);

    private UpperChanges(Fd upper, Fd lower, IReadOnlyList<string> own) =>
        (_upper, _lower, _own) = (upper, lower, own);

    /// <summary>Lists the changes in the order of paths, which begin with a slash.</summary>
    /// <param name="upper">The upper directory's path.</param>
    /// <param name="lower">The root of the layers below it, merged.</param>
    /// <param name="own">Paths of empty files that the engine makes, to mount something over them: no changes of the
    /// container's.</param>
    public static IReadOnlyCollection<KeyValuePair<string, ChangeKind>> List(
        string upper, Fd lower, IReadOnlyList<string> own)
    {
        using Fd top = Files.Open(upper, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        var changes = new UpperChanges(top, lower, own);
        changes.Walk();
        return changes._changes;
    }

    // No descriptor is held while going down, as in UpperTar.
    private void Walk()
    {
        List<byte[]> names;
        using (Fd? directory = Open(_upper, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY))
        {
            if (directory is null) return;
            names = Files.ListNames(directory);
        }
        int length = _path.Length;
        foreach (byte[] name in names)
        {
            if (length > 0) _path.Append((byte)'/');
            _path.Append(name);
            Compare(length);
            _path.Truncate(length);
        }
    }

    private void Compare(int parentLength)
    {
        FileStatus now;
        using (Fd? file = Open(_upper, Look))
        {
            if (file is null) return; // It went away meanwhile.
            now = Files.Stat(file);
        }
        using Fd? old = Open(_lower, Look);
        FileStatus before = old is null ? default : Files.Stat(old);
        if (now is { Type: FileType.DT_CHR, RdevMajor: 0, RdevMinor: 0 }) Note(ChangeKind.Deleted, parentLength);
        else if (old is null)
        {
            if (now is not { IsRegular: true, Size: 0 } || !_own.Contains(Show(_path.Span)))
                Note(ChangeKind.Added, parentLength);
        }
        else if (!now.IsDirectory || !before.IsDirectory || !SameAttributes(now, before))
        {
            Note(ChangeKind.Modified, parentLength);
        }
        if (now.IsDirectory) Walk();
    }

    private void Note(ChangeKind kind, int parentLength)
    {
        _changes[Show(_path.Span)] = kind;
        // Those above have changed with it, unless they say something of themselves.
        for (int end = parentLength; end > 0; end = Math.Max(0, _path.Span[..end].LastIndexOf((byte)'/')))
            _changes.TryAdd(Show(_path.Span[..end]), ChangeKind.Modified);
    }

    // The directory of the engine's own files has got the time at which these were made.
    private bool SameAttributes(FileStatus a, FileStatus b)
    {
        if (a.Mode != b.Mode || a.Uid != b.Uid || a.Gid != b.Gid) return false;
        string path = Show(_path.Span) + "/";
        return (a.MtimeSeconds == b.MtimeSeconds && a.MtimeNanoseconds == b.MtimeNanoseconds)
            || _own.Any(own => own.StartsWith(path, StringComparison.Ordinal));
    }

    private static string Show(ReadOnlySpan<byte> path) => "/" + Encoding.UTF8.GetString(path);

    // Null when it is gone, or when what is above it is no directory there.
    private Fd? Open(Fd root, OpenFlags flags)
    {
        ReadOnlySpan<byte> path = _path.Length == 0 ? "."u8 : _path.Span;
        Errno errno = Files.TryOpenAt2(root, path, flags, 0, LayerFiles.Inside, out Fd? fd);
        return errno is Errno.None or Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP ? fd
            : throw new LinuxException(errno, "openat2", $"{root}, {TarPath.Show(path)}");
    }
}
