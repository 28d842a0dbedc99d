using System.Globalization;
using System.Text;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tar;

/// <summary>
/// Writes a tar of ustar entries, each with a pax extended header in front when the ustar one cannot say everything
/// (pax in POSIX.1-2017, tar(5)). The same entries give the same bytes.
/// </summary>
/// <param name="sink">Gets the bytes.</param>
internal sealed class TarWriter(TarSink sink)
{
    private const int NameBytes = 100;
    private const long MaxOctal7 = (1L << 21) - 1, MaxOctal11 = (1L << 33) - 1;
    private static readonly byte[] s_zeros = new byte[2 * TarHeader.BlockSize];

    private readonly ByteBuffer _records = new();
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private long _missing;
    private int _padding;

    /// <summary>Starts an entry; of a regular file, <see cref="TarEntry.Size"/> bytes of content have to
    /// follow.</summary>
    internal void Begin(TarEntry entry)
    {
        _records.Clear();
        GatherRecords(entry);
        if (_records.Length > 0) WriteRecords(entry);
        WriteHeader(entry.Path, TypeFlag(entry.Type), entry);
        _missing = entry.Size;
        _padding = Padding(entry.Size);
    }

    /// <summary>
    /// Starts a regular file with holes, in GNU's format 1.0 of pax (GNU tar manual, "Storing Sparse Files"): what
    /// follows is the data of all segments, and nothing of what lies between them.
    /// </summary>
    /// <param name="entry">Says the whole length.</param>
    /// <param name="segments">What has data, in order; none for a file that is one hole.</param>
    internal void BeginSparse(TarEntry entry, IReadOnlyList<FileSegment> segments)
    {
        _records.Clear();
        AddRecord("GNU.sparse.major"u8, "1"u8);
        AddRecord("GNU.sparse.minor"u8, "0"u8);
        AddRecord("GNU.sparse.name"u8, entry.Path);
        AddRecord("GNU.sparse.realsize"u8, Text(entry.Size));
        byte[] map = MapOf(entry.Size, segments);
        entry.Size = map.Length + segments.Sum(segment => segment.Length);
        // Programs that know nothing of it extract map and data under the name that GNU tar gives them too.
        byte[] name = [.. "GNUSparseFile.0/"u8, .. LastName(entry.Path)];
        entry.PathBytes.Set(name);
        GatherRecords(entry);
        WriteRecords(entry);
        WriteHeader(entry.Path, TypeFlag(entry.Type), entry);
        _missing = entry.Size;
        _padding = Padding(entry.Size);
        Write(map);
    }

    /// <summary>The next bytes of the file's content.</summary>
    internal void Write(ReadOnlySpan<byte> content)
    {
        sink(content);
        _missing -= content.Length;
        if (_missing < 0) throw new ArgumentException("more content than the header said", nameof(content));
        if (_missing > 0 || _padding == 0) return;
        sink(s_zeros.AsSpan(0, _padding));
        _padding = 0;
    }

    /// <summary>Ends the tar.</summary>
    internal void Complete() => sink(s_zeros);

    private void GatherRecords(TarEntry entry)
    {
        if (entry.Path.Length > NameBytes) AddRecord("path"u8, entry.Path);
        if (entry.LinkPath.Length > NameBytes) AddRecord("linkpath"u8, entry.LinkPath);
        if (entry.Size > MaxOctal11) AddRecord("size"u8, Text(entry.Size));
        if (entry.Uid > MaxOctal7) AddRecord("uid"u8, Text(entry.Uid));
        if (entry.Gid > MaxOctal7) AddRecord("gid"u8, Text(entry.Gid));
        if (entry.MtimeSeconds is < 0 or > MaxOctal11 || entry.MtimeNanoseconds != 0)
            AddRecord("mtime"u8, Encoding.ASCII.GetBytes(Time(entry.MtimeSeconds, entry.MtimeNanoseconds)));
        for (int i = 0; i < entry.Xattrs.Count; i++)
        {
            ReadOnlySpan<byte> name = entry.Xattrs.Name(i);
            if (name.Contains((byte)'=')) throw new ImageException(
                $"cannot write \"{TarPath.Show(entry.Path)}\" into a tar: the name of its extended attribute "
                + $"\"{TarPath.Show(name)}\" has a = inside");
            AddRecord([.. "SCHILY.xattr."u8, .. name], entry.Xattrs.Value(i));
        }
    }

    // The number of segments and their numbers, a line each; the last one, of no data, says where the file ends.
    private static byte[] MapOf(long size, IReadOnlyList<FileSegment> segments)
    {
        var map = new ByteBuffer();
        Line(segments.Count + 1);
        foreach (FileSegment segment in segments)
        {
            Line(segment.Offset);
            Line(segment.Length);
        }
        Line(size);
        Line(0);
        map.Extend(Padding(map.Length)).Clear();
        return map.Span.ToArray();

        void Line(long number)
        {
            map.Append(Text(number));
            map.Append((byte)'\n');
        }
    }

    private static byte[] Text(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    // Before the epoch, nanoseconds still count forwards: -2 s and 750,000,000 ns are -1.25.
    private static string Time(long seconds, int nanoseconds)
    {
        if (nanoseconds == 0) return seconds.ToString(CultureInfo.InvariantCulture);
        string sign = seconds < 0 ? "-" : "";
        if (seconds < 0) (seconds, nanoseconds) = (-(seconds + 1), 1_000_000_000 - nanoseconds);
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{seconds}.{nanoseconds:d9}");
    }

    /// <summary>Adds <c>length key=value\n</c>, where the length counts its own digits too.</summary>
    private void AddRecord(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        int rest = 1 + key.Length + 1 + value.Length + 1;
        int length = rest + Text(rest).Length;
        if (Text(length).Length > Text(rest).Length) length++;
        _records.Append(Text(length));
        _records.Append((byte)' ');
        _records.Append(key);
        _records.Append((byte)'=');
        _records.Append(value);
        _records.Append((byte)'\n');
    }

    private void WriteRecords(TarEntry entry)
    {
        byte[] name = [.. "PaxHeaders/"u8, .. LastName(entry.Path)];
        var header = new TarEntry { Mode = 0x1A4, Size = _records.Length };
        WriteHeader(name, (byte)'x', header);
        sink(_records.Span);
        sink(s_zeros.AsSpan(0, Padding(_records.Length)));
    }

    private static ReadOnlySpan<byte> LastName(ReadOnlySpan<byte> path)
    {
        path = path.TrimEnd((byte)'/');
        return path[(path.LastIndexOf((byte)'/') + 1)..];
    }

    private void WriteHeader(ReadOnlySpan<byte> path, byte type, TarEntry entry)
    {
        Span<byte> block = _block;
        block.Clear();
        path[..Math.Min(path.Length, NameBytes)].CopyTo(block);
        Octal(block.Slice(100, 8), entry.Mode);
        Octal(block.Slice(108, 8), entry.Uid > MaxOctal7 ? 0 : entry.Uid);
        Octal(block.Slice(116, 8), entry.Gid > MaxOctal7 ? 0 : entry.Gid);
        Octal(block.Slice(124, 12), entry.Size > MaxOctal11 ? 0 : entry.Size);
        Octal(block.Slice(136, 12), Math.Clamp(entry.MtimeSeconds, 0, MaxOctal11));
        block[156] = type;
        entry.LinkPath[..Math.Min(entry.LinkPath.Length, NameBytes)].CopyTo(block[157..]);
        "ustar\000"u8.CopyTo(block[257..]);
        Octal(block.Slice(329, 8), entry.DeviceMajor);
        Octal(block.Slice(337, 8), entry.DeviceMinor);
        // The checksum counts its own field as blanks, and ends with NUL and blank.
        block.Slice(148, 8).Fill((byte)' ');
        long sum = 0;
        foreach (byte b in block) sum += b;
        Octal(block.Slice(148, 7), sum);
        sink(block);
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (int i = field.Length - 2; i >= 0; i--, value >>= 3) field[i] = (byte)('0' + (value & 7));
    }

    private static byte TypeFlag(TarEntryType type) => type switch
    {
        TarEntryType.HardLink => (byte)'1',
        TarEntryType.Symlink => (byte)'2',
        TarEntryType.CharDevice => (byte)'3',
        TarEntryType.BlockDevice => (byte)'4',
        TarEntryType.Directory => (byte)'5',
        TarEntryType.Fifo => (byte)'6',
        _ => (byte)'0',
    };

    private static int Padding(long size) => (int)(-size & (TarHeader.BlockSize - 1));
}
