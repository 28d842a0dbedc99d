using System.Text;
using System.Text.Json;

namespace Skiff.Agent.Cli.Display;

/// <summary>
/// The lists of <c>ps</c>, <c>images</c>, <c>volume ls</c> and <c>network ls</c>: a table, or what <c>--format</c> asks
/// for.
/// </summary>
/// <param name="columns">The fields in the order of the table.</param>
internal sealed class Listing<T>(params Column<T>[] columns)
{
    /// <summary>Renders the rows.</summary>
    /// <param name="rows">What is listed.</param>
    /// <param name="format">
    /// Null, empty or <c>table</c>: the default table; <c>table TEMPLATE</c>: a table of its own; <c>json</c>: an
    /// object per line; anything else is a template for each line.
    /// </param>
    /// <exception cref="Manager.UsageException">The template is not well-formed or asks for an unknown
    /// field.</exception>
    public string Render(IReadOnlyList<T> rows, string? format)
    {
        if (string.IsNullOrEmpty(format) || format == "table") return DefaultTable(rows);
        if (format == "json") return Lines(rows, FormatTemplate.Parse("{{json .}}"));
        if (!format.StartsWith("table ", StringComparison.Ordinal)) return Lines(rows, FormatTemplate.Parse(format));
        var template = FormatTemplate.Parse(format["table ".Length..]);
        var lines = new List<string> { template.Execute(Headers()) };
        foreach (T row in rows) lines.Add(template.Execute(Fields(row), Labels?.Invoke(row)));
        return TextTable.Render(lines);
    }

    /// <summary>What a row's <c>.Label "name"</c> chooses from; null where rows have no labels.</summary>
    public Func<T, IReadOnlyDictionary<string, string>>? Labels { get; init; }

    private string DefaultTable(IReadOnlyList<T> rows)
    {
        Column<T>[] shown = Array.FindAll(columns, column => column.Shown);
        var lines = new List<string[]>(rows.Count + 1) { Array.ConvertAll(shown, static column => column.Header) };
        foreach (T row in rows) lines.Add(Array.ConvertAll(shown, column => column.Value(row)));
        return TextTable.Render(lines);
    }

    private string Lines(IReadOnlyList<T> rows, FormatTemplate template)
    {
        var text = new StringBuilder();
        foreach (T row in rows) text.Append(template.Execute(Fields(row), Labels?.Invoke(row))).Append('\n');
        return text.ToString();
    }

    private JsonElement Headers() => Object(column => column.Header);

    private JsonElement Fields(T row) => Object(column => column.Value(row));

    private JsonElement Object(Func<Column<T>, string> value)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (Column<T> column in columns.OrderBy(column => column.Field, StringComparer.Ordinal))
                writer.WriteString(column.Field, value(column));
            writer.WriteEndObject();
        }
        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }
}
