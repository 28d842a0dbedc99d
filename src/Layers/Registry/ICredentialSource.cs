namespace Skiff.Layers.Registry;

/// <summary>Where logins are kept. Asked only when a registry wants to be shown one.</summary>
public interface ICredentialSource
{
    /// <summary>The login for a registry (<c>docker.io</c>, <c>host:5000</c>), or null.</summary>
    /// <exception cref="Oci.ImageException">There may be one, and it cannot be read.</exception>
    RegistryCredentials? Find(string registry);
}
