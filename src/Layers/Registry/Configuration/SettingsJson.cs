using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Configuration;

/// <summary>JSON that people write by hand: comments and a comma too many are fine where the reader says so.</summary>
internal static class SettingsJson
{
    /// <summary>
    /// Goes through a document, so that whoever reads it has to do with what it says and no more with how it is
    /// written.
    /// </summary>
    /// <exception cref="ImageException">It is not JSON, or a text in it is not Unicode; names file, line and
    /// column.</exception>
    public static void Check(ReadOnlySpan<byte> json, string path, JsonReaderOptions options)
    {
        try
        {
            var reader = new Utf8JsonReader(json, options);
            while (reader.Read())
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                    CheckText(ref reader, path, json);
        }
        catch (JsonException e)
        {
            throw Bad(path, e.LineNumber ?? 0, e.BytePositionInLine ?? 0, e);
        }
    }

    private static void CheckText(ref Utf8JsonReader reader, string path, ReadOnlySpan<byte> json)
    {
        try
        {
            reader.GetString();
        }
        catch (InvalidOperationException e)
        {
            // Bytes that are not UTF-8, or half of a surrogate pair.
            ReadOnlySpan<byte> before = json[..(int)reader.TokenStartIndex];
            throw Bad(path, before.Count((byte)'\n'), before.Length - before.LastIndexOf((byte)'\n') - 1, e);
        }
    }

    private static ImageException Bad(string path, long line, long column, Exception cause) =>
        new($"{path}: line {line + 1}, column {column + 1}: not JSON", cause);
}
