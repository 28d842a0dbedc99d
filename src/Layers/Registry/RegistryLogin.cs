using System.Net;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>Tries a login out (distribution-spec, "Determining Support": GET of <c>/v2/</c>).</summary>
public static class RegistryLogin
{
    /// <summary>
    /// The login as it should be kept: itself, or the identity token that the registry's token server gives for it.
    /// </summary>
    /// <exception cref="ImageException">The registry does not take it, or is not one.</exception>
    public static async Task<RegistryCredentials> VerifyAsync(
        RegistryAccess access, string registry, RegistryCredentials login, CancellationToken cancellation)
    {
        using RegistryTransport transport = access.Connect(registry, login);
        var ask = new RegistryRequest(HttpMethod.Get, "/v2/") { AlsoAnswers = [HttpStatusCode.Unauthorized] };
        using HttpResponseMessage response = await transport.SendAsync(ask, cancellation).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            throw new ImageException("unauthorized: incorrect username or password", ImageErrorKind.Denied);
        return transport.RefreshToken is { } token
            ? new RegistryCredentials(login.Username, "") { IdentityToken = token } : login;
    }
}
