using System.Buffers;
using System.Text.Json;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// How far a layer has come in, and how to go on: what an unfinished ingest keeps beside its bytes, in the file
/// <c>resume</c>.
/// </summary>
/// <param name="Blob">The blob that was being fetched.</param>
/// <param name="Place">Where it goes on, and how many bytes of the tar it has brought.</param>
/// <param name="Tar">The SHA-256 of those.</param>
public readonly record struct ResumePoint(Digest Blob, DecoderCheckpoint Place, Digest Tar)
{
    /// <summary>The file's content.</summary>
    internal byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("blob"u8, Blob.ToString());
        json.WriteNumber("compression"u8, (int)Place.Kind);
        json.WriteNumber("offset"u8, Place.CompressedOffset);
        json.WriteNumber("bits"u8, Place.BitOffset);
        json.WriteNumber("memberBytes"u8, Place.MemberBytes);
        json.WriteNumber("memberCrc"u8, Place.MemberCrc);
        json.WriteNumber("tarBytes"u8, Place.PlainOffset);
        json.WriteString("tar"u8, Tar.ToString());
        if (Place.Block is { } block) Write(json, block);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads the file's content. False for anything that <see cref="ToJson"/> does not write.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> json, out ResumePoint point)
    {
        point = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            JsonElement root = JsonElement.ParseValue(ref reader);
            if (!Digest.TryParse(root.GetProperty("blob").GetString(), out Digest blob)
                || !Digest.TryParse(root.GetProperty("tar").GetString(), out Digest tar)) return false;
            var place = new DecoderCheckpoint(
                (CompressionKind)root.GetProperty("compression").GetInt32(), root.GetProperty("offset").GetInt64(),
                root.GetProperty("bits").GetInt32(), root.GetProperty("tarBytes").GetInt64(),
                root.GetProperty("memberBytes").GetInt64(), root.GetProperty("memberCrc").GetUInt32(),
                root.TryGetProperty("block", out JsonElement block) ? ReadBlock(block) : null);
            point = new ResumePoint(blob, place, tar);
            return Enum.IsDefined(place.Kind) && place.CompressedOffset > 0 && place.BitOffset is >= 0 and < 8
                && place.PlainOffset >= 0 && place.MemberBytes >= -1 && place.MemberBytes <= place.PlainOffset;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException
            or KeyNotFoundException)
        {
            return false;
        }
    }

    private static void Write(Utf8JsonWriter json, DeflateBlock block)
    {
        json.WriteStartObject("block"u8);
        json.WriteBoolean("last"u8, block.IsLast);
        json.WriteNumber("storedBytes"u8, block.StoredBytes);
        json.WriteNumber("litLenCount"u8, block.LitLenCount);
        json.WriteBase64String("codeLengths"u8, block.CodeLengths);
        json.WriteNumber("matchBytes"u8, block.MatchBytes);
        json.WriteNumber("matchDistance"u8, block.MatchDistance);
        json.WriteEndObject();
    }

    private static DeflateBlock ReadBlock(JsonElement block) => new(
        block.GetProperty("last").GetBoolean(), block.GetProperty("storedBytes").GetInt32(),
        block.GetProperty("litLenCount").GetInt32(), block.GetProperty("codeLengths").GetBytesFromBase64(),
        block.GetProperty("matchBytes").GetInt32(), block.GetProperty("matchDistance").GetInt32());
}
