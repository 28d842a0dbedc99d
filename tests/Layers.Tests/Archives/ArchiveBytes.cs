using System.Text;
using System.Text.Json.Nodes;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Hostile;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Archives;

/// <summary>An archive of images, put together rightly or wrongly.</summary>
internal sealed class ArchiveBytes
{
    private readonly RawTar _tar = new();

    /// <summary>A layer, its config, and the digests of both.</summary>
    internal static readonly byte[] Layer = TestImage.Tar(20_000), OtherLayer = TestImage.Tar(3_000, seed: 2);

    internal static readonly string Config = ConfigOf(Layer);

    internal static string Digest(byte[] bytes) => TestRegistry.Sha(bytes).ToString();

    internal static string Digest(string text) => Digest(Encoding.Latin1.GetBytes(text));

    internal static string ConfigOf(params byte[][] layers) => new JsonObject
    {
        ["architecture"] = Platform.Host.Architecture, ["os"] = "linux", ["config"] = new JsonObject(),
        ["rootfs"] = new JsonObject
        {
            ["type"] = "layers", ["diff_ids"] = new JsonArray([.. layers.Select(layer => (JsonNode)Digest(layer))]),
        },
    }.ToJsonString();

    internal byte[] ToArray() => _tar.ToArray();

    internal byte[] Unfinished() => _tar.Unfinished();

    internal ArchiveBytes With(Action<RawTar> add)
    {
        add(_tar);
        return this;
    }

    internal ArchiveBytes File(string path, string text) => With(tar => tar.File(path, text));

    internal ArchiveBytes File(string path, byte[] bytes) => File(path, Encoding.Latin1.GetString(bytes));

    /// <summary>Docker's list with one image.</summary>
    internal ArchiveBytes List(string config = "c.json", string layers = "\"l/layer.tar\"", string tags = "\"a:b\"") =>
        File("manifest.json", $$"""[{"Config":"{{config}}","RepoTags":[{{tags}}],"Layers":[{{layers}}]}]""");

    /// <summary>An image as Docker's older archives have it.</summary>
    internal static ArchiveBytes Docker(byte[]? layer = null, string? config = null) =>
        new ArchiveBytes().File("l/layer.tar", layer ?? Layer).File("c.json", config ?? Config);

    /// <summary>A blob under its digest.</summary>
    internal ArchiveBytes Blob(string text, string? digest = null) =>
        File("blobs/sha256/" + (digest ?? Digest(text))[7..], text);

    internal ArchiveBytes Blob(byte[] bytes, string? digest = null) => Blob(Encoding.Latin1.GetString(bytes), digest);

    internal static string Manifest(string config, params byte[][] blobs) => new JsonObject
    {
        ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciManifest,
        ["config"] = Descriptor(config, MediaTypes.OciConfig),
        ["layers"] = new JsonArray([.. blobs.Select(blob =>
            Descriptor(Encoding.Latin1.GetString(blob), MediaTypes.OciLayer))]),
    }.ToJsonString();

    internal static JsonNode Descriptor(string text, string type) => new JsonObject
    {
        ["mediaType"] = type, ["digest"] = Digest(text), ["size"] = text.Length,
    };

    /// <summary>A descriptor with an annotation or a platform.</summary>
    internal static JsonNode Named(JsonNode descriptor, string key, string value)
    {
        descriptor["annotations"] = new JsonObject { [key] = value };
        return descriptor;
    }

    internal static JsonNode On(JsonNode descriptor, string os, string architecture)
    {
        descriptor["platform"] = new JsonObject { ["os"] = os, ["architecture"] = architecture };
        return descriptor;
    }

    internal static string Index(params JsonNode[] manifests) => new JsonObject
    {
        ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciIndex,
        ["manifests"] = new JsonArray([.. manifests.Select(manifest => manifest.DeepClone())]),
    }.ToJsonString();

    /// <summary>An OCI layout with one image.</summary>
    internal static ArchiveBytes Layout(byte[] blob, string config, params JsonNode[] more)
    {
        string manifest = Manifest(config, blob);
        return new ArchiveBytes().Blob(blob).Blob(config).Blob(manifest)
            .File("index.json", Index([Descriptor(manifest, MediaTypes.OciManifest), .. more]));
    }
}
