using System.Buffers;
using System.Text;
using Skiff.Interop;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// What a container changed, as a layer's tar: the upper directory of its overlay, whiteouts and opaque marks
/// translated (image-spec layer.md), hard links kept, in the order of names. Sockets are left out, as tar has no word
/// for them; extended attributes go along, without overlayfs's own and without SELinux labels, which are the host's,
/// and sparse files keep their holes.
/// The upper's root itself is no part of the layer: its attributes are the image's affair. Processes may write to the
/// directory meanwhile; what they change is then in the layer or isn't.
/// </summary>
internal sealed class UpperTar : IDisposable
{
    private const OpenFlags Look = OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW;
    private const OpenFlags ReadDirectory = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY;
    // Whoever puts a fifo where a file was does not make us wait for its writer.
    private const OpenFlags ReadFile = OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW | OpenFlags.O_NONBLOCK;

    private readonly Fd _upper;
    private readonly bool _isLayer;
    private readonly ResolveFlags _resolve;
    private readonly List<FileSegment> _segments = [];
    private readonly TarWriter _tar;
    private readonly CancellationToken _cancellation;
    private readonly ByteBuffer _path = new(512);
    private readonly TarEntry _entry = new();
    private readonly Dictionary<(uint, uint, ulong), byte[]> _linked = [];
    private readonly byte[] _piece = ArrayPool<byte>.Shared.Rent(128 << 10);
    private byte[]? _as;
    private int _renamed;

    /// <param name="upper">The upper directory, or any tree that is to be written whole.</param>
    /// <param name="sink">Gets the tar.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <param name="isLayer">Whether the tar has to mean the same as a layer; then no file may be called what says
    /// that another is deleted.</param>
    internal UpperTar(string upper, TarSink sink, CancellationToken cancellation, bool isLayer = true)
        : this(Files.Open(upper, ReadDirectory), sink, cancellation, isLayer, LayerFiles.Inside)
    {
    }

    /// <param name="tree">A directory, an O_PATH descriptor or a detached mount; owned by this from now on.</param>
    /// <param name="sink">Gets the tar.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <param name="isLayer">See above.</param>
    /// <param name="resolve">How paths below the directory are opened: never through a symlink.</param>
    internal UpperTar(Fd tree, TarSink sink, CancellationToken cancellation, bool isLayer, ResolveFlags resolve)
    {
        (_upper, _isLayer, _resolve) = (tree, isLayer, resolve);
        _tar = new TarWriter(sink);
        _cancellation = cancellation;
    }

    /// <summary>Writes it all; false when there is nothing, and then only a tar's end was written.</summary>
    internal bool Write()
    {
        bool any = WriteBelow();
        _tar.Complete();
        return any;
    }

    /// <summary>The id of a mount that is shown empty; 0 for none.</summary>
    internal ulong ForeignMount { get; init; }

    /// <summary>How owners are numbered in the tar; null: as they are.</summary>
    internal OwnerMap? Owners { get; init; }

    /// <summary>
    /// Writes one file of the directory, or the directory itself, with all that is below, under another name.
    /// </summary>
    /// <param name="name">The file's name in the directory; empty for the directory itself.</param>
    /// <param name="newName">What it is called in the tar, <c>.</c> too.</param>
    internal void WriteAs(ReadOnlySpan<byte> name, ReadOnlySpan<byte> newName)
    {
        _as = newName.ToArray();
        _path.Set(name);
        _renamed = name.Length;
        WriteEntry(name.ToArray());
        _tar.Complete();
    }

    public void Dispose()
    {
        _upper.Dispose();
        ArrayPool<byte>.Shared.Return(_piece);
    }

    // No descriptor is held while going down: a container can nest deeper than a process may have descriptors. The
    // length of a path bounds the recursion.
    private bool WriteBelow()
    {
        List<byte[]> names;
        using (Fd? directory = Open(ReadDirectory))
        {
            if (directory is null) return false;
            names = Files.ListNames(directory);
        }
        names.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        int length = _path.Length;
        foreach (byte[] name in names)
        {
            _cancellation.ThrowIfCancellationRequested();
            if (length > 0) _path.Append((byte)'/');
            _path.Append(name);
            // The slash of a directory and the mark of a whiteout need their room.
            if (_path.Length > TarPath.MaxBytes - ".wh.".Length)
                throw Refuse("its path is longer than a path can be");
            WriteEntry(name);
            _path.Truncate(length);
        }
        return names.Count > 0;
    }

    private void WriteEntry(byte[] name)
    {
        using Fd? file = Open(Look);
        if (file is null) return; // It went away meanwhile.
        FileStatus status = Files.Stat(file);
        if (status is { Type: FileType.DT_CHR, RdevMajor: 0, RdevMinor: 0 }) WriteWhiteout(name);
        else if (_isLayer && name.AsSpan().StartsWith(".wh."u8))
            throw Refuse("in a layer, names with .wh. in front say what is deleted (image-spec layer.md)");
        else if (status.IsDirectory) WriteDirectory(status);
        else if (status.Type != FileType.DT_SOCK) WriteFile(file, status);
    }

    private void WriteWhiteout(ReadOnlySpan<byte> name)
    {
        Describe(TarEntryType.Regular, default);
        _entry.PathBytes.Truncate(_path.Length - name.Length);
        _entry.PathBytes.Append(".wh."u8);
        _entry.PathBytes.Append(name);
        _tar.Begin(_entry);
    }

    private void WriteDirectory(FileStatus status)
    {
        Describe(TarEntryType.Directory, status);
        bool opaque, isForeign;
        using (Fd? directory = Open(ReadDirectory))
        {
            if (directory is null) return;
            AddXattrs(directory);
            opaque = Xattrs.TryGet(directory, OverlayMarks.OpaqueName, out byte[] mark) == Errno.None
                && mark is [(byte)'y'];
            // What the kernel makes up for the processes of a container is none of its files.
            isForeign = status.IsMountRoot && _path.Length > 0
                && (status.MountId == ForeignMount || FilesystemTypes.IsPseudo(directory));
        }
        _entry.PathBytes.Append((byte)'/');
        _tar.Begin(_entry);
        if (opaque)
        {
            Describe(TarEntryType.Regular, default);
            _entry.PathBytes.Append("/.wh..wh..opq"u8);
            _tar.Begin(_entry);
        }
        if (!isForeign) WriteBelow();
    }

    private void WriteFile(Fd file, FileStatus status)
    {
        Describe((TarEntryType)(status.Mode & 0xF000), status);
        if (status.Nlink > 1 && !_linked.TryAdd((status.DevMajor, status.DevMinor, status.Ino), _entry.Path.ToArray()))
        {
            _entry.Type = TarEntryType.HardLink;
            _entry.LinkBytes.Set(_linked[(status.DevMajor, status.DevMinor, status.Ino)]);
            _tar.Begin(_entry);
            return;
        }
        if (status.IsRegular)
        {
            WriteContent();
            return;
        }
        AddXattrs(file);
        if (status.IsSymlink) _entry.LinkBytes.Set(Files.ReadLink(file));
        (_entry.DeviceMajor, _entry.DeviceMinor) = (status.RdevMajor, status.RdevMinor);
        _tar.Begin(_entry);
    }

    private void WriteContent()
    {
        using Fd? file = Open(ReadFile);
        if (file is null || Files.Stat(file) is not { IsRegular: true } status) throw Changed();
        AddXattrs(file);
        _entry.Size = status.Size;
        if (TarHoles.TryFind(file, status, _segments))
        {
            _tar.BeginSparse(_entry, _segments);
            foreach (FileSegment segment in _segments) WriteData(file, segment);
            return;
        }
        _tar.Begin(_entry);
        WriteData(file, new FileSegment(0, status.Size));
    }

    private void WriteData(Fd file, FileSegment segment)
    {
        for (long at = segment.Offset; at < segment.End;)
        {
            _cancellation.ThrowIfCancellationRequested();
            int count = Files.PRead(file, _piece.AsSpan(0, (int)Math.Min(segment.End - at, _piece.Length)), at);
            if (count == 0) throw Changed();
            _tar.Write(_piece.AsSpan(0, count));
            at += count;
        }
    }

    private void Describe(TarEntryType type, FileStatus status)
    {
        _entry.PathBytes.Clear();
        AppendName(_entry.PathBytes);
        _entry.LinkBytes.Clear();
        _entry.Xattrs.Clear();
        _entry.Type = type;
        _entry.Mode = status.Permissions;
        (_entry.Uid, _entry.Gid) = Owners?.Inside(status.Uid, status.Gid) ?? (status.Uid, status.Gid);
        (_entry.MtimeSeconds, _entry.MtimeNanoseconds) = (status.MtimeSeconds, (int)status.MtimeNanoseconds);
        (_entry.Size, _entry.DeviceMajor, _entry.DeviceMinor) = (0, 0, 0);
    }

    // What the present path is called in the tar.
    private void AppendName(ByteBuffer name)
    {
        if (_as is null)
        {
            name.Append(_path.Span);
            return;
        }
        name.Append(_as);
        ReadOnlySpan<byte> below = _path.Span[_renamed..];
        if (_renamed == 0 && below.Length > 0) name.Append((byte)'/');
        name.Append(below);
    }

    private void AddXattrs(Fd file)
    {
        Errno errno = Xattrs.TryList(file, out string[] names);
        if (errno is not (Errno.None or Errno.EOPNOTSUPP))
            throw new LinuxException(errno, "flistxattr", file.ToString());
        Array.Sort(names, StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (name.StartsWith(OverlayMarks.Prefix, StringComparison.Ordinal) || name == "security.selinux") continue;
            if (Xattrs.TryGet(file, name, out byte[] value) == Errno.None)
                _entry.Xattrs.Set(Encoding.UTF8.GetBytes(name), value);
        }
    }

    /// <summary>Opens what is at the path now; null when it is gone.</summary>
    private Fd? Open(OpenFlags flags)
    {
        ReadOnlySpan<byte> path = _path.Length == 0 ? "."u8 : _path.Span;
        Errno errno = Files.TryOpenAt2(_upper, path, flags, 0, _resolve, out Fd? fd);
        return errno is Errno.None or Errno.ENOENT ? fd
            : throw new LinuxException(errno, "openat2", $"{_upper}, {TarPath.Show(path)}");
    }

    private ImageException Refuse(string why) =>
        new($"cannot make a {(_isLayer ? "layer" : "tar")} of \"{TarPath.Show(_path.Span)}\" in the container: {why}");

    private ImageException Changed() => Refuse("it changed while it was read; pause the container meanwhile (--pause)");
}
