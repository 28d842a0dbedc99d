using System.Text;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>
/// Makes images of what an archive holds, by Docker's list when there is one, by OCI's otherwise. Every layer is
/// compared with the config that names it.
/// </summary>
/// <param name="content">All of the archive.</param>
/// <param name="platform">Which image of several that stand under one name.</param>
internal sealed class ArchiveImages(ArchiveContent content, Platform platform)
{
    /// <summary>The archive's images.</summary>
    /// <exception cref="ImageException">It has none, or something of them is missing or wrong.</exception>
    internal IReadOnlyList<LoadedImage> Read()
    {
        if (content.Document(ArchiveNames.DockerManifest) is { } list)
            return [.. DockerArchiveItem.ReadList(list).Select(FromDocker)];
        if (content.Document(ArchiveNames.Index) is { } index) return FromLayout(Oci.Index.Parse(index));
        throw new ImageException(
            "not an archive of images: it has neither manifest.json, which \"docker save\" writes, "
            + "nor index.json, which OCI layouts have (a tar of files is for \"skiff import\")");
    }

    private LoadedImage FromDocker(DockerArchiveItem item)
    {
        byte[] config = content.Document(item.Config) ?? throw Missing("config", item.Config);
        Digest id = Sha256.DigestOf(config);
        IReadOnlyList<Digest> diffIds = ImageConfig.Parse(config).RootFs.DiffIds;
        List<ArchivedLayer> layers = [];
        foreach (string path in item.Layers) layers.Add(content.Layer(path) ?? throw Missing("layer", path));
        Compare(id, diffIds, layers);
        IEnumerable<Descriptor> plain = layers.Select(layer => Descriptor.OfTar(layer.DiffId, layer.PlainBytes));
        byte[] manifest = Manifest.Of(config, plain).ToJson();
        List<Descriptor> listed = [.. AlsoListed().Where(one => IsOf(one, id))];
        if (listed.Count > 0) manifest = Blob(listed[0], "manifest");
        return new LoadedImage(config, manifest, item.Names, Origins(listed, id, item.Names));
    }

    // What the archive has as an OCI layout besides; Docker's own readers don't look at it either.
    private IReadOnlyList<Descriptor> AlsoListed()
    {
        try
        {
            return content.Document(ArchiveNames.Index) is { } list ? Oci.Index.Parse(list).Manifests : [];
        }
        catch (ImageException)
        {
            return [];
        }
    }

    private bool IsOf(Descriptor listed, Digest id) =>
        content.Document(ArchiveNames.Blob(listed.Digest)) is { } document && TryParse(document) is { } manifest
        && manifest.Config.Digest == id;

    // A repository other than the image's own is none of an archive's business.
    private List<ArchivedOrigin> Origins(IEnumerable<Descriptor> listed, Digest id, IReadOnlyList<Reference> names)
    {
        List<ArchivedOrigin> origins = [];
        foreach (Descriptor one in listed)
            if (one.Annotations?.GetValueOrDefault(ArchiveNames.Origin) is { } text
                && Reference.Parse(text) is { Digest: { } digest } origin
                && names.Any(name => name.Name == origin.Name) && origins.TrueForAll(known => known.Name != origin))
                origins.Add(new ArchivedOrigin(origin, Known(digest, id, text)));
        return origins;
    }

    // What the digest names, and the manifest that makes it the image's.
    private List<byte[]> Known(Digest digest, Digest id, string origin)
    {
        byte[] named = Blob(new Descriptor { Digest = digest }, "manifest");
        if (TryParse(named)?.Config.Digest == id) return [named];
        foreach (Descriptor one in Oci.Index.Parse(named).Manifests)
            if (IsOf(one, id)) return [named, Blob(one, "manifest")];
        throw new ImageException($"{origin} in the archive does not stand for image {id}");
    }

    private static Manifest? TryParse(byte[] document)
    {
        try
        {
            return Manifest.Parse(document);
        }
        catch (ImageException)
        {
            return null;
        }
    }

    private List<LoadedImage> FromLayout(Oci.Index index)
    {
        List<LoadedImage> images = [];
        // Images of one name are of several platforms; those without a name stand for themselves.
        foreach (IGrouping<string, Descriptor> named in index.Manifests.GroupBy(NameOf))
        {
            List<Descriptor> manifests = [.. named];
            if (named.Key.Length > 0 && manifests.Count > 1 && manifests.TrueForAll(m => m.Platform is not null))
                manifests = [index.Select(platform, manifests)];
            foreach (Descriptor manifest in manifests)
                if (FromDescriptor(manifest, named.Key) is { } image)
                    images.Add(image);
        }
        return images.Count > 0 ? images : throw new ImageException("the archive's index.json names no image");
    }

    // Null for what is no image, such as an attestation.
    private LoadedImage? FromDescriptor(Descriptor descriptor, string name)
    {
        byte[] document = Blob(descriptor, "manifest");
        if (MediaTypes.IsIndex(descriptor.MediaType))
            return FromDescriptor(Oci.Index.Parse(document).Select(platform), name);
        if (descriptor.Platform is { Os: "unknown" } || !MediaTypes.IsManifest(descriptor.MediaType)) return null;
        Manifest manifest = Manifest.Parse(document);
        byte[] config = Blob(manifest.Config, "config");
        List<ArchivedLayer> layers = [];
        foreach (Descriptor layer in manifest.Layers)
            layers.Add(content.Layer(ArchiveNames.Blob(layer.Digest))
                ?? throw Missing("layer", ArchiveNames.Blob(layer.Digest)));
        Compare(manifest.Config.Digest, ImageConfig.Parse(config).RootFs.DiffIds, layers);
        IReadOnlyList<Reference> names = name.Length > 0 ? [Reference.Parse(name)] : [];
        return new LoadedImage(config, document, names, Origins([descriptor], manifest.Config.Digest, names));
    }

    private byte[] Blob(Descriptor descriptor, string what)
    {
        string path = ArchiveNames.Blob(descriptor.Digest);
        byte[] bytes = content.Document(path) ?? throw Missing(what, path);
        Digest actual = Sha256.DigestOf(bytes);
        return actual == descriptor.Digest ? bytes
            : throw new ImageException($"{path} in the archive has digest {actual}");
    }

    private static string NameOf(Descriptor manifest)
    {
        if (manifest.Annotations is not { } annotations) return "";
        if (annotations.TryGetValue(ArchiveNames.ImageName, out string? full)) return full;
        // A name, as skopeo writes it, or a tag alone, which stands for nothing.
        return annotations.TryGetValue(ArchiveNames.RefName, out string? name) && name.AsSpan().ContainsAny(':', '/')
            ? name : "";
    }

    private static void Compare(Digest id, IReadOnlyList<Digest> diffIds, List<ArchivedLayer> layers)
    {
        if (layers.Count != diffIds.Count) throw new ImageException(
            $"image {id} in the archive has {layers.Count} layers, its config names {diffIds.Count}");
        for (int i = 0; i < diffIds.Count; i++)
            if (layers[i].DiffId != diffIds[i]) throw new ImageException(
                $"layer {i + 1} of image {id} in the archive has DiffId {layers[i].DiffId}, "
                + $"its config names {diffIds[i]}");
    }

    private static ImageException Missing(string what, string path) =>
        new($"the archive has no {what} \"{TarPath.Show(Encoding.UTF8.GetBytes(path))}\", "
            + "which its list of images names");
}
