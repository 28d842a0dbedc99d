using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.Layers.Tests.Support;

/// <summary>An image in an OCI layout, for tools that unpack one.</summary>
internal static class OciLayout
{
    internal const string Tag = "t";
    private const string Type = "application/vnd.oci.image.";

    /// <summary>Writes an image of uncompressed layers, base first.</summary>
    internal static void Write(string layout, IEnumerable<string> layers)
    {
        Directory.CreateDirectory(Path.Combine(layout, "blobs", "sha256"));
        JsonNode[] blobs = [.. layers.Select(layer => Put(layout, "layer.v1.tar", File.ReadAllBytes(layer)))];
        JsonNode config = Put(layout, "config.v1+json", new JsonObject
        {
            ["architecture"] = "amd64", ["os"] = "linux", ["config"] = new JsonObject(),
            ["rootfs"] = new JsonObject
            {
                ["type"] = "layers",
                ["diff_ids"] = new JsonArray([.. blobs.Select(blob => blob["digest"]!.DeepClone())]),
            },
        });
        JsonNode manifest = Put(layout, "manifest.v1+json", new JsonObject
        {
            ["schemaVersion"] = 2, ["mediaType"] = Type + "manifest.v1+json", ["config"] = config,
            ["layers"] = new JsonArray(blobs),
        });
        manifest["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = Tag };
        File.WriteAllText(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion": "1.0.0"}""");
        File.WriteAllText(Path.Combine(layout, "index.json"),
            new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(manifest) }.ToJsonString());
    }

    private static JsonNode Put(string layout, string type, JsonNode content) =>
        Put(layout, type, Encoding.UTF8.GetBytes(content.ToJsonString()));

    private static JsonNode Put(string layout, string type, byte[] content)
    {
        string hex = Convert.ToHexStringLower(SHA256.HashData(content));
        File.WriteAllBytes(Path.Combine(layout, "blobs", "sha256", hex), content);
        return new JsonObject
            { ["mediaType"] = Type + type, ["digest"] = $"sha256:{hex}", ["size"] = content.Length };
    }
}
