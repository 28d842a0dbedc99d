using System.Text.Json;

namespace Skiff.Layers.Registry;

/// <summary>What a token server gives (distribution's token specification, "Token Response Fields").</summary>
/// <param name="Text">For the Authorization header.</param>
/// <param name="LifetimeSeconds">How long it can be used; the specification's 60 where nothing is said.</param>
/// <param name="RefreshToken">An identity token, if one was asked for and is given.</param>
internal sealed record AccessToken(string Text, double LifetimeSeconds, string? RefreshToken)
{
    private const double DefaultLifetimeSeconds = 60;

    /// <summary>Reads a response; null when there is no token in it.</summary>
    public static AccessToken? Parse(byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return null;
            return (Member(root, "token") ?? Member(root, "access_token")) is not { } text ? null
                : new AccessToken(text, Lifetime(root), Member(root, "refresh_token"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or half a surrogate pair in a text of it.
            return null;
        }
    }

    private static string? Member(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String
            && member.GetString() is { Length: > 0 } text ? text : null;

    private static double Lifetime(JsonElement root) =>
        root.TryGetProperty("expires_in", out JsonElement seconds) && seconds.ValueKind == JsonValueKind.Number
            && seconds.TryGetDouble(out double lifetime) && lifetime > 0 ? lifetime : DefaultLifetimeSeconds;
}
