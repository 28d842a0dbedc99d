using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// Answers one registry's challenges: Bearer by the token server that the challenge names, Basic with the login. Tokens
/// are kept per set of scopes until they expire. The login is looked up when the registry first wants one.
/// </summary>
/// <param name="tokens">Where tokens come from.</param>
/// <param name="credentials">Looks the login up.</param>
/// <param name="clock">By which tokens expire.</param>
internal sealed class RegistryAuthorization(
    TokenServer tokens, Func<RegistryCredentials?> credentials, TimeProvider clock)
{
    // A token that is about to expire may have when the request arrives.
    private const double UsedLifetime = 0.9;

    private readonly Dictionary<string, Answer> _byScopes = [];
    private readonly Lazy<RegistryCredentials?> _login = new(credentials);
    private readonly SemaphoreSlim _asking = new(1);
    private readonly List<string> _secrets = [];
    private volatile string? _basic;

    /// <summary>An identity token that the token server has given for the password.</summary>
    public string? RefreshToken { get; private set; }

    /// <summary>The Authorization header to send for <paramref name="scopes"/>, or null when none is known to be
    /// needed.</summary>
    public string? For(IReadOnlyList<string> scopes)
    {
        if (_basic is { } basic) return basic;
        lock (_byScopes)
            return _byScopes.TryGetValue(Key(scopes), out Answer answer)
                && clock.GetElapsedTime(answer.Since).TotalSeconds < answer.LifetimeSeconds ? answer.Header : null;
    }

    /// <summary>
    /// Works out a challenge. False when it cannot be answered, or when <paramref name="sent"/>, which the registry has
    /// just refused, is all there is.
    /// </summary>
    public async Task<bool> AnswerAsync(
        HttpResponseMessage refusal, IReadOnlyList<string> scopes, string? sent, CancellationToken cancellation)
    {
        await _asking.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (For(scopes) is { } known && known != sent) return true;
            if (!refusal.Headers.TryGetValues("WWW-Authenticate", out IEnumerable<string>? headers)) return false;
            string? answer = null;
            foreach (string header in headers)
                foreach (AuthChallenge challenge in AuthChallenge.ParseAll(header))
                    answer ??= await AnswerAsync(challenge, scopes, cancellation).ConfigureAwait(false);
            return answer is not null && answer != sent;
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Takes out of a text, which a server may have made of what it was sent, whatever is secret.</summary>
    public string Hide(string text)
    {
        lock (_secrets)
            foreach (string secret in _secrets)
                text = text.Replace(secret, "***", StringComparison.Ordinal);
        return text;
    }

    private async Task<string?> AnswerAsync(
        AuthChallenge challenge, IReadOnlyList<string> scopes, CancellationToken cancellation)
    {
        if (challenge.Is("Bearer") && challenge["realm"] is { } realm)
        {
            RegistryCredentials? login = Login();
            Answer answer = login?.RegistryToken is { } ready ? new Answer("Bearer " + ready, 0, double.MaxValue)
                : await BuyAsync(challenge, realm, scopes, login, cancellation).ConfigureAwait(false);
            lock (_byScopes) _byScopes[Key(scopes)] = answer;
            return answer.Header;
        }
        if (!challenge.Is("Basic") || Login() is not { HasPassword: true } user) return null;
        return _basic = user.ToBasic();
    }

    private async Task<Answer> BuyAsync(
        AuthChallenge challenge, string realm, IReadOnlyList<string> scopes, RegistryCredentials? login,
        CancellationToken cancellation)
    {
        try
        {
            long since = clock.GetTimestamp();
            AccessToken token = await tokens
                .AskAsync(challenge, realm, Union(scopes, challenge["scope"]), login, cancellation)
                .ConfigureAwait(false);
            RefreshToken = token.RefreshToken ?? RefreshToken;
            Remember(token.Text, token.RefreshToken);
            return new Answer("Bearer " + token.Text, since, token.LifetimeSeconds * UsedLifetime);
        }
        catch (ImageException e) when (Hide(e.Message) is var clean && clean != e.Message)
        {
            throw new ImageException(clean, e.Kind);
        }
    }

    // What the registry says that the request needs, and what we know that it will need.
    private static List<string> Union(IReadOnlyList<string> scopes, string? asked)
    {
        List<string> union = [.. asked?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? []];
        foreach (string scope in scopes)
            if (!union.Contains(scope)) union.Add(scope);
        return union;
    }

    private RegistryCredentials? Login()
    {
        RegistryCredentials? login = _login.Value;
        if (login is null) return null;
        Remember(login.Password, login.IdentityToken, login.RegistryToken,
            login.HasPassword ? login.ToBasic()["Basic ".Length..] : null);
        return login;
    }

    private void Remember(params ReadOnlySpan<string?> secrets)
    {
        lock (_secrets)
            foreach (string? secret in secrets)
                if (secret is { Length: > 0 } && !_secrets.Contains(secret)) _secrets.Add(secret);
    }

    private static string Key(IReadOnlyList<string> scopes) => string.Join(' ', scopes);

    private readonly record struct Answer(string Header, long Since, double LifetimeSeconds);
}
