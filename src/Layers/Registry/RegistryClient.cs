using System.Net;
using System.Security.Cryptography;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// Reads from one registry (distribution-spec, "Pull"). Thread-safe; connections are kept and shared. Errors are
/// <see cref="ImageException"/>s that leave it to the caller to say what was being pulled.
/// </summary>
public sealed class RegistryClient : IDisposable
{
    private static readonly HttpStatusCode[] s_beyondTheEnd = [HttpStatusCode.RequestedRangeNotSatisfiable];

    private readonly RegistryTransport _transport;
    private readonly RateLimit? _rate;

    /// <summary>For the registry of <see cref="Reference.Registry"/>.</summary>
    public RegistryClient(string registry, RegistryCredentials? credentials = null, RegistryOptions? options = null)
    {
        Options = options ?? RegistryOptions.Default;
        _transport = new RegistryTransport(registry, RegistryHost.Default, () => credentials, Options);
        if (Options.BytesPerSecond is { } rate) _rate = new RateLimit(rate, Options.Clock);
    }

    /// <summary>The options in force.</summary>
    public RegistryOptions Options { get; }

    /// <summary>
    /// Fetches a manifest or index by <paramref name="digest"/>, or else by what the reference names, and verifies its
    /// digest.
    /// </summary>
    public async Task<FetchedManifest> GetManifestAsync(
        Reference reference, Digest? digest, CancellationToken cancellation)
    {
        Digest? expected = digest ?? reference.Digest;
        string path = $"/v2/{reference.Repository}/manifests/{expected?.ToString() ?? reference.Tag}";
        (byte[] bytes, HttpResponseMessage response) = await GetWholeAsync(
            path, reference, MediaTypes.AcceptManifests, Manifest.MaxBytes, "manifest", cancellation).ConfigureAwait(
                false);
        using HttpResponseMessage toDispose = response;
        Digest actual = Digest.FromBytes(SHA256.HashData(bytes));
        if (expected is null
            && response.Headers.TryGetValues("Docker-Content-Digest", out IEnumerable<string>? announced))
            foreach (string text in announced)
                if (Digest.TryParse(text, out Digest parsed))
                    expected = parsed;
        if (expected is { } wanted && wanted.OfSameKind(bytes) is var got && got != wanted)
            throw new ImageException($"manifest digest mismatch: expected {wanted}, got {got}");
        return new FetchedManifest(
            actual, ManifestKind.IsIndex(response.Content.Headers.ContentType?.MediaType, bytes), bytes);
    }

    /// <summary>Fetches a small blob (a config) whole and verifies its size and digest.</summary>
    public async Task<byte[]> GetBlobAsync(
        Reference reference, Descriptor blob, int maxBytes, CancellationToken cancellation)
    {
        (byte[] bytes, HttpResponseMessage response) = await GetWholeAsync(
            BlobPath(reference, blob), reference, null, maxBytes, $"blob {blob.Digest}", cancellation)
            .ConfigureAwait(false);
        response.Dispose();
        if (bytes.Length != blob.Size)
            throw new ImageException(
                $"blob {blob.Digest} has the wrong size: expected {blob.Size} bytes, got {bytes.Length}");
        Digest actual = Digest.FromBytes(SHA256.HashData(bytes));
        return actual == blob.Digest ? bytes
            : throw new ImageException($"blob digest mismatch: expected {blob.Digest}, got {actual}");
    }

    /// <summary>
    /// Opens a blob from byte <paramref name="offset"/> on. The stream is the caller's to dispose of; nothing about its
    /// bytes has been verified except that, where the registry announces a length, it is the right one. A registry that
    /// does not give the bytes from there on is asked for all of them, and those before are read over.
    /// </summary>
    public async ValueTask<Stream> OpenBlobAsync(
        Reference reference, Descriptor blob, long offset, CancellationToken cancellation) =>
        (offset > 0 ? await TryOpenAsync(reference, blob, offset, offset, cancellation).ConfigureAwait(false) : null)
            ?? await TryOpenAsync(reference, blob, 0, offset, cancellation).ConfigureAwait(false)
            ?? throw new ImageException("registry answered with a part of the blob that was not asked for");

    // Asks for the bytes from one place on and gives out those from another, which may be further on. Null for an
    // answer that has not got these.
    private async ValueTask<Stream?> TryOpenAsync(
        Reference reference, Descriptor blob, long asked, long wanted, CancellationToken cancellation)
    {
        HttpResponseMessage response = await _transport
            .SendAsync(
                RegistryRequest.Get(BlobPath(reference, blob), reference.Repository) with
                {
                    Offset = asked,
                    AlsoAnswers = asked > 0 ? s_beyondTheEnd : [],
                }, cancellation).ConfigureAwait(false);
        try
        {
            HttpContent content = response.Content;
            bool isPart = response.StatusCode == HttpStatusCode.PartialContent;
            long start = isPart ? content.Headers.ContentRange?.From ?? wanted + 1 : 0;
            if (start > wanted || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                response.Dispose();
                return null;
            }
            // A part may end before the blob does; what is missing is asked for again.
            long? size = isPart ? content.Headers.ContentRange!.Length : content.Headers.ContentLength;
            if (size is { } length && length != blob.Size)
                throw new ImageException($"blob has the wrong size: expected {blob.Size} bytes, got {length}");
            Stream body = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            return new BlobStream(
                response, body, skip: wanted - start, _transport.Authority, Options.IdleTimeoutMs, _rate);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    private static string BlobPath(Reference reference, Descriptor blob) =>
        $"/v2/{reference.Repository}/blobs/{blob.Digest}";

    // A small document that breaks off is fetched anew.
    private async Task<(byte[] Bytes, HttpResponseMessage Response)> GetWholeAsync(
        string path, Reference reference, string? accept, int maxBytes, string what, CancellationToken cancellation)
    {
        for (int attempt = 0; ; attempt++)
        {
            HttpResponseMessage response = await _transport
                .SendAsync(RegistryRequest.Get(path, reference.Repository) with { Accept = accept }, cancellation)
                .ConfigureAwait(false);
            try
            {
                byte[] bytes = await RegistryBody
                    .ReadAsync(response, maxBytes, what, Options.IdleTimeoutMs, cancellation).ConfigureAwait(false);
                return (bytes, response);
            }
            catch (Exception e) when (RegistryErrors.IsTransient(e) && !cancellation.IsCancellationRequested)
            {
                response.Dispose();
                if (attempt >= Options.Retries) throw RegistryErrors.From(_transport.Authority, e);
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
