using System.Net;
using System.Net.Http.Headers;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Uploads;

/// <summary>
/// Writes into one repository (distribution-spec, "Push"). Thread-safe; lives as long as the <see
/// cref="RegistryClient"/> that gave it out.
/// </summary>
public sealed class RegistryWriter
{
    private readonly RegistryTransport _transport;
    private readonly string _repository;

    internal RegistryWriter(RegistryTransport transport, string repository) =>
        (_transport, _repository) = (transport, repository);

    /// <summary>Whether the repository has the blob.</summary>
    public Task<bool> HasAsync(Digest blob, CancellationToken cancellation) =>
        UploadRequest.HasAsync(_transport, _repository, blob, cancellation);

    /// <summary>
    /// Takes a blob over from another repository of the registry. Null when that is done; else where it can be uploaded
    /// to, for the registry has not done it.
    /// </summary>
    public async Task<string?> MountAsync(Digest blob, Reference from, CancellationToken cancellation)
    {
        string query = $"?mount={UploadRequest.Escaped(blob)}&from={Uri.EscapeDataString(from.Repository)}";
        RegistryRequest request = UploadRequest.Begin(_repository, query, RegistryRequest.Pull(from.Repository));
        using HttpResponseMessage answer = await _transport.SendAsync(request, cancellation).ConfigureAwait(false);
        return answer.StatusCode == HttpStatusCode.Created ? null : UploadRequest.LocationOf(answer);
    }

    /// <summary>Uploads a small blob in one piece (distribution-spec, "POST then PUT").</summary>
    public async Task PutAsync(byte[] document, Digest digest, CancellationToken cancellation)
    {
        RegistryRequest request = await BeginAsync(cancellation).ConfigureAwait(false);
        using HttpResponseMessage answer = await _transport.SendAsync(request, cancellation).ConfigureAwait(false);

        // An upload of which nobody knows how far it has got is left alone, and another one begun.
        async Task<RegistryRequest> BeginAsync(CancellationToken stop)
        {
            using HttpResponseMessage begun = await _transport
                .SendAsync(UploadRequest.Begin(_repository), stop).ConfigureAwait(false);
            return UploadRequest.Finish(_repository, UploadRequest.LocationOf(begun), digest, document) with
            {
                Renew = BeginAsync,
            };
        }
    }

    /// <summary>Uploads a blob and returns its digest and size.</summary>
    /// <param name="body">The bytes.</param>
    /// <param name="expected">What the digest has to be; null when only the bytes can tell.</param>
    /// <param name="location">Where, as <see cref="MountAsync"/> returned it; null to ask.</param>
    /// <param name="chunkBytes">The size of the chunks; null for one body.</param>
    /// <param name="sent">Told how many bytes are on their way, often.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ImageException">The registry refuses it, or the body cannot be had.</exception>
    public async Task<(Digest Digest, long Bytes)> UploadAsync(
        IUploadBody body, Digest? expected, string? location, int? chunkBytes, Action<long>? sent,
        CancellationToken cancellation)
    {
        var upload = new BlobUpload(_transport, _repository, body, chunkBytes, sent);
        await using (upload.ConfigureAwait(false))
            return await upload.RunAsync(expected, location, cancellation).ConfigureAwait(false);
    }

    /// <summary>Uploads a manifest or index and makes the tag stand for it, or puts it there by its digest.</summary>
    /// <param name="target">A tag or digest.</param>
    /// <param name="manifest">Its bytes.</param>
    /// <param name="mediaType">Its type.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task PutManifestAsync(
        string target, byte[] manifest, string mediaType, CancellationToken cancellation)
    {
        var request = new RegistryRequest(
            HttpMethod.Put, $"/v2/{_repository}/manifests/{target}", RegistryRequest.Push(_repository))
        {
            Content = () => new ByteArrayContent(manifest)
            {
                Headers = { ContentType = new MediaTypeHeaderValue(mediaType) },
            },
        };
        using HttpResponseMessage answer = await _transport.SendAsync(request, cancellation).ConfigureAwait(false);
    }
}
