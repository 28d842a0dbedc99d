using System.Net;
using System.Net.Http.Headers;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Registry.Uploads;

namespace Skiff.Layers.Registry;

/// <summary>All requests to one registry host: scheme, authorization, redirects, retries.</summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int MaxRedirects = 5;

    private readonly HttpClient _http;
    private readonly RegistryAuthorization _authorization;
    private readonly RegistryOptions _options;
    private readonly RegistryScheme _scheme;
    private readonly RegistryTls _tls;
    private readonly string _registry;
    private readonly IWebProxy _proxy;
    private readonly bool _isLoopback;

    /// <param name="registry">As references name it.</param>
    /// <param name="host">How it is connected to.</param>
    /// <param name="login">Looks its login up.</param>
    /// <param name="options">How patient to be.</param>
    /// <param name="offline">Whether an identity token is asked for with the password.</param>
    /// <param name="scheme">http or https; null for what registries at such a place have.</param>
    public RegistryTransport(
        string registry, RegistryHost host, Func<RegistryCredentials?> login, RegistryOptions options,
        bool offline = false, string? scheme = null)
    {
        (_registry, _options) = (registry, options);
        Authority = registry == Reference.DefaultRegistry ? "registry-1.docker.io" : registry;
        _isLoopback = IsLoopback(Authority);
        _scheme = new RegistryScheme(_isLoopback, host.Insecure, scheme);
        _tls = new RegistryTls(Authority, host, _scheme.TakesAnyCertificate);
        _proxy = options.Proxy ?? new ProxySettings(Environment.GetEnvironmentVariable);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromMilliseconds(options.ConnectTimeoutMs),
            ConnectCallback = RegistryConnection.OpenAsync,
            UseCookies = false,
            Proxy = _proxy,
        };
        _tls.ApplyTo(handler.SslOptions);
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("skiff", "0.1"));
        var tokens = new TokenServer(SendAsync, MayHaveTheLogin, options) { Offline = offline };
        _authorization = new RegistryAuthorization(tokens, login, options.Clock);
    }

    /// <summary>Host and port as connected to.</summary>
    public string Authority { get; }

    /// <summary>What moves on its connections.</summary>
    public LinkActivity Link { get; } = new();

    /// <summary>What errors call it.</summary>
    public string Kind { get; init; } = "registry";

    /// <summary>An identity token that came with an access token.</summary>
    public string? RefreshToken => _authorization.RefreshToken;

    /// <summary>
    /// Sends a request until it is answered. The response is the caller's to dispose of; its body has not been read.
    /// </summary>
    /// <exception cref="ImageException">Refused, unreachable, or still failing after the retries.</exception>
    public async Task<HttpResponseMessage> SendAsync(RegistryRequest request, CancellationToken cancellation)
    {
        for (int attempt = 0; ;)
        {
            TimeSpan? asked = null;
            string? target = null;
            try
            {
                HttpResponseMessage response = await SendOnceAsync(
                    request, uri => target = uri.Authority, cancellation).ConfigureAwait(false);
                if (request.IsAnsweredBy(response))
                {
                    _scheme.Settle();
                    return response;
                }
                using (response)
                {
                    bool isOther = target is null && _scheme.TrySwitch(response);
                    if (isOther || attempt >= _options.Retries || !RegistryErrors.IsTransient(response.StatusCode))
                    {
                        ImageException refusal = await RefusalAsync(
                            request, response, target, cancellation).ConfigureAwait(false);
                        if (!isOther) throw refusal;
                        _scheme.Failed(refusal);
                        continue;
                    }
                    asked = RegistryErrors.WaitAskedFor(response);
                }
            }
            catch (Exception e) when (RegistryErrors.IsExchangeFailure(e, cancellation))
            {
                if (target is null && _scheme.TrySwitch(e)) continue;
                Exception cause = target is null ? _scheme.Cause(e) : e;
                if (attempt >= _options.Retries || !RegistryErrors.IsTransient(cause))
                    throw RegistryErrors.From(Route(target), cause, Kind);
            }
            await Task.Delay(_options.DelayBefore(attempt++, asked), cancellation).ConfigureAwait(false);
            if (request.Renew is null) continue;
            RegistryRequest renewed = await request.Renew(cancellation).ConfigureAwait(false);
            if (renewed.BodyStart > request.BodyStart) attempt = 0;
            request = renewed;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _tls.Dispose();
    }

    // The way that a request has taken, for messages.
    private string Route(string? redirectedTo)
    {
        var uri = new Uri($"{_scheme.Current}://{redirectedTo ?? Authority}");
        string host = redirectedTo is null ? Authority : $"{redirectedTo}, to which {Authority} redirects";
        return _proxy.GetProxy(uri) is { } proxy ? $"{host} through proxy {proxy.Authority}" : host;
    }

    // What a registry says may repeat what it was told. Where it has redirected to, its logins are of no use.
    private async Task<ImageException> RefusalAsync(
        RegistryRequest request, HttpResponseMessage response, string? redirectedTo, CancellationToken cancellation)
    {
        ImageException refusal = await RegistryErrors.FromAsync(
            response, _options.IdleTimeoutMs, cancellation).ConfigureAwait(false);
        string text = _authorization.Hide(refusal.Message);
        if (redirectedTo is not null && redirectedTo != Authority)
            return new ImageException($"{Route(redirectedTo)}: {text}", refusal.Kind);
        string login = $"`{_options.Client} login{(_registry == Reference.DefaultRegistry ? "" : " " + _registry)}`";
        return new ImageException(
            text + RegistryErrors.Advice(response.StatusCode, request.Target, login), refusal.Kind);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        RegistryRequest request, Action<Uri> onRedirect, CancellationToken cancellation)
    {
        var home = new Uri($"{_scheme.Current}://{Authority}");
        var uri = new Uri(home, request.Target);
        CheckRedirect(home, uri);
        bool answered = false;
        for (int redirects = 0; ;)
        {
            bool atHome = uri.Scheme == home.Scheme && uri.Authority == home.Authority;
            string? authorization = atHome ? _authorization.For(request.Scopes) : null;
            HttpResponseMessage response =
                await SendAsync(request, uri, authorization, cancellation).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Unauthorized && atHome && !answered)
            {
                answered = true;
                if (!await _authorization.AnswerAsync(response, request.Scopes, authorization, cancellation)
                    .ConfigureAwait(false))
                    return response;
                response.Dispose();
                continue;
            }
            bool follows = IsRedirect(response.StatusCode)
                && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head);
            if (!follows || response.Headers.Location is not { } location) return response;
            response.Dispose();
            Uri target = new(uri, location);
            if (++redirects > MaxRedirects) throw new ImageException(
                $"more than {MaxRedirects} redirects, the last to {target.Host}");
            CheckRedirect(uri, target);
            uri = target;
            _scheme.Settle();
            onRedirect(uri);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        RegistryRequest request, Uri uri, string? authorization, CancellationToken cancellation)
    {
        using HttpRequestMessage message = request.ToMessage(uri);
        if (authorization is not null) message.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await SendAsync(message, _options.IdleTimeoutMs * request.Patience, cancellation).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellation) =>
        SendAsync(message, _options.IdleTimeoutMs, cancellation);

    // Not HttpClient's own time-out: that is for all of a request, and a body may take long as long as it moves.
    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage message, int timeoutMs, CancellationToken cancellation)
    {
        if (message.RequestUri!.Scheme == Uri.UriSchemeHttps) _tls.Prepare();
        using var watch = new StallWatch(Link, timeoutMs, Math.Max(timeoutMs, _options.LongestIdleMs), cancellation);
        watch.Start();
        if (message.Content is UploadContent body) body.Watch(watch, Link);
        try
        {
            return await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, watch.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {watch.WaitedMs / 1000} s", e);
        }
    }

    // Where the registry itself is spoken to in the clear, its own token server may be, too.
    private bool MayHaveTheLogin(Uri tokenServer) => tokenServer.Scheme == Uri.UriSchemeHttps
        || (tokenServer.Scheme == Uri.UriSchemeHttp && (_isLoopback ? tokenServer.IsLoopback
            : _scheme.Current == Uri.UriSchemeHttp && tokenServer.Host == new Uri("http://" + Authority).Host));

    // A registry that began over TLS must not send its client into the clear, nor to another protocol.
    private static void CheckRedirect(Uri from, Uri to)
    {
        bool fine = to.Scheme == Uri.UriSchemeHttps
            || (to.Scheme == Uri.UriSchemeHttp && from.Scheme == Uri.UriSchemeHttp);
        if (!fine) throw new ImageException(
            $"refusing the redirect from {from.Scheme}://{from.Authority} to {to.Scheme}://{to.Authority}");
    }

    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private static bool IsLoopback(string authority) =>
        Uri.TryCreate("http://" + authority, UriKind.Absolute, out Uri? uri)
        && (uri.Host == "localhost"
            || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip)));
}
