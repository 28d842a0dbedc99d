using System.Net;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Layers.Registry;

/// <summary>
/// A layer's blob, at whichever mirror has it or at the registry itself. A mirror that fails, or gives other bytes, is
/// passed over for the rest of this blob, and the user is told.
/// </summary>
/// <param name="client">Knows the places.</param>
/// <param name="reference">The repository.</param>
/// <param name="blob">The blob.</param>
/// <param name="rate">How fast; null for no limit.</param>
internal sealed class RegistryBlob(RegistryClient client, Reference reference, Descriptor blob, RateLimit? rate)
    : IBlobSource
{
    private static readonly HttpStatusCode[] s_beyondTheEnd = [HttpStatusCode.RequestedRangeNotSatisfiable];

    private readonly List<RegistryEndpoint> _passedOver = [], _used = [];

    /// <summary>
    /// Opens the blob. Nothing about its bytes has been verified except that, where the registry announces a length, it
    /// is the right one. A registry that does not give the bytes from there on is asked for all of them, and those
    /// before are read over.
    /// </summary>
    public async ValueTask<Stream> OpenAsync(long offset, CancellationToken cancellation)
    {
        if (offset == 0) _used.Clear();
        return await client.FromAnyAsync(async endpoint =>
        {
            Stream body = await OpenAtAsync(endpoint, offset, cancellation).ConfigureAwait(false);
            _used.Remove(endpoint);
            _used.Add(endpoint);
            return body;
        }, _passedOver, Refused).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public bool LeaveLast(string why)
    {
        if (_used is not [.., { IsMirror: true } last]) return false;
        Refused(last, why);
        return true;
    }

    /// <inheritdoc/>
    public bool LeaveAll(string why)
    {
        List<RegistryEndpoint> mirrors = _used.FindAll(static one => one.IsMirror);
        foreach (RegistryEndpoint mirror in mirrors) client.Tell(mirror, blob, why);
        _passedOver.AddRange(mirrors);
        return mirrors.Count > 0;
    }

    private void Refused(RegistryEndpoint mirror, string why)
    {
        _passedOver.Add(mirror);
        client.TellOfRefusal(mirror, blob, why);
    }

    private async Task<Stream> OpenAtAsync(RegistryEndpoint endpoint, long offset, CancellationToken cancellation) =>
        (offset == 0 ? null : await TryOpenAsync(endpoint, offset, offset, cancellation).ConfigureAwait(false))
        ?? await TryOpenAsync(endpoint, 0, offset, cancellation).ConfigureAwait(false)
        ?? throw new ImageException("registry answered with a part of the blob that was not asked for");

    // Asks for the bytes from one place on and gives out those from another, which may be further on. Null for an
    // answer that has not got these.
    private async Task<Stream?> TryOpenAsync(
        RegistryEndpoint endpoint, long asked, long wanted, CancellationToken cancellation)
    {
        RegistryRequest request = RegistryRequest.Get(
            endpoint.PathOf(reference, blob), endpoint.RepositoryOf(reference)) with
        {
            Offset = asked,
            AlsoAnswers = asked > 0 ? s_beyondTheEnd : [],
        };
        HttpResponseMessage response = await endpoint.Transport.SendAsync(request, cancellation).ConfigureAwait(false);
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
            return new BlobStream(response, body, skip: wanted - start, endpoint.Transport.Authority,
                endpoint.Transport.Link, client.Options, rate);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
