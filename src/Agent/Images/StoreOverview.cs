using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// The names of all images and the sizes of all layers, each read when it is first asked for and then kept: what a list
/// of images says about each of them takes one look at the store for all.
/// </summary>
internal sealed class StoreOverview(ImageStore store)
{
    private ILookup<Digest, (Reference Name, NameRecord Record)>? _names;
    private Dictionary<Digest, long>? _layerBytes;

    /// <summary>The config of an image, which has to be there.</summary>
    public ImageConfig ConfigOf(Digest image) => ImageConfig.Parse(store.Content.Get(image));

    /// <summary>All that stands for an image.</summary>
    public IEnumerable<(Reference Name, NameRecord Record)> NamesOf(Digest image) =>
        (_names ??= store.Names.List().ToLookup(static name => name.Record.Image))[image];

    /// <summary>Bytes that layers take, those that come twice once.</summary>
    public long SizeOf(IReadOnlyList<Digest> diffIds)
    {
        _layerBytes ??= store.AllLayers().ToDictionary(static layer => layer.DiffId, static layer => layer.Bytes);
        return diffIds.Distinct().Sum(diffId => _layerBytes.GetValueOrDefault(diffId));
    }
}
