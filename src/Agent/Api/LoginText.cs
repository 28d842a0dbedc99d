using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>Logins that clients send along (AuthConfig). They are kept nowhere, and nothing of them is told.</summary>
internal static class LoginText
{
    /// <summary>The header <c>X-Registry-Auth</c>: base64url of JSON. As with Docker, one that cannot be read is none.
    /// </summary>
    public static RegistryCredentials? Of(Exchange x)
    {
        string text = (x.Request.Header("X-Registry-Auth") ?? "").Replace('-', '+').Replace('_', '/').TrimEnd('=');
        byte[] json = new byte[text.Length];
        if (!Convert.TryFromBase64String(text + new string('=', -text.Length & 3), json, out int length)) return null;
        try
        {
            using JsonDocument document = Parse(json[..length]);
            return Of(document.RootElement);
        }
        catch (ApiException)
        {
            return null;
        }
    }

    /// <summary>A login, or null when there is nothing in it.</summary>
    public static RegistryCredentials? Of(JsonElement auth)
    {
        var login = new RegistryCredentials(Text(auth, "username"), Text(auth, "password"))
        {
            IdentityToken = NotEmpty(Text(auth, "identitytoken")),
            RegistryToken = NotEmpty(Text(auth, "registrytoken")),
        };
        return login.HasPassword || login.IdentityToken is not null || login.RegistryToken is not null ? login : null;
    }

    private static string? NotEmpty(string text) => text.Length > 0 ? text : null;
}
