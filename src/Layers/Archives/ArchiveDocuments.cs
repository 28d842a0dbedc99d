using System.Buffers;
using System.Text.Json;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Archives;

/// <summary>
/// All of an archive that is not a layer: each image's config as it is, a manifest that names the layers uncompressed,
/// as the store has them, and the lists of images for OCI's and for Docker's readers.
/// </summary>
internal sealed class ArchiveDocuments(ISnapshotter layers, ContentStore content)
{
    private readonly Dictionary<Digest, Descriptor> _layers = [];

    /// <summary>The layers that the images need, each once.</summary>
    internal IReadOnlyCollection<Descriptor> Layers => _layers.Values;

    /// <summary>Path and bytes of every document, each once; the same images give the same.</summary>
    internal List<(string Path, byte[] Bytes)> Make(IReadOnlyList<ArchivedImage> images)
    {
        List<(string Path, byte[] Bytes)> documents = [];
        List<Descriptor> manifests = [];
        var list = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(list, OciJson.Plain);
        json.WriteStartArray();
        foreach (ArchivedImage image in images)
        {
            byte[] config = content.Get(image.Id);
            IReadOnlyList<Digest> diffIds = ImageConfig.Parse(config).RootFs.DiffIds;
            byte[] manifest = Manifest.Of(config, diffIds.Select(LayerOf)).ToJson();
            Descriptor described = new()
            {
                MediaType = MediaTypes.OciManifest, Digest = Sha256.DigestOf(manifest), Size = manifest.Length,
            };
            documents.Add((ArchiveNames.Blob(image.Id), config));
            documents.Add((ArchiveNames.Blob(described.Digest), manifest));
            foreach (byte[] document in image.Origins.SelectMany(origin => origin.Documents))
                documents.Add((ArchiveNames.Blob(Sha256.DigestOf(document)), document));
            manifests.AddRange(Named(described, image));
            WriteDockerImage(json, image, diffIds);
        }
        json.WriteEndArray();
        json.Flush();
        var index = new Oci.Index { SchemaVersion = 2, MediaType = MediaTypes.OciIndex, Manifests = manifests };
        documents.Add((ArchiveNames.Index, JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Written.Index)));
        documents.Add((ArchiveNames.DockerManifest, list.WrittenSpan.ToArray()));
        documents.Add((ArchiveNames.Layout, """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray()));
        return documents;
    }

    private Descriptor LayerOf(Digest diffId)
    {
        if (_layers.TryGetValue(diffId, out Descriptor? known)) return known;
        using Stream tar = layers.OpenTar(diffId);
        return _layers[diffId] = Descriptor.OfTar(diffId, tar.Length);
    }

    // One entry for each name, as the layout wants it.
    private static IEnumerable<Descriptor> Named(Descriptor manifest, ArchivedImage image)
    {
        if (image.Names.Count == 0) yield return manifest;
        foreach (Reference name in image.Names)
        {
            var annotations = new Dictionary<string, string>
            {
                [ArchiveNames.ImageName] = name.ToString(),
                [ArchiveNames.RefName] = name.Tag!,
            };
            foreach (ArchivedOrigin origin in image.Origins)
                if (origin.Name.Name == name.Name) annotations[ArchiveNames.Origin] = origin.Name.ToString();
            yield return manifest with { Annotations = annotations };
        }
    }

    private static void WriteDockerImage(Utf8JsonWriter json, ArchivedImage image, IReadOnlyList<Digest> diffIds)
    {
        json.WriteStartObject();
        json.WriteString("Config"u8, ArchiveNames.Blob(image.Id));
        json.WriteStartArray("RepoTags"u8);
        foreach (Reference name in image.Names) json.WriteStringValue(name.Familiar);
        json.WriteEndArray();
        json.WriteStartArray("Layers"u8);
        foreach (Digest diffId in diffIds) json.WriteStringValue(ArchiveNames.Blob(diffId));
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
