using System.Buffers.Binary;
using System.Numerics;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// The files of the driver <c>local</c>: records of a 16-byte header (the line's length u16, check of the header u16,
/// check of the line u16, stream u8: 1 stdout, 2 stderr, flags u8: 1 = the line goes on in the next record, time in
/// Unix nanoseconds i64; all little endian) and the line's bytes, newline included. A check is a CRC-32C, its halves
/// combined by exclusive or, of the line, and of the header with zeros in the place of its own: so a reader knows what
/// is damaged, and where the next sound record begins.
/// </summary>
internal sealed class LocalLogFormat : ILogFormat
{
    /// <summary>Bytes in front of each line.</summary>
    public const int HeaderBytes = 16;

    private const byte ContinuesFlag = 1;

    private byte[] _line = [];

    /// <inheritdoc/>
    public int MaxRecordBytes => HeaderBytes + LogEntry.MaxBytes;

    /// <summary>Writes a record, which takes <see cref="HeaderBytes"/> more than its line.</summary>
    public static void Write(Span<byte> record, in LogEntry entry, ReadOnlySpan<byte> line)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(record, (ushort)line.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(record[2..], 0);
        BinaryPrimitives.WriteUInt16LittleEndian(record[4..], Check(line));
        record[6] = entry.Stream;
        record[7] = entry.Continues ? ContinuesFlag : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], entry.UnixNanoseconds);
        BinaryPrimitives.WriteUInt16LittleEndian(record[2..], Check(record[..HeaderBytes]));
        line.CopyTo(record[HeaderBytes..]);
    }

    /// <summary>Reads the record at the beginning of <paramref name="bytes"/>.</summary>
    public static LogParse TryRead(ReadOnlySpan<byte> bytes, out LogEntry entry, out int lineBytes)
    {
        entry = default;
        lineBytes = 0;
        if (bytes.Length < HeaderBytes) return LogParse.Incomplete;
        if (!IsHeader(bytes[..HeaderBytes])) return LogParse.Damaged;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if (bytes.Length < HeaderBytes + length) return LogParse.Incomplete;
        if (Check(bytes.Slice(HeaderBytes, length)) != BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]))
            return LogParse.Damaged;
        lineBytes = length;
        long time = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        entry = new LogEntry(bytes[6], bytes[7] == ContinuesFlag, false, time);
        return LogParse.Whole;
    }

    /// <inheritdoc/>
    public LogParse Read(ReadOnlySpan<byte> bytes, out LogRecord record, out int used)
    {
        record = default;
        LogParse parse = TryRead(bytes, out LogEntry entry, out int length);
        used = parse switch
        {
            LogParse.Whole => HeaderBytes + length,
            LogParse.Damaged => NextWhole(bytes),
            _ => 0,
        };
        if (parse != LogParse.Whole) return parse;
        if (_line.Length == 0) _line = new byte[LogEntry.MaxBytes];
        bytes[HeaderBytes..used].CopyTo(_line);
        record = new LogRecord(entry, _line.AsMemory(0, length), null);
        return parse;
    }

    /// <summary>
    /// Where the sound records of <paramref name="bytes"/> end, which may begin in the middle of one; -1 when there is
    /// none.
    /// </summary>
    public static int EndOfLast(ReadOnlySpan<byte> bytes)
    {
        int end = -1;
        for (int at = 0; at < bytes.Length;)
        {
            if (TryRead(bytes[at..], out _, out int length) == LogParse.Whole) end = at += HeaderBytes + length;
            else at++;
        }
        return end;
    }

    // Without a sound header in sight, all but what may be the beginning of one is passed over.
    private static int NextWhole(ReadOnlySpan<byte> bytes)
    {
        int at = 1;
        while (at < bytes.Length && TryRead(bytes[at..], out _, out _) == LogParse.Damaged) at++;
        return at;
    }

    private static bool IsHeader(ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes) > LogEntry.MaxBytes || bytes[6] is not (1 or 2)
            || bytes[7] > ContinuesFlag) return false;
        Span<byte> header = stackalloc byte[HeaderBytes];
        bytes.CopyTo(header);
        header[2..4].Clear();
        return Check(header) == BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
    }

    private static ushort Check(ReadOnlySpan<byte> bytes)
    {
        uint crc = Crc32C(uint.MaxValue, bytes);
        return (ushort)(crc ^ (crc >> 16));
    }

    private static uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}
