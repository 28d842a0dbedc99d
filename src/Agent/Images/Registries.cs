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
    public RegistryAccess Access => _access ??=
        new RegistryAccess(RegistryConfiguration.Load(roots.RegistriesFile), Logins, roots.Registry);
}
