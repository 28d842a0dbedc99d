using System.Net;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Uploads;

/// <summary>
/// One blob on its way into a repository (distribution-spec, "Pushing blobs"): as one body, or as chunks where that is
/// asked for or the registry takes no body so large. What breaks off goes on where the registry says that it has got
/// to.
/// </summary>
/// <param name="transport">To the registry.</param>
/// <param name="repository">Its name there.</param>
/// <param name="body">The bytes.</param>
/// <param name="chunkBytes">Bytes of a chunk; null for all in one.</param>
/// <param name="sent">Told how many bytes are on their way, often.</param>
internal sealed class BlobUpload(
    RegistryTransport transport, string repository, IUploadBody body, int? chunkBytes, Action<long>? sent)
    : IAsyncDisposable
{
    private const int AheadBytes = 1 << 20;
    private const int LargestChunk = 256 << 20;

    // From here on it pays to hear a refusal before the body has been sent.
    private const int LargeBody = 32 << 20;

    // What a registry that takes no large bodies is offered.
    private const int FallbackChunk = 8 << 20;

    private static readonly HttpStatusCode[] s_gone = [HttpStatusCode.NotFound],
        s_tooLarge = [HttpStatusCode.RequestEntityTooLarge];

    private UploadFlow _flow = new(body, AheadBytes);
    private int? _chunk = chunkBytes;
    private string _location = "";
    private long _at;
    private bool _isSent;

    /// <summary>Uploads the blob and returns what it is.</summary>
    /// <param name="expected">What its digest has to be; null when only its bytes can tell.</param>
    /// <param name="location">An upload that the registry has begun; null to begin one.</param>
    /// <param name="cancellation">Ends it; the registry forgets the upload by itself.</param>
    public async Task<(Digest Digest, long Bytes)> RunAsync(
        Digest? expected, string? location, CancellationToken cancellation)
    {
        await BeginAsync(location, cancellation).ConfigureAwait(false);
        while (await NextAsync(cancellation).ConfigureAwait(false) is { } request)
        {
            using HttpResponseMessage answer = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.RequestEntityTooLarge)
            {
                _chunk = FallbackChunk;
                await BeginAsync(null, cancellation).ConfigureAwait(false);
                continue;
            }
            (_location, _at, _isSent) = (UploadRequest.LocationOf(answer), _flow.Position, true);
        }
        Digest digest = _flow.Digest();
        if (expected is { } wanted && wanted != digest)
            throw new ImageException($"blob digest mismatch: expected {wanted}, got {digest}");
        await FinishAsync(digest, cancellation).ConfigureAwait(false);
        return (digest, _at);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _flow.DisposeAsync();

    private async Task BeginAsync(string? location, CancellationToken cancellation)
    {
        if (location is null)
        {
            using HttpResponseMessage answer = await transport.SendAsync(
                UploadRequest.Begin(repository), cancellation).ConfigureAwait(false);
            location = UploadRequest.LocationOf(answer);
            if (_chunk is { } chunk && LeastOf(answer) is { } least) _chunk = Math.Max(chunk, least);
        }
        (_location, _at, _isSent) = (location, 0, false);
        if (_chunk is not { } bytes) return;
        // A chunk is sent when all of it is there: then its length is known.
        await _flow.DisposeAsync().ConfigureAwait(false);
        _flow = new UploadFlow(body, bytes + AheadBytes);
    }

    // What is to be sent now; null at the end.
    private async Task<RegistryRequest?> NextAsync(CancellationToken cancellation)
    {
        if (_chunk is not { } chunk) return _isSent ? null : Patch(body.Length - _at);
        long bytes = await _flow.PeekAsync(_at, chunk, cancellation).ConfigureAwait(false);
        return bytes == 0 ? null : Patch(bytes);
    }

    private RegistryRequest Patch(long? bytes)
    {
        long start = _at;
        bool tellsRange = (_chunk is not null || start > 0) && bytes > 0;
        return new RegistryRequest(HttpMethod.Patch, _location, RegistryRequest.Push(repository))
        {
            BodyStart = start,
            ContentRange = tellsRange ? $"{start}-{start + bytes - 1}" : null,
            Content = () => new UploadContent(_flow, start, bytes, sent)
            {
                Headers = { ContentType = UploadRequest.Type },
            },
            AlsoAnswers = _chunk is null ? s_tooLarge : [],
            AsksFirst = bytes > LargeBody,
            Renew = ResumeAsync,
        };
    }

    // distribution-spec, "Pushing a blob in chunks": the registry is asked how far it has got.
    private async Task<RegistryRequest> ResumeAsync(CancellationToken cancellation)
    {
        RegistryRequest ask = RegistryRequest.Get(_location, repository) with
        {
            Scopes = [RegistryRequest.Push(repository)], AlsoAnswers = s_gone,
        };
        bool isGone;
        using (HttpResponseMessage answer = await transport.SendAsync(ask, cancellation).ConfigureAwait(false))
        {
            // "0-0" is what is said of one byte and of none; and nothing can have come that has not been sent.
            long end = EndOf(answer) ?? 0;
            isGone = answer.StatusCode == HttpStatusCode.NotFound || end <= 1 || end > (body.Length ?? long.MaxValue);
            if (!isGone) (_location, _at) = (UploadRequest.LocationOf(answer), end);
        }
        if (isGone) await BeginAsync(null, cancellation).ConfigureAwait(false);
        // A body that has to be made again up to there takes its time, which no request has to wait for.
        await _flow.PeekAsync(_at, 1, cancellation).ConfigureAwait(false);
        return await NextAsync(cancellation).ConfigureAwait(false) ?? Patch(0);
    }

    private async Task FinishAsync(Digest digest, CancellationToken cancellation)
    {
        RegistryRequest request = UploadRequest.Finish(repository, _location, digest, []) with { AlsoAnswers = s_gone };
        using HttpResponseMessage answer = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
        if (answer.StatusCode != HttpStatusCode.NotFound) return;
        // An answer that was lost: the upload is no more, since it is a blob.
        if (!await UploadRequest.HasAsync(transport, repository, digest, cancellation).ConfigureAwait(false))
            throw new ImageException($"registry {transport.Authority} has forgotten the upload of {digest} (404)");
    }

    // "Range: 0-1023" after 1,024 bytes.
    private static long? EndOf(HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Range", out IEnumerable<string>? values)) return null;
        string range = values.First();
        return long.TryParse(range.AsSpan(range.IndexOf('-') + 1), out long last) && last >= 0 ? last + 1 : null;
    }

    private static int? LeastOf(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("OCI-Chunk-Min-Length", out IEnumerable<string>? values)
            && int.TryParse(values.First(), out int bytes) && bytes <= LargestChunk ? bytes : null;
}
