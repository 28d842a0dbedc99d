using System.Text;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Logins;

/// <summary>
/// The logins of a user, where docker and its kin look for them too: <c>~/.docker/config.json</c>, or the programs that
/// it names. Changes from several processes wait for each other. Before them go logins that the environment has, which
/// are only read.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="given">The content of such a file, from the environment; null or "" for none.</param>
public sealed class LoginStore(string path, string? given = null) : ICredentialSource
{
    /// <summary>The variable with the content of a <c>config.json</c>, as docker's client (28) and GitLab have
    /// it.</summary>
    public const string Variable = "DOCKER_AUTH_CONFIG";

    /// <summary>The file.</summary>
    public string FilePath => path;

    /// <summary>The user's: in DOCKER_AUTH_CONFIG, in DOCKER_CONFIG, or in ~/.docker.</summary>
    /// <param name="variable">Gives an environment variable's value, or null.</param>
    public static LoginStore OfUser(Func<string, string?> variable)
    {
        string home = variable("HOME") is { Length: > 0 } one ? one : "/root";
        string folder = variable("DOCKER_CONFIG") is { Length: > 0 } other ? other : Path.Join(home, ".docker");
        return new LoginStore(Path.GetFullPath(Path.Join(folder, "config.json")), variable(Variable));
    }

    /// <inheritdoc/>
    public RegistryCredentials? Find(string registry)
    {
        if (FindGiven(registry) is { } login) return login;
        DockerConfigFile file = DockerConfigFile.Read(path);
        string[] keys = ServerName.KeysOf(registry);
        return file.HelperFor(keys) is { } helper ? helper.Get(keys[0]) : file.Login(keys);
    }

    /// <summary>The login that the environment has, or null.</summary>
    /// <exception cref="ImageException">What it has is malformed.</exception>
    public RegistryCredentials? FindGiven(string registry)
    {
        if (given is null or "") return null;
        DockerConfigFile file = DockerConfigFile.Parse(Encoding.UTF8.GetBytes(given), Variable);
        string[] keys = ServerName.KeysOf(registry);
        return file.Login(keys) ?? file.HelperFor(keys)?.Get(keys[0]);
    }

    /// <summary>The file's <c>detachKeys</c>, which docker's client keeps beside the logins; null without.</summary>
    /// <exception cref="ImageException">The file is malformed.</exception>
    public string? DetachKeys() => DockerConfigFile.Read(path).DetachKeys;

    /// <summary>Keeps a login. True when it is in the file itself, where others may read it.</summary>
    public bool Save(string registry, RegistryCredentials login) => Change(file =>
    {
        string[] keys = ServerName.KeysOf(registry);
        CredentialHelper? helper = file.HelperFor(keys);
        helper?.Store(keys[0], login);
        file.Set(keys[0], helper is null ? login : null);
        file.Write();
        return helper is null;
    });

    /// <summary>Forgets a login, under all names that it may have; false when there was none.</summary>
    public bool Erase(string registry) => Change(file =>
    {
        string[] keys = ServerName.KeysOf(registry);
        bool wasThere = file.HelperFor(keys)?.Erase(keys[0]) ?? false;
        bool wasInFile = false;
        foreach (string key in (string[])[.. keys, $"http://{registry}", $"https://{registry}"])
            wasInFile |= file.Remove(key);
        if (wasInFile) file.Write();
        return wasThere || wasInFile;
    });

    private T Change<T>(Func<DockerConfigFile, T> change)
    {
        string folder = Path.GetDirectoryName(path)!;
        Files.MakeDirectories(folder, 0x1C0);
        using FileLock held = FileLock.Take(Files.Open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY), folder);
        return change(DockerConfigFile.Read(path));
    }
}
