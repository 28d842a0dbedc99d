using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// The files of the driver <c>json-file</c>, as Docker writes them: an object a line with <c>log</c>, <c>stream</c>,
/// <c>attrs</c> where there are some, and <c>time</c>; the piece of a line that goes on has no newline in <c>log</c>.
/// What is not UTF-8 is replaced.
/// </summary>
internal sealed class JsonLogFormat : ILogFormat
{
    private const int LongestEscape = 6;
    private const int FrameBytes = 100;
    private const int MaxAttributesBytes = 1 << 20;

    // As Go's json does it, for the sake of those who put JSON into HTML.
    private static readonly SearchValues<byte> s_plain = SearchValues.Create(
        " !#$%'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~\u007f"u8);

    private readonly byte[] _line = new byte[LogEntry.MaxBytes * LongestEscape];

    /// <inheritdoc/>
    public int MaxRecordBytes => MaxBytes(LogEntry.MaxBytes, MaxAttributesBytes);

    /// <summary>Room for a record.</summary>
    public static int MaxBytes(int lineBytes, int attributesBytes) =>
        FrameBytes + lineBytes * LongestEscape + attributesBytes;

    /// <summary>The member <c>attrs</c> with a comma in front; empty without attributes.</summary>
    public static byte[] Attributes(IReadOnlyDictionary<string, string> attributes)
    {
        if (attributes.Count == 0) return [];
        var text = new ArrayBufferWriter<byte>();
        text.Write(",\"attrs\":{"u8);
        foreach (var (name, value) in attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (text.WrittenSpan[^1] != '{') text.Write(","u8);
            Quote(text, name);
            text.Write(":"u8);
            Quote(text, value);
        }
        text.Write("}"u8);
        return text.WrittenSpan.ToArray();
    }

    /// <summary>Writes a record and returns its length.</summary>
    public static int Write(
        Span<byte> record, in LogEntry entry, ReadOnlySpan<byte> line, ReadOnlySpan<byte> attributes)
    {
        int at = 0;
        Put(record, ref at, "{\"log\":\""u8);
        at += Escape(record[at..], line);
        Put(record, ref at, entry.Stream == 1 ? "\",\"stream\":\"stdout\""u8 : "\",\"stream\":\"stderr\""u8);
        Put(record, ref at, attributes);
        Put(record, ref at, ",\"time\":\""u8);
        at += LogTime.Write(record[at..], entry.UnixNanoseconds);
        Put(record, ref at, "\"}\n"u8);
        return at;
    }

    /// <inheritdoc/>
    public LogParse Read(ReadOnlySpan<byte> bytes, out LogRecord record, out int used)
    {
        record = default;
        used = bytes.IndexOf((byte)'\n') + 1;
        if (used == 0 && bytes.Length < MaxRecordBytes) return LogParse.Incomplete;
        if (used == 0) used = bytes.Length;
        try
        {
            return TryRead(bytes[..used], out record) ? LogParse.Whole : LogParse.Damaged;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return LogParse.Damaged;
        }
    }

    private bool TryRead(ReadOnlySpan<byte> bytes, out LogRecord record)
    {
        record = default;
        var json = new Utf8JsonReader(bytes);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
        int length = -1;
        byte stream = 0;
        long time = -1;
        Dictionary<string, string>? attributes = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("log"u8)) length = json.Read() ? json.CopyString(_line) : -1;
            else if (json.ValueTextEquals("stream"u8))
                stream = json.Read() && json.ValueTextEquals("stderr"u8) ? (byte)2 : (byte)1;
            else if (json.ValueTextEquals("time"u8))
                time = json.Read() && LogTime.TryParse(json.GetString(), out long parsed) ? parsed : -1;
            else if (json.ValueTextEquals("attrs"u8)) attributes = ReadAttributes(ref json);
            else json.Skip();
        }
        if (length < 0 || stream == 0 || time < 0) return false;
        bool continues = length == 0 || _line[length - 1] != '\n';
        record = new LogRecord(
            new LogEntry(stream, continues, false, time), _line.AsMemory(0, length), attributes);
        return true;
    }

    private static Dictionary<string, string> ReadAttributes(ref Utf8JsonReader json)
    {
        var attributes = new Dictionary<string, string>();
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return attributes;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            if (json.Read() && json.TokenType == JsonTokenType.String) attributes[name] = json.GetString()!;
            else json.Skip();
        }
        return attributes;
    }

    private static void Quote(ArrayBufferWriter<byte> text, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        text.Write("\""u8);
        text.Advance(Escape(text.GetSpan(bytes.Length * LongestEscape + 1), bytes));
        text.Write("\""u8);
    }

    private static int Escape(Span<byte> target, ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (!text.IsEmpty)
        {
            int plain = text.IndexOfAnyExcept(s_plain);
            if (plain < 0) plain = text.Length;
            Put(target, ref at, text[..plain]);
            text = text[plain..];
            if (!text.IsEmpty) text = text[Special(target, ref at, text)..];
        }
        return at;
    }

    // Returns how many bytes of the text it was.
    private static int Special(Span<byte> target, ref int at, ReadOnlySpan<byte> text)
    {
        byte b = text[0];
        if (b >= 0x80) return Rune(target, ref at, text);
        switch (b)
        {
            case (byte)'"': Put(target, ref at, "\\\""u8); break;
            case (byte)'\\': Put(target, ref at, "\\\\"u8); break;
            case (byte)'\n': Put(target, ref at, "\\n"u8); break;
            case (byte)'\r': Put(target, ref at, "\\r"u8); break;
            default:
                Put(target, ref at, "\\u00"u8);
                Utf8Formatter.TryFormat(b, target[at..], out int digits, new StandardFormat('x', 2));
                at += digits;
                break;
        }
        return 1;
    }

    private static int Rune(Span<byte> target, ref int at, ReadOnlySpan<byte> text)
    {
        if (System.Text.Rune.DecodeFromUtf8(text, out Rune rune, out int length) != OperationStatus.Done)
        {
            Put(target, ref at, "\\ufffd"u8);
            return 1;
        }
        if (rune.Value is 0x2028) Put(target, ref at, "\\u2028"u8);
        else if (rune.Value is 0x2029) Put(target, ref at, "\\u2029"u8);
        else Put(target, ref at, text[..length]);
        return length;
    }

    private static void Put(Span<byte> target, ref int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target[at..]);
        at += bytes.Length;
    }
}
