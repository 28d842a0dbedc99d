using System.Net.Http.Headers;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// Asks for access tokens where a registry's challenge says (distribution's token and OAuth 2 specifications): GET with
/// the user's password or nobody's, POST with an identity token.
/// </summary>
/// <param name="send">Sends a request, without following redirects.</param>
/// <param name="isSafe">Whether a login may be sent to a URL.</param>
/// <param name="options">How patient to be.</param>
internal sealed class TokenServer(
    Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send, Func<Uri, bool> isSafe,
    RegistryOptions options)
{
    private const int MaxTokenBytes = 1 << 20;
    private const string ClientId = "skiff";

    /// <summary>Whether an identity token is asked for, too, to be kept in the password's place.</summary>
    public bool Offline { get; init; }

    /// <summary>A token for the scopes.</summary>
    /// <exception cref="ImageException">Refused, or not to be asked.</exception>
    public async Task<AccessToken> AskAsync(
        AuthChallenge challenge, string realm, IReadOnlyList<string> scopes, RegistryCredentials? login,
        CancellationToken cancellation)
    {
        if (!Uri.TryCreate(realm, UriKind.Absolute, out Uri? uri))
            throw new ImageException($"authorization: bad token server \"{realm}\": expected a URL");
        if (!isSafe(uri)) throw new ImageException($"authorization: token server {realm} is not https");
        for (int attempt = 0; ; attempt++)
        {
            TimeSpan? asked = null;
            try
            {
                using HttpRequestMessage request = login?.IdentityToken is { } identity
                    ? Exchange(uri, challenge["service"], scopes, identity)
                    : Get(uri, challenge["service"], scopes, login);
                using HttpResponseMessage response = await send(request, cancellation).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                    return await ReadAsync(response, uri, cancellation).ConfigureAwait(false);
                if (attempt >= options.Retries || !RegistryErrors.IsTransient(response.StatusCode))
                    throw await RefusalAsync(response, uri, login, cancellation).ConfigureAwait(false);
                asked = RegistryErrors.WaitAskedFor(response);
            }
            catch (Exception e) when (RegistryErrors.IsExchangeFailure(e, cancellation))
            {
                // Told as the token server's here, or else it would be taken for the registry's.
                if (attempt >= options.Retries || !RegistryErrors.IsTransient(e))
                    throw new ImageException(
                        "authorization: " + RegistryErrors.From(uri.Authority, e, "token server").Message, e);
            }
            await Task.Delay(options.DelayBefore(attempt, asked), cancellation).ConfigureAwait(false);
        }
    }

    private async Task<AccessToken> ReadAsync(
        HttpResponseMessage response, Uri uri, CancellationToken cancellation)
    {
        byte[] body = await RegistryBody.ReadAsync(
            response, MaxTokenBytes, $"authorization: token from {uri.Authority}", options.IdleTimeoutMs, cancellation)
            .ConfigureAwait(false);
        return AccessToken.Parse(body)
            ?? throw new ImageException($"authorization: token server {uri.Authority} sent no token");
    }

    private async Task<ImageException> RefusalAsync(
        HttpResponseMessage response, Uri uri, RegistryCredentials? login, CancellationToken cancellation)
    {
        int status = (int)response.StatusCode;
        string? said = await RegistryErrors.SaidAsync(
            response, options.IdleTimeoutMs, cancellation).ConfigureAwait(false);
        string advice = status is not (400 or 401 or 403) ? "try again later"
            : login is null ? $"a login may be needed ({options.Client} login)"
            : $"check the login of {login} ({options.Client} login)";
        return new ImageException(
            $"authorization: token server {uri.Authority} answered {status}{(said is null ? "" : $" ({said})")}; "
            + advice, RegistryErrors.KindOf(status));
    }

    private HttpRequestMessage Get(
        Uri realm, string? service, IReadOnlyList<string> scopes, RegistryCredentials? login)
    {
        bool hasPassword = login?.HasPassword ?? false;
        List<(string Name, string Value)> query = [];
        if (service is not null) query.Add(("service", service));
        foreach (string scope in scopes) query.Add(("scope", scope));
        if (hasPassword) query.Add(("account", login!.Username));
        if (hasPassword && Offline) query.AddRange([("client_id", ClientId), ("offline_token", "true")]);
        string text = string.Join('&', query.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
        string separator = text.Length == 0 ? "" : realm.Query.Length == 0 ? "?" : "&";
        var request = new HttpRequestMessage(HttpMethod.Get, realm.AbsoluteUri + separator + text);
        if (hasPassword) request.Headers.Authorization = AuthenticationHeaderValue.Parse(login!.ToBasic());
        return request;
    }

    private static HttpRequestMessage Exchange(
        Uri realm, string? service, IReadOnlyList<string> scopes, string identityToken)
    {
        List<KeyValuePair<string, string>> form =
        [
            new("grant_type", "refresh_token"), new("client_id", ClientId), new("refresh_token", identityToken),
        ];
        if (service is not null) form.Add(new("service", service));
        if (scopes.Count > 0) form.Add(new("scope", string.Join(' ', scopes)));
        return new HttpRequestMessage(HttpMethod.Post, realm) { Content = new FormUrlEncodedContent(form) };
    }
}
