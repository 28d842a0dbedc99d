using System.Net.Http.Headers;
using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// Answers a registry's challenges: Bearer by the token server that the challenge names (distribution's token
/// specification), Basic with the login. One per client; answers are kept per repository.
/// </summary>
internal sealed class RegistryAuthorization(
    HttpClient http, bool isLoopback, int timeoutMs, RegistryCredentials? credentials)
{
    private const int MaxTokenBytes = 1 << 20;

    private readonly Dictionary<string, string> _byRepository = [];
    private readonly SemaphoreSlim _asking = new(1);

    /// <summary>The Authorization header to send for <paramref name="repository"/>, or null when none is known to be
    /// needed.</summary>
    public string? For(string repository)
    {
        lock (_byRepository) return _byRepository.GetValueOrDefault(repository);
    }

    /// <summary>
    /// Works out a challenge. False when it cannot be answered, or when <paramref name="sent"/>, which the registry has
    /// just refused, is all there is.
    /// </summary>
    public async Task<bool> AnswerAsync(
        HttpResponseMessage refusal, string repository, string? sent, CancellationToken cancellation)
    {
        await _asking.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (For(repository) is { } known && known != sent) return true;
            string? answer = await WorkOutAsync(refusal, repository, cancellation).ConfigureAwait(false);
            if (answer is null || answer == sent) return false;
            lock (_byRepository) _byRepository[repository] = answer;
            return true;
        }
        finally
        {
            _asking.Release();
        }
    }

    private async Task<string?> WorkOutAsync(
        HttpResponseMessage refusal, string repository, CancellationToken cancellation)
    {
        if (!refusal.Headers.TryGetValues("WWW-Authenticate", out IEnumerable<string>? headers)) return null;
        foreach (string header in headers)
            foreach (AuthChallenge challenge in AuthChallenge.ParseAll(header))
            {
                if (challenge.Is("Bearer") && challenge["realm"] is { } realm)
                    return "Bearer "
                        + await FetchTokenAsync(challenge, realm, repository, cancellation).ConfigureAwait(false);
                if (challenge.Is("Basic") && credentials is not null) return credentials.ToBasic();
            }
        return null;
    }

    private async Task<string> FetchTokenAsync(
        AuthChallenge challenge, string realm, string repository, CancellationToken cancellation)
    {
        Uri uri = TokenUri(challenge, realm, repository);
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        if (credentials is not null) request.Headers.Authorization =
            AuthenticationHeaderValue.Parse(credentials.ToBasic());
        using HttpResponseMessage response =
            await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new ImageException(
                $"authorization: token server {uri.Authority} answered {(int)response.StatusCode}; " +
                (credentials is null ? "a login may be needed" : $"check the login of {credentials}"));
        byte[] body =
            await RegistryBody.ReadAsync(
                response, MaxTokenBytes, "token response", timeoutMs, cancellation).ConfigureAwait(false);
        return TokenIn(body) ?? throw new ImageException($"authorization: token server {uri.Authority} sent no token");
    }

    private Uri TokenUri(AuthChallenge challenge, string realm, string repository)
    {
        if (!Uri.TryCreate(realm, UriKind.Absolute, out Uri? uri))
            throw new ImageException($"authorization: bad token server \"{realm}\": expected a URL");
        bool safe = uri.Scheme == Uri.UriSchemeHttps
            || (uri.Scheme == Uri.UriSchemeHttp && isLoopback && uri.IsLoopback);
        if (!safe) throw new ImageException($"authorization: token server {realm} is not https");
        string scope = challenge["scope"] ?? $"repository:{repository}:pull";
        string query = $"scope={Uri.EscapeDataString(scope)}";
        if (challenge["service"] is { } service) query = $"service={Uri.EscapeDataString(service)}&{query}";
        return new Uri(uri.AbsoluteUri + (uri.Query.Length == 0 ? "?" : "&") + query);
    }

    private static string? TokenIn(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            foreach (string name in (ReadOnlySpan<string>)["token", "access_token"])
                if (document.RootElement.ValueKind == JsonValueKind.Object
                    && document.RootElement.TryGetProperty(name, out JsonElement token)
                    && token.ValueKind == JsonValueKind.String && token.GetString() is { Length: > 0 } text)
                    return text;
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
