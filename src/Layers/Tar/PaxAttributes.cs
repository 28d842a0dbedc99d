using System.Buffers;
using System.Buffers.Text;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tar;

/// <summary>
/// What extended headers say about the entries after them (pax in POSIX.1-2017; GNU long names count as such
/// records too). One instance holds a global header's records, another those of the next entry.
/// </summary>
/// <param name="limits">Of extended attributes; null for the defaults.</param>
internal sealed class PaxAttributes(IngestLimits? limits = null)
{
    internal readonly ByteBuffer Path = new();
    internal readonly ByteBuffer LinkPath = new();
    internal readonly XattrList Xattrs = new(limits);
    private readonly XattrList _libarchive = new(limits);
    private readonly ByteBuffer _name = new(), _base64 = new(), _plain = new(); // Of libarchive's form; reused.

    internal long? Size, Uid, Gid, MtimeSeconds;
    internal int MtimeNanoseconds;

    // What GNU.sparse records say: whether there are any, the offsets and lengths in turn, the file's name.
    internal bool Sparse;
    internal long? SparseSize, SparseMajor;
    internal readonly List<long> SparseNumbers = [];
    internal readonly ByteBuffer SparseName = new();

    internal void Clear()
    {
        Path.Clear();
        LinkPath.Clear();
        Xattrs.Clear();
        _libarchive.Clear();
        Size = Uid = Gid = MtimeSeconds = SparseSize = SparseMajor = null;
        Sparse = false;
        SparseNumbers.Clear();
        SparseName.Clear();
    }

    /// <summary>Puts these attributes over what the header block said.</summary>
    internal void ApplyTo(TarEntry entry)
    {
        if (Path.Length > 0) entry.PathBytes.Set(Path.Span);
        if (LinkPath.Length > 0) entry.LinkBytes.Set(LinkPath.Span);
        if (Size is { } size) entry.Size = size;
        if (Uid is { } uid) entry.Uid = (uint)uid;
        if (Gid is { } gid) entry.Gid = (uint)gid;
        if (MtimeSeconds is { } seconds) (entry.MtimeSeconds, entry.MtimeNanoseconds) = (seconds, MtimeNanoseconds);
        // libarchive writes both forms; SCHILY's is binary and wins.
        entry.Xattrs.SetAll(_libarchive);
        entry.Xattrs.SetAll(Xattrs);
    }

    /// <summary>Reads records of the form <c>length key=value\n</c>.</summary>
    /// <param name="records">The extended header's whole body.</param>
    /// <param name="position">Where it starts in the tar, for messages.</param>
    internal void Read(ReadOnlySpan<byte> records, long position)
    {
        while (!records.IsEmpty)
        {
            if (records[0] == 0) return; // Some writers pad the body with NULs.
            if (!Utf8Parser.TryParse(records, out int length, out int digits) || digits == 0 || length > records.Length
                || length < digits + 3 || records[digits] != ' ' || records[length - 1] != '\n')
                throw new ImageException(
                    $"bad pax header at byte {position}: expected records of the form \"length key=value\"");
            ReadOnlySpan<byte> record = records[(digits + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0) throw new ImageException($"bad pax header at byte {position}: a record has no key");
            Set(record[..equals], record[(equals + 1)..], position);
            records = records[length..];
        }
    }

    private void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long position)
    {
        if (key.SequenceEqual("path"u8)) SetPath(Path, value, position);
        else if (key.SequenceEqual("linkpath"u8)) SetPath(LinkPath, value, position);
        else if (key.SequenceEqual("size"u8)) Size = Number(key, value, long.MaxValue, position);
        else if (key.SequenceEqual("uid"u8)) Uid = Number(key, value, uint.MaxValue, position);
        else if (key.SequenceEqual("gid"u8)) Gid = Number(key, value, uint.MaxValue, position);
        else if (key.SequenceEqual("mtime"u8)) SetMtime(value, position);
        else if (key.StartsWith("GNU.sparse."u8)) SetSparse(key, key["GNU.sparse.".Length..], value, position);
        else if (key.StartsWith("SCHILY.xattr."u8)) SetXattr(Xattrs, key["SCHILY.xattr.".Length..], value, position);
        else if (key.StartsWith("LIBARCHIVE.xattr."u8))
            SetLibarchiveXattr(key["LIBARCHIVE.xattr.".Length..], value, position);
    }

    /// <summary>Formats 0.0 (offset and numbytes for each segment), 0.1 (map) and 1.0 (a list in the data).</summary>
    private void SetSparse(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, long position)
    {
        Sparse = true;
        if (name.SequenceEqual("name"u8)) SetPath(SparseName, value, position);
        else if (name.SequenceEqual("major"u8)) SparseMajor = Number(key, value, 1, position);
        else if (name.SequenceEqual("size"u8) || name.SequenceEqual("realsize"u8))
            SparseSize = Number(key, value, long.MaxValue, position);
        else if (name.SequenceEqual("map"u8)) SetSparseMap(key, value, position);
        else if (name.SequenceEqual("offset"u8) || name.SequenceEqual("numbytes"u8))
        {
            if (name[0] == 'o' != (SparseNumbers.Count % 2 == 0))
                throw SparseMap.Bad(position, "offsets and lengths of its data do not alternate");
            SparseNumbers.Add(Number(key, value, long.MaxValue, position) ?? 0);
        }
    }

    private void SetSparseMap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long position)
    {
        SparseNumbers.Clear();
        foreach (Range range in value.Split((byte)','))
            SparseNumbers.Add(Number(key, value[range], long.MaxValue, position) ?? 0);
    }

    private static void SetPath(ByteBuffer path, ReadOnlySpan<byte> value, long position)
    {
        if (value.Contains((byte)0))
            throw new ImageException($"bad pax header at byte {position}: a path has a NUL inside");
        path.Set(value);
    }

    private static long? Number(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long max, long position)
    {
        if (value.IsEmpty) return null;
        bool good = Utf8Parser.TryParse(value, out long number, out int used) && used == value.Length;
        if (good && number >= 0 && number <= max) return number;
        throw new ImageException($"bad pax header at byte {position}: {TarPath.Show(key)} is "
            + $"\"{TarPath.Show(value)}\", expected a number up to {max}");
    }

    private void SetMtime(ReadOnlySpan<byte> value, long position)
    {
        MtimeSeconds = null;
        if (value.IsEmpty) return;
        bool negative = value[0] == '-';
        int dot = value.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = dot < 0 ? value : value[..dot];
        ReadOnlySpan<byte> fraction = dot < 0 ? default : value[(dot + 1)..];
        bool good = Utf8Parser.TryParse(whole, out long seconds, out int used) && used == whole.Length
            && fraction.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
        if (!good)
            throw new ImageException(
                $"bad pax header at byte {position}: mtime is \"{TarPath.Show(value)}\"");
        int nanoseconds = 0;
        for (int i = 0; i < 9; i++) nanoseconds = nanoseconds * 10 + (i < fraction.Length ? fraction[i] - '0' : 0);
        // -1.25 is 1.25 s before the epoch: seconds -2, nanoseconds 750,000,000.
        if (negative && nanoseconds > 0 && seconds > long.MinValue)
            (seconds, nanoseconds) = (seconds - 1, 1_000_000_000 - nanoseconds);
        (MtimeSeconds, MtimeNanoseconds) = (seconds, nanoseconds);
    }

    private static void SetXattr(XattrList list, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, long position)
    {
        // XATTR_NAME_MAX of linux/limits.h; EROFS has 16 bits for the length of a value, XATTR_SIZE_MAX is one more.
        if (name.Length is 0 or > 255 || name.Contains((byte)0) || value.Length > ushort.MaxValue)
            throw new ImageException($"bad pax header at byte {position}: the extended attribute "
                + $"\"{TarPath.Show(name)}\" has a bad name or more than {ushort.MaxValue} bytes");
        list.Set(name, value);
    }

    /// <summary>The name is percent-encoded and the value base64 without padding.</summary>
    private void SetLibarchiveXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, long position)
    {
        UnescapeName(name);
        // Some writers leave out the padding, which the decoder wants.
        ReadOnlySpan<byte> digits = value.TrimEnd((byte)'=');
        _base64.Set(digits);
        _base64.Extend(-digits.Length & 3).Fill((byte)'=');
        _plain.Clear();
        Span<byte> plain = _plain.Extend(Base64.GetMaxDecodedFromUtf8Length(_base64.Length));
        if (Base64.DecodeFromUtf8(_base64.Span, plain, out _, out int length) != OperationStatus.Done)
            throw new ImageException($"bad pax header at byte {position}: LIBARCHIVE.xattr value is not base64");
        SetXattr(_libarchive, _name.Span, plain[..length], position);
    }

    /// <summary>libarchive writes unusual bytes of a name as %XX.</summary>
    private void UnescapeName(ReadOnlySpan<byte> name)
    {
        _name.Clear();
        while (!name.IsEmpty)
        {
            bool escaped = name[0] == '%' && name.Length > 2;
            if (escaped && Utf8Parser.TryParse(name[1..3], out byte plain, out int digits, 'x') && digits == 2)
            {
                _name.Append(plain);
                name = name[3..];
                continue;
            }
            _name.Append(name[0]);
            name = name[1..];
        }
    }
}
