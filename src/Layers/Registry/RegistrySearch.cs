using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>Searches for images, as Docker Hub and those that do as it does have it: GET of <c>/v1/search</c>. The
/// distribution specification knows no search.</summary>
public static class RegistrySearch
{
    private const int MaxBytes = 4 << 20;

    /// <summary>What the registry has found.</summary>
    /// <param name="access">Opens connections.</param>
    /// <param name="term">What to look for; behind <c>HOST/</c> in a registry other than Docker Hub.</param>
    /// <param name="limit">How many results at the most.</param>
    /// <param name="login">For the registry; null for none.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ImageException">The registry has no search, or cannot be reached.</exception>
    public static async Task<List<FoundImage>> AskAsync(
        RegistryAccess access, string term, int limit, RegistryCredentials? login, CancellationToken cancellation)
    {
        int slash = term.IndexOf('/');
        bool hasHost = slash > 0 && Reference.IsHost(term.AsSpan(0, slash));
        // The names of Docker Hub are searched elsewhere than its images are.
        string registry = hasHost ? term[..slash] : Reference.DefaultRegistryAlias;
        if (ReferenceGrammar.WhatIsWrong(registry, "any") is { } wrong)
            throw new ImageException($"search: {wrong}", ImageErrorKind.Invalid);
        try
        {
            using RegistryTransport transport = access.Connect(registry, login);
            var ask = new RegistryRequest(
                HttpMethod.Get, $"/v1/search?q={Uri.EscapeDataString(hasHost ? term[(slash + 1)..] : term)}&n={limit}")
            {
                Accept = "application/json",
            };
            using HttpResponseMessage answer = await transport.SendAsync(ask, cancellation).ConfigureAwait(false);
            return FoundImage.ReadAll(await RegistryBody.ReadAsync(
                answer, MaxBytes, "search", access.Options.IdleTimeoutMs, cancellation).ConfigureAwait(false));
        }
        catch (ImageException e)
        {
            throw new ImageException($"search in {registry}: {e.Message}"
                + (e.Kind == ImageErrorKind.NotFound ? "; not all registries can be searched" : ""), e);
        }
    }
}
