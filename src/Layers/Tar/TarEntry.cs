namespace Skiff.Layers.Tar;

/// <summary>
/// One entry of a tar, all headers that describe it applied (tar(5), pax in POSIX.1-2017). The parser owns and
/// reuses it: what it shows is valid until the visitor's method returns.
/// </summary>
public sealed class TarEntry
{
    internal readonly ByteBuffer PathBytes = new(512);
    internal readonly ByteBuffer LinkBytes = new(512);

    internal TarEntry(IngestLimits? limits = null) => Xattrs = new XattrList(limits);

    /// <summary>The name as it stands in the tar; not yet normalised (see <see cref="TarPath"/>).</summary>
    public ReadOnlySpan<byte> Path => PathBytes.Span;

    /// <summary>Target of a symbolic or hard link, as it stands in the tar.</summary>
    public ReadOnlySpan<byte> LinkPath => LinkBytes.Span;

    /// <summary>What the entry makes.</summary>
    public TarEntryType Type { get; internal set; }

    /// <summary>Permission bits with set-id and sticky, 07777.</summary>
    public uint Mode { get; internal set; }

    /// <summary>Owner.</summary>
    public uint Uid { get; internal set; }

    /// <summary>Group.</summary>
    public uint Gid { get; internal set; }

    /// <summary>Modification time, seconds since the epoch; negative before 1970.</summary>
    public long MtimeSeconds { get; internal set; }

    /// <summary>Modification time, nanoseconds 0 to 999,999,999.</summary>
    public int MtimeNanoseconds { get; internal set; }

    /// <summary>
    /// Length of the file; 0 for everything but regular files. So many bytes of content follow, unless it is sparse.
    /// </summary>
    public long Size { get; internal set; }

    /// <summary>Of a sparse file: where the data that follows belongs. Null when it has no holes.</summary>
    internal SparseMap? Map { get; set; }

    /// <summary>Where the content starts in the tar, a multiple of 512.</summary>
    public long DataOffset { get; internal set; }

    /// <summary>Device number's major part.</summary>
    public uint DeviceMajor { get; internal set; }

    /// <summary>Device number's minor part.</summary>
    public uint DeviceMinor { get; internal set; }

    /// <summary>Extended attributes (SCHILY.xattr and LIBARCHIVE.xattr records).</summary>
    public XattrList Xattrs { get; }
}
