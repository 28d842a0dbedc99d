namespace Skiff.Layers.Registry;

/// <summary>A login. Sent to the registry itself and to the token server that it names, and to nobody else.</summary>
/// <param name="Username">The user.</param>
/// <param name="Password">The password or access token.</param>
public sealed record RegistryCredentials(string Username, string Password)
{
    /// <summary>The value of an Authorization header (RFC 7617).</summary>
    internal string ToBasic() =>
        "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Username}:{Password}"));

    /// <summary>Never shows the password.</summary>
    public override string ToString() => Username;
}
