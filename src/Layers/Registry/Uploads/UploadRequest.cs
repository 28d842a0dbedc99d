using System.Net;
using System.Net.Http.Headers;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Uploads;

/// <summary>The requests that an upload begins and ends with (distribution-spec, "Pushing blobs").</summary>
internal static class UploadRequest
{
    // Some registries move a blob to its place before they answer, and stores in the cloud copy it.
    private const int Patience = 10;

    private static readonly HttpStatusCode[] s_notFound = [HttpStatusCode.NotFound];

    /// <summary>The body of an upload's request says nothing about what is in it.</summary>
    public static MediaTypeHeaderValue Type => new("application/octet-stream");

    /// <summary>Begins an upload; answered with its location.</summary>
    /// <param name="repository">Where to.</param>
    /// <param name="query">Empty, or what to mount.</param>
    /// <param name="scopes">What it takes besides the right to push.</param>
    public static RegistryRequest Begin(
        string repository, string query = "", params IEnumerable<string> scopes) =>
        new(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/{query}", [RegistryRequest.Push(repository), .. scopes])
        {
            Content = static () => new ByteArrayContent([]),
        };

    /// <summary>Ends an upload.</summary>
    /// <param name="repository">Where to.</param>
    /// <param name="location">The upload.</param>
    /// <param name="digest">What the bytes have to be.</param>
    /// <param name="rest">The bytes that have not been sent yet.</param>
    public static RegistryRequest Finish(string repository, string location, Digest digest, byte[] rest) =>
        new(HttpMethod.Put, $"{location}{(location.Contains('?') ? '&' : '?')}digest={Escaped(digest)}",
            RegistryRequest.Push(repository))
        {
            Content = () => new ByteArrayContent(rest) { Headers = { ContentType = Type } },
            Patience = Patience,
        };

    /// <summary>Whether the repository has a blob.</summary>
    public static async Task<bool> HasAsync(
        RegistryTransport transport, string repository, Digest blob, CancellationToken cancellation)
    {
        var request = new RegistryRequest(
            HttpMethod.Head, $"/v2/{repository}/blobs/{blob}", RegistryRequest.Push(repository))
        {
            AlsoAnswers = s_notFound,
        };
        using HttpResponseMessage answer = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
        return answer.StatusCode != HttpStatusCode.NotFound;
    }

    /// <summary>Where an upload goes on; it may be given relative to the request that was answered.</summary>
    public static string LocationOf(HttpResponseMessage answer) => answer.Headers.Location switch
    {
        { IsAbsoluteUri: true } location => location.AbsoluteUri,
        { } location => new Uri(answer.RequestMessage!.RequestUri!, location).AbsoluteUri,
        null => throw new ImageException(
            $"registry {answer.RequestMessage!.RequestUri!.Authority} does not say where to upload to: expected "
            + $"Location in its answer ({(int)answer.StatusCode})"),
    };

    /// <summary>For a query.</summary>
    public static string Escaped(Digest digest) => Uri.EscapeDataString(digest.ToString());
}
