using System.Buffers;
using System.Globalization;
using System.Text;

namespace Skiff.Agent.Manager;

/// <summary>
/// Writes the JSON of state records and events (RFC 8259), compact. The library's writer first builds the tables of its
/// encoder, which costs every short command and every start a tenth of a millisecond; see docs/decisions/006.
/// </summary>
/// <param name="bytes">Takes it.</param>
internal sealed class JsonText(ArrayBufferWriter<byte> bytes)
{
    private static readonly SearchValues<char> s_escaped = SearchValues.Create(
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014"
        + "\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f");

    private const string Short = "\b\t\n\f\r";

    private readonly ArrayBufferWriter<byte> _bytes = bytes;
    private bool _needsComma;

    /// <summary>Writes into a buffer of its own.</summary>
    public JsonText()
        : this(new ArrayBufferWriter<byte>(1024))
    {
    }

    /// <summary>What was written; invalid after the next write.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    /// <summary>Opens an object, as a value of an array or the whole.</summary>
    public void WriteStartObject() => Open('{');

    /// <summary>Opens an object as a field.</summary>
    public void WriteStartObject(string name) => Open('{', name);

    /// <summary>Ends an object.</summary>
    public void WriteEndObject() => Close('}');

    /// <summary>Opens an array as a field.</summary>
    public void WriteStartArray(string name) => Open('[', name);

    /// <summary>Ends an array.</summary>
    public void WriteEndArray() => Close(']');

    /// <summary>A field with a text.</summary>
    public void WriteString(string name, string value)
    {
        Name(name);
        Quoted(value);
    }

    /// <summary>A text as a value of an array.</summary>
    public void WriteStringValue(string value)
    {
        Comma();
        Quoted(value);
    }

    /// <summary>A field with a whole number.</summary>
    public void WriteNumber(string name, long value)
    {
        Name(name);
        value.TryFormat(_bytes.GetSpan(20), out int count, default, CultureInfo.InvariantCulture);
        _bytes.Advance(count);
    }

    /// <summary>A field with a truth.</summary>
    public void WriteBoolean(string name, bool value)
    {
        Name(name);
        _bytes.Write(value ? "true"u8 : "false"u8);
    }

    /// <summary>A field with a point in time, as RFC 3339 has it.</summary>
    public void WriteTime(string name, DateTimeOffset value)
    {
        Name(name);
        Raw('"');
        value.TryFormat(_bytes.GetSpan(40), out int count, "O", CultureInfo.InvariantCulture);
        _bytes.Advance(count);
        Raw('"');
    }

    private void Open(char bracket, string? name = null)
    {
        if (name is null) Comma();
        else Name(name);
        Raw(bracket);
        _needsComma = false;
    }

    private void Close(char bracket)
    {
        Raw(bracket);
        _needsComma = true;
    }

    private void Name(string name)
    {
        Comma();
        Quoted(name);
        Raw(':');
    }

    private void Comma()
    {
        if (_needsComma) Raw(',');
        _needsComma = true;
    }

    private void Quoted(ReadOnlySpan<char> text)
    {
        Raw('"');
        for (int at; (at = text.IndexOfAny(s_escaped)) >= 0; text = text[(at + 1)..])
        {
            Encoding.UTF8.GetBytes(text[..at], _bytes);
            Escape(text[at]);
        }
        Encoding.UTF8.GetBytes(text, _bytes);
        Raw('"');
    }

    private void Escape(char c)
    {
        Raw('\\');
        if (c is '"' or '\\')
        {
            Raw(c);
            return;
        }
        int index = Short.IndexOf(c);
        if (index >= 0)
        {
            Raw("btnfr"[index]);
            return;
        }
        Raw('u');
        ((int)c).TryFormat(_bytes.GetSpan(4), out int count, "x4", CultureInfo.InvariantCulture);
        _bytes.Advance(count);
    }

    private void Raw(char c)
    {
        _bytes.GetSpan(1)[0] = (byte)c;
        _bytes.Advance(1);
    }
}
