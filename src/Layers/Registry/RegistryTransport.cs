using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// GET requests to one registry: authorization, redirects, retries. HTTPS; a registry on a loopback address is asked
/// over plain HTTP first and over HTTPS (with any certificate, as Docker has it for 127.0.0.0/8) when it does not speak
/// that.
/// </summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int MaxRedirects = 5;

    private readonly HttpClient _http;
    private readonly RegistryAuthorization _authorization;
    private readonly RegistryOptions _options;
    private readonly bool _isLoopback;
    private readonly string _authority;
    private volatile string _scheme;

    // Once something has answered, a broken connection does not mean that it wants to be spoken to otherwise.
    private volatile bool _schemeIsKnown;
    private volatile Exception? _plainFailure;

    public RegistryTransport(string registry, RegistryCredentials? credentials, RegistryOptions options)
    {
        _options = options;
        _authority = registry == Reference.DefaultRegistry ? "registry-1.docker.io" : registry;
        _isLoopback = IsLoopback(_authority);
        _scheme = _isLoopback ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromMilliseconds(options.ConnectTimeoutMs),
            UseCookies = false,
            UseProxy = !_isLoopback,
        };
        if (_isLoopback)
            handler.SslOptions.RemoteCertificateValidationCallback = AcceptOnLoopback;
        _http = new HttpClient(handler) { Timeout = TimeSpan.FromMilliseconds(options.IdleTimeoutMs) };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("skiff", "0.1"));
        _authorization = new RegistryAuthorization(_http, _isLoopback, options.IdleTimeoutMs, credentials);
    }

    /// <summary>Host and port as connected to.</summary>
    public string Authority => _authority;

    /// <summary>
    /// GET of <paramref name="path"/> (starting with <c>/v2/</c>) from byte <paramref name="offset"/> on. The response
    /// is the caller's to dispose of; its body has not been read. It is a success, or to an offset also 416: there are
    /// not so many bytes.
    /// </summary>
    /// <exception cref="ImageException">Refused, unreachable, or still failing after the retries.</exception>
    public async Task<HttpResponseMessage> GetAsync(
        string path, string repository, string? accept, long offset, CancellationToken cancellation)
    {
        for (int attempt = 0; ;)
        {
            TimeSpan? asked = null;
            string? target = null;
            try
            {
                HttpResponseMessage response = await GetOnceAsync(
                    path, repository, accept, offset, uri => (target, _schemeIsKnown) = (uri.Authority, true),
                    cancellation).ConfigureAwait(false);
                if (IsAnswer(response, offset))
                {
                    _schemeIsKnown = true;
                    return response;
                }
                using (response)
                {
                    bool isOther = target is null && MayNeedTls(response);
                    if (isOther || attempt >= _options.Retries || !RegistryErrors.IsTransient(response.StatusCode))
                    {
                        ImageException refusal = await RegistryErrors.FromAsync(
                            response, _options.IdleTimeoutMs, cancellation).ConfigureAwait(false);
                        if (!isOther) throw refusal;
                        _plainFailure = refusal;
                        continue;
                    }
                    asked = WaitAskedFor(response);
                }
            }
            catch (Exception e) when (IsExchangeFailure(e, cancellation))
            {
                if (target is null && MayNeedTls(e)) continue;
                Exception cause = target is null && NeedsNoTls(e) is { } plain ? plain : e;
                if (attempt >= _options.Retries || !RegistryErrors.IsTransient(cause))
                    throw RegistryErrors.From(
                        target is null ? _authority : $"{target}, to which {_authority} redirects", cause);
            }
            await Task.Delay(_options.DelayBefore(attempt++, asked), cancellation).ConfigureAwait(false);
        }
    }

    // RFC 9110 section 10.2.3: seconds or a date.
    private static TimeSpan? WaitAskedFor(HttpResponseMessage response) =>
        response.Headers.RetryAfter is not { } wait ? null
            : wait.Delta ?? wait.Date - (response.Headers.Date ?? DateTimeOffset.UtcNow);

    private static bool IsAnswer(HttpResponseMessage response, long offset) => response.IsSuccessStatusCode
        || (offset > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static bool IsExchangeFailure(Exception e, CancellationToken cancellation) =>
        e is HttpRequestException or IOException or TimeoutException
            || (e is TaskCanceledException && !cancellation.IsCancellationRequested);

    private async Task<HttpResponseMessage> GetOnceAsync(
        string path, string repository, string? accept, long offset, Action<Uri> onRedirect,
        CancellationToken cancellation)
    {
        var home = new Uri($"{_scheme}://{_authority}{path}");
        Uri uri = home;
        bool answered = false;
        for (int redirects = 0; ;)
        {
            bool atHome = uri.Scheme == home.Scheme && uri.Authority == home.Authority;
            string? authorization = atHome ? _authorization.For(repository) : null;
            HttpResponseMessage response =
                await SendAsync(uri, authorization, accept, offset, cancellation).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Unauthorized && atHome && !answered)
            {
                answered = true;
                if (!await _authorization.AnswerAsync(response, repository, authorization, cancellation)
                    .ConfigureAwait(false))
                    return response;
                response.Dispose();
                continue;
            }
            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location) return response;
            response.Dispose();
            Uri target = new(uri, location);
            if (++redirects > MaxRedirects) throw new ImageException(
                $"more than {MaxRedirects} redirects, the last to {target.Host}");
            CheckRedirect(uri, target);
            uri = target;
            onRedirect(uri);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        Uri uri, string? authorization, string? accept, long offset, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (offset > 0) request.Headers.Range = new RangeHeaderValue(offset, null);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation)
            .ConfigureAwait(false);
    }

    // A registry that began over TLS must not send its client into the clear, nor to another protocol.
    private static void CheckRedirect(Uri from, Uri to)
    {
        bool fine = to.Scheme == Uri.UriSchemeHttps
            || (to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp);
        if (!fine) throw new ImageException(
            $"refusing the redirect from {from.Scheme}://{from.Authority} to {to.Scheme}://{to.Authority}");
    }

    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private bool MayNeedTls(HttpResponseMessage response)
    {
        bool mayNeed = response.StatusCode == HttpStatusCode.BadRequest
            && !response.Headers.Contains("Docker-Distribution-Api-Version");
        if (!mayNeed) _schemeIsKnown = true;
        return mayNeed && TrySwitchToTls();
    }

    private bool MayNeedTls(Exception e)
    {
        bool mayNeed = e is HttpRequestException
        {
            HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded,
        };
        if (!mayNeed || !TrySwitchToTls()) return false;
        _plainFailure = e;
        return true;
    }

    // The failure without TLS, if there is none to be had either: then that one tells more, and may pass.
    private Exception? NeedsNoTls(Exception e)
    {
        bool hasNoTls = e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };
        if (!hasNoTls || _schemeIsKnown || _plainFailure is null) return null;
        _scheme = Uri.UriSchemeHttp;
        return _plainFailure;
    }

    private bool TrySwitchToTls()
    {
        if (!_isLoopback || _schemeIsKnown || _scheme == Uri.UriSchemeHttps) return false;
        _scheme = Uri.UriSchemeHttps;
        return true;
    }

    private bool AcceptOnLoopback(object sender, object? certificate, object? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None || (sender is SslStream stream && IsLoopback(stream.TargetHostName));

    private static bool IsLoopback(string authority) =>
        Uri.TryCreate("http://" + authority, UriKind.Absolute, out Uri? uri)
        && (uri.Host == "localhost"
            || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip)));
}
