using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Skiff.Agent.Cli.Display;

/// <summary>One document by <c>--format</c>: as JSON, or through a template.</summary>
internal static class DocumentFormat
{
    /// <summary>Prints it.</summary>
    /// <param name="format"><c>json</c>, or a template.</param>
    /// <param name="write">Writes the document's members.</param>
    /// <exception cref="Manager.UsageException">The template is malformed or does not fit.</exception>
    public static void Print(string format, Action<Utf8JsonWriter> write)
    {
        FormatTemplate? template = format == "json" ? null : FormatTemplate.Parse(format);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        Output.Line(template is null ? Encoding.UTF8.GetString(buffer.WrittenSpan)
            : template.Execute(document.RootElement));
    }
}
