using System.Security.Cryptography;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Registry.Uploads;

namespace Skiff.Layers.Registry;

/// <summary>
/// Reads from one registry and its mirrors (distribution-spec, "Pull"), and gives out who writes. Thread-safe;
/// connections are kept and shared. Errors are <see cref="ImageException"/>s that leave it to the caller to say what
/// was being pulled.
/// </summary>
public sealed class RegistryClient : IDisposable
{
    private readonly IReadOnlyList<RegistryEndpoint> _endpoints;
    private readonly RateLimit? _rate;

    /// <summary>For the registry of <see cref="Reference.Registry"/>, without mirrors or settings.</summary>
    public RegistryClient(string registry, RegistryCredentials? credentials = null, RegistryOptions? options = null)
        : this([Alone(registry, credentials, options ?? RegistryOptions.Default)], options ?? RegistryOptions.Default)
    {
    }

    /// <summary>For places that are asked in this order; the last is the registry itself.</summary>
    internal RegistryClient(IReadOnlyList<RegistryEndpoint> endpoints, RegistryOptions options)
    {
        (_endpoints, Options) = (endpoints, options);
        if (Options.BytesPerSecond is { } rate) _rate = new RateLimit(rate, Options.Clock);
    }

    /// <summary>The options in force.</summary>
    public RegistryOptions Options { get; }

    /// <summary>How many bytes of blobs have come so far.</summary>
    public long ReceivedBytes
    {
        get
        {
            long sum = 0;
            foreach (RegistryEndpoint endpoint in _endpoints) sum += endpoint.Transport.Link.ReceivedBytes;
            return sum;
        }
    }

    /// <summary>
    /// Told in words when a mirror is passed over for its wrong bytes, or since it has given the manifest and not what
    /// belongs to it. Called from several threads.
    /// </summary>
    public Action<string>? Warn { get; set; }

    /// <summary>
    /// Fetches a manifest or index by <paramref name="digest"/>, or else by what the reference names, and verifies its
    /// digest.
    /// </summary>
    public Task<FetchedManifest> GetManifestAsync(
        Reference reference, Digest? digest, CancellationToken cancellation) => FromAnyAsync(async endpoint =>
    {
        Digest? expected = digest ?? reference.Digest;
        string path = $"/v2/{endpoint.RepositoryOf(reference)}/manifests/{expected?.ToString() ?? reference.Tag}";
        (byte[] bytes, HttpResponseMessage response) = await GetWholeAsync(
            endpoint, path, reference, MediaTypes.AcceptManifests, Manifest.MaxBytes, "manifest", cancellation)
            .ConfigureAwait(false);
        using HttpResponseMessage toDispose = response;
        Digest actual = Digest.FromBytes(SHA256.HashData(bytes));
        if (expected is null
            && response.Headers.TryGetValues("Docker-Content-Digest", out IEnumerable<string>? announced))
            foreach (string text in announced)
                if (Digest.TryParse(text, out Digest parsed))
                    expected = parsed;
        if (expected is { } wanted && wanted.OfSameKind(bytes) is var got && got != wanted)
            throw new ImageException($"manifest digest mismatch: expected {wanted}, got {got}");
        endpoint.HasGivenManifest = true;
        return new FetchedManifest(
            actual, ManifestKind.IsIndex(response.Content.Headers.ContentType?.MediaType, bytes), bytes);
    });

    /// <summary>The tags of a repository (distribution-spec, "Listing tags"), in the registry's order.</summary>
    public Task<IReadOnlyList<string>> GetTagsAsync(Reference repository, CancellationToken cancellation) =>
        FromAnyAsync<IReadOnlyList<string>>(async endpoint =>
    {
        List<string> tags = [];
        string? path = $"/v2/{endpoint.RepositoryOf(repository)}/tags/list";
        while (path is not null)
        {
            (byte[] page, HttpResponseMessage response) = await GetWholeAsync(
                endpoint, path, repository, "application/json", Manifest.MaxBytes, "list of tags", cancellation)
                .ConfigureAwait(false);
            using HttpResponseMessage toDispose = response;
            int before = tags.Count;
            TagList.Read(page, tags);
            path = TagList.Next(response);
            // A registry that repeats itself would keep its client for ever.
            if (tags.Count > TagList.MaxTags || (path is not null && tags.Count == before)) throw new ImageException(
                $"list of tags does not end: got {tags.Count}");
        }
        return tags;
    });

    /// <summary>Fetches a small blob (a config) whole and verifies its size and digest.</summary>
    public Task<byte[]> GetBlobAsync(
        Reference reference, Descriptor blob, int maxBytes, CancellationToken cancellation) =>
        FromAnyAsync(async endpoint =>
    {
        (byte[] bytes, HttpResponseMessage response) = await GetWholeAsync(
            endpoint, endpoint.PathOf(reference, blob), reference, null, maxBytes, $"blob {blob.Digest}",
            cancellation).ConfigureAwait(false);
        response.Dispose();
        if (bytes.Length != blob.Size)
            throw new ImageException(
                $"blob {blob.Digest} has the wrong size: expected {blob.Size} bytes, got {bytes.Length}");
        Digest actual = Digest.FromBytes(SHA256.HashData(bytes));
        return actual == blob.Digest ? bytes
            : throw new ImageException($"blob digest mismatch: expected {blob.Digest}, got {actual}");
    }, failed: (mirror, why) => TellOfRefusal(mirror, blob, why));

    /// <summary>
    /// Lists what refers to a manifest (distribution-spec, "Listing Referrers"): the first page of it. A registry that
    /// does not filter lists other types, too; one that has no such list answers with an error.
    /// </summary>
    /// <param name="reference">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="artifactType">The type of referrers that is wanted.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task<Oci.Index> GetReferrersAsync(
        Reference reference, Digest digest, string artifactType, CancellationToken cancellation) =>
        FromAnyAsync(async endpoint =>
    {
        string path = $"/v2/{endpoint.RepositoryOf(reference)}/referrers/{digest}"
            + $"?artifactType={Uri.EscapeDataString(artifactType)}";
        (byte[] bytes, HttpResponseMessage response) = await GetWholeAsync(
            endpoint, path, reference, MediaTypes.OciIndex, Manifest.MaxBytes, "list of referrers", cancellation)
            .ConfigureAwait(false);
        response.Dispose();
        Oci.Index list = Oci.Index.Parse(bytes);
        // A mirror may have the image and nothing that refers to it.
        bool isInVain = endpoint.IsMirror && list.Manifests.Count == 0;
        return isInVain ? throw new ImageException("it lists no referrers") : list;
    });

    /// <summary>A layer's blob, to be read by one reader at a time.</summary>
    public IBlobSource OpenBlob(Reference reference, Descriptor blob) =>
        new RegistryBlob(this, reference, blob, _rate);

    /// <summary>Writes into the reference's repository, at the registry itself: mirrors are read only.</summary>
    public RegistryWriter WriterFor(Reference reference) =>
        new(_endpoints[^1].Transport, _endpoints[^1].RepositoryOf(reference));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RegistryEndpoint endpoint in _endpoints) endpoint.Dispose();
    }

    /// <summary>
    /// The first of the places that has it. What is wrong with mirrors is told when the registry fails too.
    /// </summary>
    /// <param name="ask">Asks one place.</param>
    /// <param name="without">Mirrors that are not asked.</param>
    /// <param name="failed">Told at once about a mirror that fails, and why.</param>
    internal async Task<T> FromAnyAsync<T>(
        Func<RegistryEndpoint, Task<T>> ask, IReadOnlyCollection<RegistryEndpoint>? without = null,
        Action<RegistryEndpoint, string>? failed = null)
    {
        List<string>? failures = null;
        foreach (RegistryEndpoint mirror in _endpoints)
        {
            if (!mirror.IsMirror || mirror.IsDown || (without?.Contains(mirror) ?? false)) continue;
            try
            {
                return await ask(mirror).ConfigureAwait(false);
            }
            catch (ImageException e)
            {
                mirror.IsDown = e.InnerException is HttpRequestException or OperationCanceledException;
                (failures ??= []).Add($"mirror {mirror.Transport.Authority}: {e.Message}");
                failed?.Invoke(mirror, e.Message);
            }
        }
        RegistryEndpoint last = _endpoints[^1];
        try
        {
            return await ask(last).ConfigureAwait(false);
        }
        catch (ImageException e) when (failures is not null || last.ErrorPrefix.Length > 0)
        {
            throw new ImageException(string.Join("; ", [last.ErrorPrefix + e.Message, .. failures ?? []]), e);
        }
    }

    /// <summary>Tells the user about a mirror that gives wrong bytes.</summary>
    internal void Tell(RegistryEndpoint mirror, Descriptor blob, string why) =>
        Warn?.Invoke($"mirror {mirror.Transport.Authority} is passed over for blob {blob.Digest}: {why}");

    /// <summary>Tells the user about a mirror that refuses a blob, once: it may lack them all. That one lacks the image
    /// is what mirrors do.</summary>
    internal void TellOfRefusal(RegistryEndpoint mirror, Descriptor blob, string why)
    {
        if (mirror.HasGivenManifest) Tell(mirror, blob, why);
        mirror.HasGivenManifest = false;
    }

    private static RegistryEndpoint Alone(string registry, RegistryCredentials? credentials, RegistryOptions options) =>
        new(new RegistryLocation(registry, registry, IsMirror: false),
            new RegistryTransport(registry, RegistryHost.Default, () => credentials, options));

    // A small document that breaks off is fetched anew.
    private async Task<(byte[] Bytes, HttpResponseMessage Response)> GetWholeAsync(
        RegistryEndpoint endpoint, string path, Reference reference, string? accept, int maxBytes, string what,
        CancellationToken cancellation)
    {
        RegistryRequest request =
            RegistryRequest.Get(path, endpoint.RepositoryOf(reference)) with { Accept = accept };
        for (int attempt = 0; ; attempt++)
        {
            HttpResponseMessage response =
                await endpoint.Transport.SendAsync(request, cancellation).ConfigureAwait(false);
            try
            {
                byte[] bytes = await RegistryBody
                    .ReadAsync(response, maxBytes, what, Options.IdleTimeoutMs, cancellation).ConfigureAwait(false);
                return (bytes, response);
            }
            catch (Exception e) when (RegistryErrors.IsTransient(e) && !cancellation.IsCancellationRequested)
            {
                response.Dispose();
                if (attempt >= Options.Retries) throw RegistryErrors.From(endpoint.Transport.Authority, e);
            }
            catch
            {
                response.Dispose();
                throw;
            }
            await Task.Delay(Options.DelayBefore(attempt), cancellation).ConfigureAwait(false);
        }
    }
}
