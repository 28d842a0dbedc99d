using System.Globalization;
using System.Text;
using System.Text.Json;
using Skiff.Agent.Manager;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Skiff.Agent.Cdi;

/// <summary>
/// A YAML document as the JSON that it stands for. Of the library only the parser is used, which gives events and needs
/// no reflection.
/// </summary>
internal static class YamlDocument
{
    // Far above what a file of devices has; the parser and this class go down by recursion.
    private const int DeepestNesting = 64;

    /// <summary>Converts the only document of a file.</summary>
    /// <exception cref="UsageException">It is no YAML, or has what JSON cannot say; with line and column.</exception>
    public static byte[] ToJson(byte[] yaml)
    {
        using var json = new MemoryStream();
        using var writer = new Utf8JsonWriter(json, new JsonWriterOptions { MaxDepth = DeepestNesting });
        var parser = new Parser(new StringReader(Encoding.UTF8.GetString(yaml)));
        try
        {
            parser.Consume<StreamStart>();
            parser.Consume<DocumentStart>();
            WriteNode(parser, writer, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Current is not StreamEnd) throw Wrong(parser.Current!.Start, "only one document is wanted");
        }
        catch (YamlException e)
        {
            throw Wrong(e.Start, e.Message);
        }
        catch (InvalidOperationException)
        {
            // So the parser ends in the middle of a { that nothing closes.
            throw Wrong(parser.Current?.End ?? Mark.Empty, "something that begins after this has no end");
        }
        writer.Flush();
        return json.ToArray();
    }

    private static void WriteNode(Parser parser, Utf8JsonWriter writer, int depth)
    {
        Mark place = parser.Current!.Start;
        if (depth == DeepestNesting) throw Wrong(place, $"is nested deeper than {DeepestNesting}");
        switch (parser.Current)
        {
            case AnchorAlias alias:
                throw Wrong(place, $"the alias *{alias.Value} is not supported");
            case Scalar scalar:
                WriteScalar(scalar, writer);
                parser.MoveNext();
                break;
            case SequenceStart:
                parser.MoveNext();
                writer.WriteStartArray();
                while (parser.Current is not SequenceEnd) WriteNode(parser, writer, depth + 1);
                parser.MoveNext();
                writer.WriteEndArray();
                break;
            default:
                WriteMapping(parser, writer, depth);
                break;
        }
    }

    private static void WriteMapping(Parser parser, Utf8JsonWriter writer, int depth)
    {
        parser.Consume<MappingStart>();
        writer.WriteStartObject();
        while (parser.Current is not MappingEnd)
        {
            if (parser.Current is not Scalar key) throw Wrong(parser.Current!.Start, "a key has to be a text");
            writer.WritePropertyName(key.Value);
            parser.MoveNext();
            WriteNode(parser, writer, depth + 1);
        }
        parser.MoveNext();
        writer.WriteEndObject();
    }

    // What is not quoted may be more than a text: the core schema, with the octal numbers that Go's readers take too.
    private static void WriteScalar(Scalar scalar, Utf8JsonWriter writer)
    {
        string text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain || !scalar.IsPlainImplicit) writer.WriteStringValue(text);
        else if (text is "" or "~" or "null" or "Null" or "NULL") writer.WriteNullValue();
        else if (text is "true" or "True" or "TRUE") writer.WriteBooleanValue(true);
        else if (text is "false" or "False" or "FALSE") writer.WriteBooleanValue(false);
        else if (TryNumber(text, out long number)) writer.WriteNumberValue(number);
        else writer.WriteStringValue(text);
    }

    private static bool TryNumber(string text, out long number)
    {
        string digits = text.StartsWith("0o", StringComparison.Ordinal) ? text[2..] : text;
        bool isOctal = digits.Length > 1 && (digits.Length < text.Length || digits[0] == '0')
            && !digits.AsSpan().ContainsAnyExceptInRange('0', '7');
        if (isOctal && digits.Length <= 12)
        {
            number = Convert.ToInt64(digits, 8);
            return true;
        }
        return text.StartsWith("0x", StringComparison.Ordinal)
            ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    private static UsageException Wrong(Mark place, string problem) =>
        new($"line {place.Line}, column {place.Column}: {problem}", 125);
}
