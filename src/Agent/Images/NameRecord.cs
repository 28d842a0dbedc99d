using System.Buffers;
using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>What a name stands for: the content of one file below <c>images/names</c>.</summary>
/// <param name="Image">The image's id.</param>
/// <param name="Digest">What the registry calls it in this repository: the index's or manifest's digest, if it came
/// from one.</param>
/// <param name="Pinned">Whether what the name stands for stays when it is unused; whatever the name moves to.</param>
internal readonly record struct NameRecord(Digest Image, Digest? Digest, bool Pinned = false)
{
    /// <summary>Reads the file's content.</summary>
    /// <exception cref="ImageException">Not such a file; the text names <paramref name="path"/>.</exception>
    public static NameRecord Parse(ReadOnlySpan<byte> json, string path)
    {
        Digest? image = null, digest = null;
        bool pinned = false;
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName) continue;
                bool isImage = reader.ValueTextEquals("image"u8), isDigest = reader.ValueTextEquals("digest"u8),
                    isPinned = reader.ValueTextEquals("pinned"u8);
                reader.Read();
                if (isImage) image = Layers.Oci.Digest.Parse(reader.GetString());
                if (isDigest) digest = Layers.Oci.Digest.Parse(reader.GetString());
                if (isPinned) pinned = reader.GetBoolean();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ImageException($"{path} is corrupt: {e.Message}; remove it and pull the image again", e);
        }
        return image is { } id ? new NameRecord(id, digest, pinned)
            : throw new ImageException($"{path} is corrupt: expected an image id; remove it and pull the image again");
    }

    /// <summary>The file's content.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("image"u8, Image.ToString());
        if (Digest is { } digest) json.WriteString("digest"u8, digest.ToString());
        if (Pinned) json.WriteBoolean("pinned"u8, true);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
