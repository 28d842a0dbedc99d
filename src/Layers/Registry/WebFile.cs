using System.Net;
using Skiff.Layers.Compression;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// A file of a web server, read front to back. A server that stops sending is waited for as a registry is; one that
/// breaks off ends it with an error, never with what has come so far. Owns its connection.
/// </summary>
internal sealed class WebFile : ForwardStream
{
    // These are final answers; the transport would advise how to log in to a registry.
    private static readonly HttpStatusCode[] s_refusals =
    [
        HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound,
        HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotAcceptable, HttpStatusCode.Gone,
    ];

    private readonly RegistryTransport _transport;
    private readonly BlobStream _body;
    private readonly CancellationToken _cancellation;

    private WebFile(RegistryTransport transport, BlobStream body, CancellationToken cancellation) =>
        (_transport, _body, _cancellation) = (transport, body, cancellation);

    /// <summary>Asks for it; the body has not been read.</summary>
    /// <exception cref="ImageException">Refused, or the server cannot be reached.</exception>
    internal static WebFile Open(Uri address, RegistryOptions options, CancellationToken cancellation)
    {
        if (address.UserInfo.Length > 0) throw new ImageException(
            $"addresses with a login are not taken: leave it out of that of {address.Authority}");
        var transport = new RegistryTransport(
            address.Authority, RegistryHost.Default, static () => null, options, scheme: address.Scheme)
            { Kind = "server" };
        HttpResponseMessage? response = null;
        try
        {
            var request = new RegistryRequest(HttpMethod.Get, address.PathAndQuery) { AlsoAnswers = s_refusals };
            response = transport.SendAsync(request, cancellation).GetAwaiter().GetResult();
            if (!response.IsSuccessStatusCode) throw new ImageException(
                $"{address}: the server answered {(int)response.StatusCode} ({response.StatusCode}); "
                + "check the address", ImageErrorKind.Invalid);
            var body = new BlobStream(response, response.Content.ReadAsStream(cancellation), skip: 0,
                address.Authority, transport.Link, options, rate: null);
            return new WebFile(transport, body, cancellation);
        }
        catch
        {
            response?.Dispose();
            transport.Dispose();
            throw;
        }
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        try
        {
            return Blocking.Wait(_body.ReadAsync(buffer.AsMemory(offset, count), _cancellation));
        }
        catch (Exception e) when (RegistryErrors.IsExchangeFailure(e, _cancellation))
        {
            throw RegistryErrors.From(_transport.Authority, e, _transport.Kind);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
            _transport.Dispose();
        }
        base.Dispose(disposing);
    }
}
