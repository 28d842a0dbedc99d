namespace Skiff.Layers.Registry;

/// <summary>
/// A login: a user with password, an identity token that buys access tokens, or an access token itself. Sent to the
/// registry and to the token server that it names, and to nobody else.
/// </summary>
/// <param name="Username">The user; "" with a token alone.</param>
/// <param name="Password">The password or personal access token; "" with a token.</param>
public sealed record RegistryCredentials(string Username, string Password)
{
    /// <summary>An OAuth 2 refresh token, with which access tokens are asked for.</summary>
    public string? IdentityToken { get; init; }

    /// <summary>An access token that is sent as it is.</summary>
    public string? RegistryToken { get; init; }

    /// <summary>Whether there is a user's password.</summary>
    public bool HasPassword => Username.Length > 0 && Password.Length > 0;

    /// <summary>The value of an Authorization header (RFC 7617).</summary>
    internal string ToBasic() =>
        "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Username}:{Password}"));

    /// <summary>Never shows a secret.</summary>
    public override string ToString() => Username.Length > 0 ? Username : "a token";
}
