using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Index = Skiff.Layers.Oci.Index;

namespace Skiff.Agent.Images;

/// <summary>
/// Finds a platform's manifest below what a name stands for: itself, one in its index, or one in an index within that.
/// What an index names itself comes before what its indexes name, and of those the first that has something.
/// </summary>
/// <param name="registry">Where the image is.</param>
/// <param name="reference">The repository.</param>
/// <param name="platform">What is wanted.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class ManifestSearch(
    RegistryClient registry, Reference reference, Platform platform, CancellationToken cancellation)
{
    private const int MaxIndexes = 16;

    private readonly List<Descriptor> _offered = [];
    private int _indexes;

    /// <summary>The documents on the way from <paramref name="top"/>, which comes first, to the manifest, which is
    /// last.</summary>
    /// <exception cref="ImageException">No manifest suits, or a document is not what an index says.</exception>
    public async Task<IReadOnlyList<FetchedManifest>> RunAsync(FetchedManifest top)
    {
        if (!top.IsIndex) return [top];
        return await FindAsync(top).ConfigureAwait(false)
            ?? throw new ImageException(Index.NoneFor(platform, _offered));
    }

    private async Task<List<FetchedManifest>?> FindAsync(FetchedManifest document)
    {
        Index index = Index.Parse(document.Bytes);
        if (index.TrySelect(platform) is { } manifest)
            return [document, await GetAsync(manifest, isIndex: false).ConfigureAwait(false)];
        _offered.AddRange(index.Manifests);
        foreach (Descriptor nested in index.Manifests.Where(MayHaveIt))
        {
            if (++_indexes > MaxIndexes) throw new ImageException(
                $"more than {MaxIndexes} indexes within the index: pull the manifest by its digest");
            FetchedManifest inner = await GetAsync(nested, isIndex: true).ConfigureAwait(false);
            if (await FindAsync(inner).ConfigureAwait(false) is { } found) return [document, .. found];
        }
        return null;
    }

    private bool MayHaveIt(Descriptor entry) => MediaTypes.IsIndex(entry.MediaType)
        && (entry.Platform is null || platform.Suits(entry.Platform) > 0);

    private async Task<FetchedManifest> GetAsync(Descriptor entry, bool isIndex)
    {
        FetchedManifest document =
            await registry.GetManifestAsync(reference, entry.Digest, cancellation).ConfigureAwait(false);
        if (document.IsIndex != isIndex) throw new ImageException(
            $"{entry.Digest} is {(document.IsIndex ? "an index" : "a manifest")}: expected {entry.MediaType}");
        return document.Bytes.Length == entry.Size ? document : throw new ImageException(
            $"{(isIndex ? "index" : "manifest")} {entry.Digest} has the wrong size: expected {entry.Size} bytes, "
                + $"got {document.Bytes.Length}");
    }
}
