using System.Globalization;
using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cdi;

/// <summary>A YAML document as the JSON that it stands for.</summary>
internal static class YamlDocument
{
    /// <summary>Converts the only document of a file.</summary>
    /// <exception cref="UsageException">It is no YAML, or has what JSON cannot say; with line and column.</exception>
    public static byte[] ToJson(byte[] yaml)
    {
        List<YamlNode> documents = YamlNode.Parse(yaml);
        if (documents.Count == 0) throw new UsageException("line 1, column 1: a document is wanted", 125);
        if (documents.Count > 1) throw documents[1].Wrong("only one document is wanted");
        using var json = new MemoryStream();
        using var writer = new Utf8JsonWriter(json);
        Write(documents[0], writer);
        writer.Flush();
        return json.ToArray();
    }

    private static void Write(YamlNode node, Utf8JsonWriter writer)
    {
        if (node.Items is not { } items)
        {
            WriteScalar(node, writer);
            return;
        }
        if (node.Keys is null) writer.WriteStartArray();
        else writer.WriteStartObject();
        for (int i = 0; i < items.Count; i++)
        {
            if (node.Keys is { } keys) writer.WritePropertyName(keys[i].Text!);
            Write(items[i], writer);
        }
        if (node.Keys is null) writer.WriteEndArray();
        else writer.WriteEndObject();
    }

    // What is not quoted may be more than a text: the core schema, with the octal numbers that Go's readers take too.
    private static void WriteScalar(YamlNode node, Utf8JsonWriter writer)
    {
        string text = node.Text!;
        if (!node.IsPlain) writer.WriteStringValue(text);
        else if (node.IsNull) writer.WriteNullValue();
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
}
