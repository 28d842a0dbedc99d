using System.Text;

namespace Skiff.Agent.Api;

/// <summary>
/// Fields of the form <c>key=value</c> with commas in between, as <c>--mount</c> and <c>--network</c> have them: those
/// with a comma or a quote in quotes (RFC 4180).
/// </summary>
internal sealed class CsvText
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds a field, unless its value is empty.</summary>
    public CsvText Add(string key, string value)
    {
        if (value.Length == 0) return this;
        if (_text.Length > 0) _text.Append(',');
        string field = $"{key}={value}";
        if (field.AsSpan().IndexOfAny(",\"\r\n") < 0) _text.Append(field);
        else _text.Append('"').Append(field.Replace("\"", "\"\"")).Append('"');
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
