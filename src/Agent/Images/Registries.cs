using Skiff.Agent.Manager;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Registry.Logins;

namespace Skiff.Agent.Images;

/// <summary>The registries, as the configuration and a user's logins have them. Files are read when they are
/// needed.</summary>
internal sealed class Registries(StateRoots roots)
{
    private LoginStore? _logins;
    private RegistryAccess? _access;

    /// <summary>The user's logins.</summary>
    public LoginStore Logins => _logins ??= LoginStore.OfUser(Environment.GetEnvironmentVariable);

    /// <summary>Opens clients.</summary>
    public RegistryAccess Access => _access ??= Open(Logins, roots.Registry);

    /// <summary>
    /// Has one registry given the login that somebody else has brought, or none: those of this process's user are not
    /// for whoever asks it. Its mirrors, and what a push takes layers from, are reached as ever.
    /// </summary>
    public void Lend(string registry, RegistryCredentials? login) => _access = Open(
        new LentLogin(registry, login, Logins), (roots.Registry ?? RegistryOptions.Default) with { Client = "docker" });

    private RegistryAccess Open(ICredentialSource logins, RegistryOptions? options) =>
        new(RegistryConfiguration.Load(roots.RegistriesFile), logins, options);

    private sealed class LentLogin(string registry, RegistryCredentials? login, LoginStore own) : ICredentialSource
    {
        public RegistryCredentials? Find(string asked) => asked == registry ? login : own.Find(asked);
    }
}
