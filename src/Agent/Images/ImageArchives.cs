using Skiff.Interop;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;
using Skiff.Layers.Trust;

namespace Skiff.Agent.Images;

/// <summary>Images out to archives and back, as `save` and `load` do.</summary>
internal sealed class ImageArchives(ImageStore store)
{
    /// <summary>
    /// Writes images into one archive. A name stands for its image under this name, a name without tag for all images
    /// of the repository, an id for an image without a name.
    /// </summary>
    /// <param name="namesOrIds">At least one.</param>
    /// <param name="platform">What all of them have to be for; null for anything.</param>
    /// <param name="sink">Gets the archive's bytes.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <exception cref="ImageException">No such image, before a byte is written; or a damaged one.</exception>
    public void Save(
        IReadOnlyList<string> namesOrIds, Platform? platform, TarSink sink, CancellationToken cancellation)
    {
        using StoreLock hold = store.Hold();
        var chosen = new OrderedDictionary<Digest, List<Reference>>();
        foreach ((Digest id, Reference? name) in namesOrIds.SelectMany(Choose))
        {
            if (platform is not null) store.Get(name?.Familiar ?? id.ToString(), platform);
            if (!chosen.TryGetValue(id, out List<Reference>? names)) chosen.Add(id, names = []);
            if (name is not null && !names.Contains(name)) names.Add(name);
        }
        var known = new KnownBlobs(store);
        new ArchiveWriter(store.Layers, store.Content, sink).Write([.. chosen.Select(image =>
            new ArchivedImage(image.Key, image.Value, Origins(known, image.Key, image.Value)))], cancellation);
    }

    // By what the registries of the names that were asked for know the image; where it is besides stays here.
    private List<ArchivedOrigin> Origins(KnownBlobs known, Digest id, List<Reference> names)
    {
        List<ArchivedOrigin> origins = [];
        foreach ((_, Digest manifest, Reference where) in known.ManifestsOf(id))
            if (names.Exists(name => name.Name == where.Name)
                && origins.TrueForAll(origin => origin.Name.Name != where.Name))
                origins.Add(new ArchivedOrigin(where,
                    [.. new[] { where.Digest!.Value, manifest }.Distinct().Select(store.Content.Get)]));
        return origins;
    }

    /// <summary>Takes all images of an archive in; names that stood for other images move.</summary>
    /// <param name="archive">At its first byte.</param>
    /// <param name="platform">Which image of several that stand under one name, and what all have to be for; null:
    /// this host's of several, and anything of one.</param>
    /// <param name="progress">Told about layers as they come, and images when they are there.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <returns>Each image's id and the names that it has from the archive.</returns>
    /// <exception cref="ImageException">Not an archive, or a damaged or hostile one: that is known before any image
    /// of it is visible. Or one of them is not trusted, and none is taken.</exception>
    public IReadOnlyList<ArchivedImage> Load(
        Stream archive, Platform? platform, IImageProgress progress, CancellationToken cancellation) => Load(
        reader => reader.Read(archive, platform ?? Platform.Host, cancellation), platform, progress, null);

    /// <summary>As the other one, of a file that will stay as it is: layers may stay in it; see
    /// <see cref="ArchiveReader"/>.</summary>
    public IReadOnlyList<ArchivedImage> Load(Fd archive, string file, Platform? platform, IImageProgress progress) =>
        Load(reader => reader.Read(archive, platform ?? Platform.Host, CancellationToken.None), platform, progress,
            file);

    private List<ArchivedImage> Load(Func<ArchiveReader, IReadOnlyList<LoadedImage>> read, Platform? platform,
        IImageProgress progress, string? file)
    {
        TrustPolicy trust = store.Trust;
        using StoreLock hold = store.Hold();
        IReadOnlyList<LoadedImage> images =
            read(new ArchiveReader(store.Layers, store.Limits, progress, file));
        foreach (LoadedImage image in images)
        {
            Check(trust, image);
            Check(platform, image);
        }
        List<ArchivedImage> loaded = [];
        foreach (LoadedImage image in images)
        {
            Digest id = store.Content.Put(image.Config), manifest = store.Content.Put(image.Manifest);
            store.AddLocal(null, id, [id, manifest]);
            foreach (Reference name in image.Names) store.AddLocal(name.WithoutDigest(), id, [id, manifest]);
            // The tag stands for what was loaded, which no registry need have; so the image is not collected.
            foreach (ArchivedOrigin origin in image.Origins)
                store.Add(origin.Name, origin.Name.Digest!.Value, id, [image.Config, .. origin.Documents]);
            loaded.Add(new ArchivedImage(id, image.Names, image.Origins));
            if (image.Names.Count == 0) progress.Loaded($"Loaded image ID: {id}");
            foreach (Reference name in image.Names) progress.Loaded($"Loaded image: {name.Familiar}");
        }
        return loaded;
    }

    // An image is refused for one of its names: under which of them it would be used, nobody knows.
    private static void Check(TrustPolicy trust, LoadedImage image)
    {
        if (image.Names.Count == 0) trust.CheckLocal("load", null);
        foreach (Reference name in image.Names) trust.CheckLocal("load", name);
    }

    private static void Check(Platform? platform, LoadedImage image)
    {
        if (platform is null) return;
        ImageConfig config = ImageConfig.Parse(image.Config);
        var its = new Platform { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant };
        if (platform.Suits(its) > 0) return;
        string name = image.Names.Count > 0 ? image.Names[0].Familiar : "an image without name";
        throw new ImageException($"{name} in the archive does not provide the specified platform ({platform}): "
            + $"it is for {its}; load without --platform takes it", ImageErrorKind.NotFound);
    }

    private IEnumerable<(Digest Id, Reference? Name)> Choose(string nameOrId)
    {
        if (!Reference.TryParse(nameOrId, out Reference? reference, out _)) return [(store.Get(nameOrId).Id, null)];
        List<(Reference Name, NameRecord Record)> found = store.Names.List().FindAll(name => reference.TagIsDefault
            ? name.Name.Digest is null && name.Name.Name == reference.Name : name.Name.Equals(reference));
        return found.Count == 0 ? [(store.Get(nameOrId).Id, null)]
            : found.Select(name => (name.Record.Image, name.Name.Digest is null ? name.Name : null));
    }
}
