using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Configuration;

/// <summary>
/// A host's directory in Docker's layout: <c>*.crt</c> are authorities, <c>NAME.cert</c> and <c>NAME.key</c> the
/// client's certificate and key.
/// </summary>
internal static class CertificateDirectory
{
    /// <summary>Settings with what the directory adds to them; the same when there is none.</summary>
    /// <exception cref="ImageException">A certificate without key, or a key without certificate.</exception>
    public static RegistryHost AddTo(RegistryHost settings, string directory)
    {
        Errno errno = Files.TryListDirectory(directory, out List<string> names);
        if (errno is Errno.ENOENT or Errno.ENOTDIR) return settings;
        if (errno != Errno.None) throw new LinuxException(errno, "getdents64", directory);
        names.Sort(StringComparer.Ordinal);
        List<string> authorities = [.. settings.CaFiles];
        (string, string)? client = settings.Client;
        foreach (string name in names)
        {
            string path = $"{directory}/{name}";
            if (name.EndsWith(".crt", StringComparison.Ordinal)) authorities.Add(path);
            if (Partner(name, ".cert", ".key") is { } key)
            {
                if (!names.Contains(key)) throw new ImageException(
                    $"{path} has no key: expected {key} beside it (an authority's file ends in .crt)");
                client ??= (path, $"{directory}/{key}");
            }
            if (Partner(name, ".key", ".cert") is { } certificate && !names.Contains(certificate))
                throw new ImageException($"{path} has no certificate: expected {certificate} beside it");
        }
        return settings with { CaFiles = authorities, Client = client };
    }

    private static string? Partner(string name, string ending, string otherEnding) =>
        name.EndsWith(ending, StringComparison.Ordinal) ? name[..^ending.Length] + otherEnding : null;
}
