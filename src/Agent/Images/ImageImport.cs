using System.Text.Json;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>Makes an image of one layer from a tar of files.</summary>
internal sealed class ImageImport(ImageStore store)
{
    /// <summary>Makes the image and returns its id; a name that stood for another image moves.</summary>
    /// <param name="tar">Plain or compressed; is disposed of.</param>
    /// <param name="name">Null leaves it without one.</param>
    /// <param name="platform">What its programs run on.</param>
    /// <param name="message">For its history.</param>
    /// <param name="changes">Dockerfile instructions that make its configuration.</param>
    /// <param name="cancellation">Ends it; then nothing is left.</param>
    /// <exception cref="ImageException">Not a tar, or one that cannot be a layer; or an image of that name is not
    /// trusted.</exception>
    public Digest Run(Stream tar, Reference? name, Platform platform, string message, IReadOnlyList<string> changes,
        CancellationToken cancellation)
    {
        if (name?.Digest is not null) throw new ImageException(
            "cannot import digest reference", ImageErrorKind.Invalid);
        store.Trust.CheckLocal("import", name);
        ContainerDefaults defaults = ConfigChanges.Apply(new ContainerDefaults(), changes);
        using StoreLock hold = store.Hold();
        (Digest diffId, long bytes) = LayerImport.Run(store.Layers, tar, store.Limits, cancellation);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        byte[] config = JsonSerializer.SerializeToUtf8Bytes(new ImageConfig
        {
            Created = now,
            Architecture = platform.Architecture,
            Variant = platform.Variant,
            Os = platform.Os,
            Config = defaults,
            RootFs = new RootFs { DiffIds = [diffId] },
            History = [new HistoryEntry { Created = now, Comment = message }],
        }, OciJson.Written.ImageConfig);
        Digest id = store.Content.Put(config);
        Digest manifest = store.Content.Put(Manifest.Of(config, [Descriptor.OfTar(diffId, bytes)]).ToJson());
        store.AddLocal(name, id, [id, manifest]);
        return id;
    }
}
