using System.Buffers;
using System.Text;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Logs;

/// <summary>Lines of a log as <c>docker logs</c> prints them.</summary>
/// <param name="timestamps">RFC 3339 time in front of every line.</param>
/// <param name="details">What the driver's options have added in front of every line.</param>
/// <param name="write">Takes text of a stream, 1 or 2; valid for the call. This process' own output without.</param>
internal sealed class LogPrinter(bool timestamps, bool details, Action<int, ReadOnlyMemory<byte>>? write = null)
{
    private const int BufferBytes = 64 << 10;

    private readonly Fd[] _outputs = [Fd.Borrow(1), Fd.Borrow(2)];
    private readonly bool[] _isWithinLine = new bool[2];
    private readonly ArrayBufferWriter<byte> _text = new(BufferBytes);
    private int _stream = 1;

    /// <summary>Prints a record; what stands in front of lines is not put into the middle of a long one.</summary>
    public void Print(in LogRecord record)
    {
        int stream = record.Entry.Stream;
        if (stream != _stream || _text.WrittenCount >= BufferBytes) Flush();
        _stream = stream;
        if (!_isWithinLine[stream - 1])
        {
            if (timestamps) PrintTime(record.Entry.UnixNanoseconds);
            if (details) PrintDetails(record.Attributes);
        }
        _isWithinLine[stream - 1] = record.Entry.Continues;
        _text.Write(record.Line.Span);
    }

    /// <summary>Writes what is gathered.</summary>
    public void Flush()
    {
        if (_text.WrittenCount == 0) return;
        if (write is not null) write(_stream, _text.WrittenMemory);
        else Files.WriteAll(_outputs[_stream - 1], _text.WrittenSpan);
        _text.ResetWrittenCount();
    }

    /// <summary>Attributes as Docker has them: sorted, escaped like the query of an address.</summary>
    internal static string Details(IReadOnlyDictionary<string, string>? attributes)
    {
        if (attributes is null) return "";
        return string.Join(',', attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{Escape(pair.Key)}={Escape(pair.Value)}"));
    }

    private static string Escape(string text) => Uri.EscapeDataString(text).Replace("%20", "+");

    private void PrintTime(long unixNanoseconds)
    {
        _text.Advance(LogTime.WriteFixed(_text.GetSpan(LogTime.MaxBytes), unixNanoseconds));
        _text.Write(" "u8);
    }

    private void PrintDetails(IReadOnlyDictionary<string, string>? attributes)
    {
        Encoding.UTF8.GetBytes(Details(attributes), _text);
        _text.Write(" "u8);
    }
}
