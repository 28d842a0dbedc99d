using System.Buffers.Binary;

namespace Skiff.Agent.Monitor;

/// <summary>
/// A container's log on disk: records of a 16-byte header (payload length u32, stream u8: 1 stdout, 2 stderr, flags u8:
/// 1 = the line
/// goes on in the next record, two zero bytes, time in Unix nanoseconds i64; all little endian) and the line's bytes,
/// newline
/// included. A torn last record, after a power cut, is cut off by the next writer and ignored by readers.
/// </summary>
internal static class LogFormat
{
    /// <summary>Bytes in front of each payload.</summary>
    public const int HeaderBytes = 16;

    /// <summary>Longest payload; longer lines become several records, as with Docker.</summary>
    public const int MaxLineBytes = 16 << 10;

    /// <summary>Flag: the line goes on.</summary>
    public const byte Partial = 1;

    /// <summary>The file being written; older ones are <c>container.log.1</c> and up.</summary>
    public const string FileName = "container.log";

    /// <summary>Writes a header.</summary>
    public static void WriteHeader(Span<byte> header, int payloadBytes, byte stream, byte flags, long unixNanoseconds)
    {
        header[..HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)payloadBytes);
        header[4] = stream;
        header[5] = flags;
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], unixNanoseconds);
    }

    /// <summary>Reads one record from the front of <paramref name="bytes"/>; false when it is incomplete.</summary>
    /// <exception cref="InvalidDataException">The bytes are no record.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out LogRecord record)
    {
        record = default;
        if (bytes.Length < HeaderBytes) return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length > MaxLineBytes
            || bytes[4] is not (1 or 2)) throw new InvalidDataException("the container's log is damaged here");
        if (bytes.Length < HeaderBytes + (int)length) return false;
        record = new LogRecord(bytes[4], bytes[5], BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), (int)length);
        return true;
    }
}

/// <summary>The header of a log record.</summary>
/// <param name="Stream">1 stdout, 2 stderr.</param>
/// <param name="Flags"><see cref="LogFormat.Partial"/>.</param>
/// <param name="UnixNanoseconds">When the line was read.</param>
/// <param name="PayloadBytes">Length of the payload behind the header.</param>
internal readonly record struct LogRecord(byte Stream, byte Flags, long UnixNanoseconds, int PayloadBytes)
{
    /// <summary>Header and payload.</summary>
    public int TotalBytes => LogFormat.HeaderBytes + PayloadBytes;
}
