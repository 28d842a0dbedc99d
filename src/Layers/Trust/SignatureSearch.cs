using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Layers.Trust;

/// <summary>
/// Looks for a signature of an image where cosign puts them, in the image's own repository: at the tag
/// <c>sha256-HEX.sig</c> (cosign 1 and 2), among the referrers (cosign 3), and, where the registry has no list of
/// these, in the index at the tag <c>sha256-HEX</c> (distribution-spec "Referrers Tag Schema"). Used once.
/// </summary>
/// <param name="registry">Where the image is fetched from.</param>
/// <param name="image">Its name.</param>
/// <param name="demand">What a signature has to be.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class SignatureSearch(
    RegistryClient registry, Reference image, SignatureDemand demand, CancellationToken cancellation)
{
    /// <summary>How many manifests and blobs are fetched for an image's signatures.</summary>
    public const int MaxDocuments = 128;

    /// <summary>How large a signed text or a bundle may be; cosign's have a few hundred bytes, or ten thousand with
    /// entries of a transparency log.</summary>
    public const int MaxBytes = 256 << 10;

    private const int ShownProblems = 3, MaxShown = 500;

    // What clients that do not know an artifact's type write into the index at the fallback tag, cosign 3 among them.
    private const string UnknownType = "application/vnd.oci.empty.v1+json";

    private static readonly string[] s_types = [SigstoreBundle.MediaType, SimpleSigning.ArtifactType];

    // Why a place could not be looked at, or had nothing; and what is wrong with signatures that were found.
    private readonly List<string> _misses = [], _problems = [];
    private int _documents;

    /// <summary>Whether one of the signatures counts; those that follow it are not looked at.</summary>
    public async Task<bool> FindAsync()
    {
        foreach (Digest digest in demand.Digests)
            if (await IsAtTagAsync(digest).ConfigureAwait(false)
                || await IsAmongReferrersAsync(digest).ConfigureAwait(false)) return true;
        return false;
    }

    /// <summary>Why none counts, in words that follow "has none: ".</summary>
    public string Describe()
    {
        string first = string.Join("; ", (_problems.Count > 0 ? _problems : _misses).Distinct().Take(ShownProblems));
        // What to do is told after it, and a message has an end.
        if (first.Length > MaxShown) first = first[..MaxShown] + "...";
        return _problems.Count > ShownProblems ? $"{first}; and so on, {_problems.Count} in all" : first;
    }

    private Task<bool> IsAtTagAsync(Digest digest) =>
        IsInManifestAsync("its tag .sig", image.WithTag(ReferrerTag.Of(digest) + ".sig"), null);

    private async Task<bool> IsAmongReferrersAsync(Digest digest)
    {
        bool isListed = false;
        foreach (string type in s_types)
        {
            Oci.Index? list = await AskAsync("its referrers", () =>
                registry.GetReferrersAsync(image, digest, type, cancellation)).ConfigureAwait(false);
            if (list is null) break;
            isListed = true;
            if (await IsInAnyAsync(list).ConfigureAwait(false)) return true;
        }
        if (isListed) return false;
        Oci.Index? index = await AskAsync("its tag for referrers", async () => Oci.Index.Parse((await registry
            .GetManifestAsync(image.WithTag(ReferrerTag.Of(digest)), null, cancellation).ConfigureAwait(false)).Bytes))
            .ConfigureAwait(false);
        return index is not null && await IsInAnyAsync(index).ConfigureAwait(false);
    }

    private async Task<bool> IsInAnyAsync(Oci.Index list)
    {
        foreach (Descriptor referrer in list.Manifests)
        {
            if (referrer.ArtifactType is { } type && type != UnknownType && !s_types.Contains(type)) continue;
            if (!MayFetch()) return false;
            if (await IsInManifestAsync($"referrer {referrer.Digest.Short}", image, referrer.Digest)
                .ConfigureAwait(false)) return true;
        }
        return false;
    }

    private async Task<bool> IsInManifestAsync(string what, Reference name, Digest? digest)
    {
        Manifest? manifest = await AskAsync(what, async () => Manifest.ParseArtifact((await registry
            .GetManifestAsync(name, digest, cancellation).ConfigureAwait(false)).Bytes)).ConfigureAwait(false);
        foreach (Descriptor layer in manifest?.Layers ?? [])
        {
            if (layer.MediaType is not (SimpleSigning.MediaType or SigstoreBundle.MediaType)) continue;
            if (!MayFetch()) return false;
            if (await CountsAsync(layer).ConfigureAwait(false)) return true;
        }
        return false;
    }

    private async Task<bool> CountsAsync(Descriptor layer)
    {
        string problem;
        try
        {
            if (layer.Size > MaxBytes)
                throw new ImageException($"it has {layer.Size} bytes: expected {MaxBytes} at most");
            byte[] bytes = await registry.GetBlobAsync(image, layer, MaxBytes, cancellation).ConfigureAwait(false);
            bool counts = layer.MediaType == SigstoreBundle.MediaType
                ? SigstoreBundle.Counts(bytes, demand, out problem)
                : SimpleSigning.Counts(
                    bytes, layer.Annotations?.GetValueOrDefault(SimpleSigning.Annotation), demand, out problem);
            if (counts) return true;
        }
        catch (ImageException e)
        {
            problem = $"cannot be fetched: {e.Message}";
        }
        _problems.Add($"signature {layer.Digest.Short} {problem}");
        return false;
    }

    private bool MayFetch()
    {
        if (_documents++ < MaxDocuments) return true;
        _problems.Insert(0, $"more than {MaxDocuments} documents would have to be looked at");
        return false;
    }

    // A place that has nothing, or nothing readable, is no reason to leave out the others.
    private async Task<T?> AskAsync<T>(string what, Func<Task<T>> ask) where T : class
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (ImageException e)
        {
            // Nobody has given these names.
            _misses.Add($"{what}: {e.Message.Replace(RegistryErrors.CheckName, "", StringComparison.Ordinal)}");
            return null;
        }
    }
}
