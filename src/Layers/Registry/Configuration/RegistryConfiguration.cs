using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Configuration;

/// <summary>
/// Where names lead, and how hosts are connected to: <c>registries.json</c> and Docker's <c>certs.d</c>. Read once;
/// immutable.
/// </summary>
public sealed class RegistryConfiguration
{
    /// <summary>Where the file is when nothing else is said; it need not be there.</summary>
    public const string DefaultFile = "/etc/skiff/registries.json";

    /// <summary>Docker's directory of certificates, with one directory a host.</summary>
    public const string DefaultCertificates = "/etc/docker/certs.d";

    private readonly IReadOnlyList<RegistryRule> _rules;
    private readonly string _file, _certificates;

    private RegistryConfiguration(IReadOnlyList<RegistryRule> rules, string file, string certificates) =>
        (_rules, _file, _certificates) = (rules, file, certificates);

    /// <summary>Reads the configuration.</summary>
    /// <param name="file">The file, which then has to be there; null for the default one.</param>
    /// <param name="certificates">The directory of certificates.</param>
    /// <exception cref="ImageException">Malformed; names the file, the place in it and the problem.</exception>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static RegistryConfiguration Load(string? file, string certificates = DefaultCertificates)
    {
        string path = file ?? DefaultFile;
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] json);
        if (errno == Errno.ENOENT && file is null) return new RegistryConfiguration([], path, certificates);
        if (errno != Errno.None) throw new LinuxException(errno, "read", path);
        return new RegistryConfiguration(RegistriesFile.Parse(json, path), path, certificates);
    }

    /// <summary>Where an image may be: its mirrors first, its own place last.</summary>
    /// <exception cref="ImageException">It is blocked.</exception>
    internal List<RegistryLocation> LocationsOf(Reference reference)
    {
        RegistryRule? rule = NamePrefix.Longest(_rules, static one => one.Prefix, reference.Name);
        if (rule is null) return [new RegistryLocation(reference.Registry, reference.Registry, IsMirror: false)];
        if (rule.Blocked)
            throw new ImageException($"registry {rule.Prefix} is blocked by {_file}: registries.\"{rule.Prefix}\"");
        List<RegistryLocation> locations = [];
        foreach (string mirror in rule.Mirrors)
            locations.Add(new RegistryLocation(rule.Prefix, mirror, IsMirror: true));
        locations.Add(new RegistryLocation(rule.Prefix, rule.Location ?? rule.Prefix, IsMirror: false));
        return locations;
    }

    /// <summary>How a host (<c>docker.io</c>, <c>host:5000</c>) is connected to.</summary>
    /// <exception cref="ImageException">Docker's directory for it is not as it should be.</exception>
    internal RegistryHost HostOf(string host)
    {
        RegistryHost settings = RegistryHost.Default;
        foreach (RegistryRule rule in _rules)
            if (rule.Prefix == host) settings = rule.Host;
        return CertificateDirectory.AddTo(settings, Path.Join(_certificates, host));
    }
}
