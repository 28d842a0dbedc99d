using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry.Configuration;

namespace Skiff.Layers.Registry;

/// <summary>Everything that it takes to reach the registry of any image: opens clients.</summary>
/// <param name="configuration">Where names lead.</param>
/// <param name="credentials">Where logins are kept; null for none.</param>
/// <param name="options">How patient to be, unless said otherwise.</param>
public sealed class RegistryAccess(
    RegistryConfiguration configuration, ICredentialSource? credentials = null, RegistryOptions? options = null)
{
    // A mirror is there to be quick; when it is not, the registry itself is.
    private const int MirrorRetries = 1;

    /// <summary>How patient to be, unless said otherwise.</summary>
    public RegistryOptions Options { get; } = options ?? RegistryOptions.Default;

    /// <summary>A client for an image's repository, at its mirrors and at its own place.</summary>
    /// <exception cref="ImageException">The registry is blocked, or its settings are not as they should be.</exception>
    public RegistryClient Open(Reference reference, RegistryOptions? special = null)
    {
        RequireOpenSsl();
        RegistryOptions chosen = special ?? Options;
        List<RegistryEndpoint> endpoints = [];
        foreach (RegistryLocation location in configuration.LocationsOf(reference))
        {
            RegistryOptions its = location.IsMirror
                ? chosen with { Retries = Math.Min(chosen.Retries, MirrorRetries) } : chosen;
            endpoints.Add(new RegistryEndpoint(location, Transport(location.Host, its)));
        }
        return new RegistryClient(endpoints, chosen);
    }

    /// <summary>A connection to the registry itself, to try a login that is not kept yet.</summary>
    internal RegistryTransport Connect(string registry, RegistryCredentials? login)
    {
        RequireOpenSsl();
        RegistryHost host = configuration.HostOf(registry);
        return new RegistryTransport(registry, host, () => login, Options, offline: true);
    }

    /// <summary>A file of a web server, by the same proxies and with the same patience; see
    /// <see cref="WebFile"/>.</summary>
    /// <exception cref="ImageException">It is not to be had.</exception>
    public Stream OpenFile(Uri address, CancellationToken cancellation)
    {
        RequireOpenSsl();
        return WebFile.Open(address, Options, cancellation);
    }

    private static void RequireOpenSsl()
    {
        if (!OpenSsl.IsThere) throw new ImageException(
            "OpenSSL is not on this host, and registries cannot be talked to without it (libssl.so.3, or 1.1): "
            + "install it (Debian: libssl3, Alpine: libssl3, Fedora: openssl-libs)");
    }

    private RegistryTransport Transport(string host, RegistryOptions its) =>
        new(host, configuration.HostOf(host), () => credentials?.Find(host), its);
}
