using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Skiff.Layers.Oci;

/// <summary>How the OCI documents become objects and back: generated code, no reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(Index))]
[JsonSerializable(typeof(ImageConfig))]
public sealed partial class OciJson : JsonSerializerContext
{
    /// <summary>For writing: media types keep their "+", as in everybody's documents. What is in documents that are
    /// there already stays.</summary>
    public static OciJson Written { get; } = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, Encoder = Plain.Encoder,
    });

    /// <summary>The same for what is written by hand. It is no part of a web page.</summary>
    public static JsonWriterOptions Plain => new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads one document; what is wrong with it becomes an <see cref="ImageException"/> that names
    /// it.</summary>
    internal static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string what) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type)
                ?? throw new ImageException($"{what} is null: expected an object");
        }
        catch (JsonException e)
        {
            throw new ImageException($"{what} is malformed: {e.Message}", e);
        }
    }
}
