using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>Tells an index from a manifest before either is parsed.</summary>
internal static class ManifestKind
{
    /// <summary>
    /// By the document's own media type, or else the transport's, or else by its members. The two types must not name
    /// different kinds: a document that is one thing to one reader and another to the next is an attack.
    /// </summary>
    /// <exception cref="ImageException">Schema 1, another kind of document, or two kinds at once.</exception>
    public static bool IsIndex(string? contentType, ReadOnlySpan<byte> json)
    {
        Members members = Look(json);
        if (MediaTypes.IsSchema1(contentType) || MediaTypes.IsSchema1(members.MediaType) || members.SchemaVersion == 1)
            throw new ImageException(
                "manifest is Docker schema 1, which is not supported; push the image with a current tool");
        bool? byContentType = Kind(contentType), byMember = Kind(members.MediaType);
        if (byContentType is not null && byMember is not null && byContentType != byMember)
            throw new ImageException($"manifest was sent as {contentType} but says it is {members.MediaType}");
        if (members.MediaType is not null && byMember is null)
            throw new ImageException(
                $"manifest is {members.MediaType}: expected {MediaTypes.OciManifest} or {MediaTypes.OciIndex}");
        return byMember ?? byContentType ?? members.HasManifests;
    }

    private static bool? Kind(string? mediaType) =>
        MediaTypes.IsIndex(mediaType) ? true : MediaTypes.IsManifest(mediaType) ? false : null;

    private static Members Look(ReadOnlySpan<byte> json)
    {
        var members = new Members();
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw new ImageException("manifest is malformed: expected a JSON object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isType = reader.ValueTextEquals("mediaType"u8), isVersion =
                    reader.ValueTextEquals("schemaVersion"u8);
                members.HasManifests |= reader.ValueTextEquals("manifests"u8);
                reader.Read();
                if (isType && reader.TokenType == JsonTokenType.String) members.MediaType = reader.GetString();
                if (isVersion && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int version))
                    members.SchemaVersion = version;
                reader.Skip();
            }
            return members;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or half a surrogate pair in a text of it.
            throw new ImageException($"manifest is malformed: {e.Message}", e);
        }
    }

    private struct Members
    {
        public string? MediaType;
        public int SchemaVersion;
        public bool HasManifests;
    }
}
