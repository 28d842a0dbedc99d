using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Images;

/// <summary>
/// Looks at everything that the store has: every name leads to an image, every image has its documents and layers,
/// every document and layer is what its digest says. The caller holds the store. Given a repair, it heals each thing
/// before it looks at what depends on it.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="uses">Containers need the images that they were made from.</param>
/// <param name="progress">Told about layers, which take the time.</param>
/// <param name="repair">Heals; null to look only.</param>
internal sealed class StoreCheck(
    ImageStore store, Func<IReadOnlyList<ImageUse>> uses, ICheckProgress progress, StoreRepair? repair = null)
{
    private readonly StoreReport _report = new();

    // What is needed, and by which images; by none, when only a container does.
    private readonly Dictionary<Digest, List<Digest>> _documents = [], _layers = [];
    private bool _knowsAllLayers = true;

    /// <summary>Checks everything.</summary>
    public StoreReport Run(CancellationToken cancellation)
    {
        CheckNames();
        CheckRecords();
        CheckDocuments();
        CheckLayers(cancellation);
        foreach (string stray in store.Layers.Strays(_layers.Keys.ToHashSet()))
            Found(new StoreDefect(StoreDefectKind.Stray, stray, $"{stray} does not belong there"));
        NoteUnneeded();
        return _report;
    }

    private void CheckNames()
    {
        foreach ((Reference name, NameRecord record) in store.Names.List(Damaged))
            if (!store.Records.Contains(record.Image))
                Found(new StoreDefect(StoreDefectKind.Name, name.ToString(),
                    $"name {name.Familiar} stands for image {record.Image}, which is not there"));

        void Damaged(Reference name, ImageException e) =>
            Found(new StoreDefect(StoreDefectKind.Name, name.ToString(), e.Message));
    }

    private void CheckRecords()
    {
        foreach (Digest id in store.Records.List())
        {
            _report.Images++;
            Need(_documents, id, id);
            if (DocumentsOf(id) is not { } documents) continue;
            foreach (Digest document in documents) Need(_documents, document, id);
            if (!documents.Contains(id))
                Found(new StoreDefect(StoreDefectKind.Record, id.ToString(),
                    $"the record of image {id} does not name its config") { Images = [id] });
        }
        foreach (ImageUse use in uses()) _documents.TryAdd(use.ImageId, []);
    }

    private List<Digest>? DocumentsOf(Digest id)
    {
        try
        {
            return store.Records.Documents(id);
        }
        catch (ImageException e)
        {
            var defect = new StoreDefect(StoreDefectKind.Record, id.ToString(), e.Message) { Images = [id] };
            Found(defect);
            return defect.Repair is null ? null : store.Records.Documents(id);
        }
    }

    private void CheckDocuments()
    {
        // Manifests first: they say what a config's size is, which fetching it again needs.
        foreach ((Digest document, List<Digest> images) in _documents.OrderBy(pair => IsConfig(pair.Key, pair.Value)))
        {
            _report.Documents++;
            if (ProblemOf(document) is { } problem)
                Found(new StoreDefect(StoreDefectKind.Document, document.ToString(), problem) { Images = images });
            if (IsConfig(document, images)) NeedLayersOf(document);
        }
    }

    // A document that no image has is the config of an image that a container has outlived.
    private static bool IsConfig(Digest document, List<Digest> images) =>
        images.Count == 0 || images.Contains(document);

    private string? ProblemOf(Digest document)
    {
        try
        {
            store.Content.Get(document);
            return null;
        }
        catch (Exception e) when (e is ImageException or Interop.LinuxException)
        {
            return e.Message;
        }
    }

    private void NeedLayersOf(Digest config)
    {
        if (ProblemOf(config) is not null)
        {
            _knowsAllLayers = false;
            return;
        }
        bool isImage = store.Records.Contains(config);
        foreach (Digest diffId in store.Open(config).DiffIds)
            if (isImage) Need(_layers, diffId, config);
            else _layers.TryAdd(diffId, []);
    }

    private void CheckLayers(CancellationToken cancellation)
    {
        Dictionary<Digest, long> all = store.AllLayers().ToDictionary(layer => layer.DiffId, layer => layer.Bytes);
        foreach (Digest diffId in _layers.Keys) all.TryAdd(diffId, 0);
        long total = all.Values.Sum();
        foreach (Digest diffId in all.Keys)
        {
            progress.Layer(diffId, ++_report.Layers, all.Count);
            if (store.Layers.Check(diffId, Read, cancellation) is not { } defect) continue;
            Found(new StoreDefect(
                defect.TarIsSound ? StoreDefectKind.Index : StoreDefectKind.Layer, diffId.ToString(), defect.Text)
            {
                Images = _layers.GetValueOrDefault(diffId) ?? [],
            });
        }

        void Read(long bytes) => progress.Read(_report.Bytes += bytes, total);
    }

    // What an unfinished pull has left for the next one is no defect: prune and the next removal take it away.
    private void NoteUnneeded()
    {
        foreach (Digest document in store.Content.List())
            if (!_documents.ContainsKey(document))
                _report.Notes.Add($"document {document} belongs to no image");
        if (!_knowsAllLayers) return;
        foreach ((Digest diffId, _) in store.Layers.List())
            if (!_layers.ContainsKey(diffId))
                _report.Notes.Add($"layer {diffId} belongs to no image");
    }

    private void Found(StoreDefect defect)
    {
        _report.Defects.Add(defect);
        repair?.Heal(defect);
    }

    private static void Need(Dictionary<Digest, List<Digest>> needed, Digest what, Digest image)
    {
        if (!needed.TryGetValue(what, out List<Digest>? images)) needed[what] = images = [];
        if (!images.Contains(image)) images.Add(image);
    }
}
