using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// Who a registry has to be, and who we are to it. Nothing is read before the first connection over TLS. Hosts that
/// the registry sends us to, for tokens or blobs, may be certified by the registry's own authorities, but not by
/// anybody, and our certificate is not shown to them.
/// </summary>
/// <param name="authority">Host and port of the registry.</param>
/// <param name="host">Its settings.</param>
/// <param name="takesAny">Whether any certificate of the registry will do.</param>
internal sealed class RegistryTls(string authority, RegistryHost host, bool takesAny) : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly string _name = new Uri("https://" + authority).Host.Trim('[', ']');
    private readonly Lock _lock = new();
    private readonly X509Certificate2Collection _authorities = [];
    private X509Certificate2? _client;
    private bool _isReady;

    /// <summary>Puts the rules into a handler's options.</summary>
    public void ApplyTo(SslClientAuthenticationOptions options)
    {
        options.RemoteCertificateValidationCallback = Judge;
        options.CertificateChainPolicy = Policy();
        if (host.Client is not null) options.LocalCertificateSelectionCallback =
            (_, target, _, _, _) => IsRegistry(target) ? _client! : null!;
    }

    /// <summary>Reads the files; to be called before each connection over TLS.</summary>
    /// <exception cref="ImageException">One of them is of no use.</exception>
    public void Prepare()
    {
        lock (_lock)
        {
            if (_isReady) return;
            foreach (string file in host.CaFiles)
                Using(file, "certificate authority", AddAuthorities);
            if (host.Client is { } client)
                Using(client.Certificate, "client certificate", pem => Using(client.Key, "client key", key =>
                {
                    using var certificate = X509Certificate2.CreateFromPem(pem, key);
                    _client = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
                }));
            _isReady = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client?.Dispose();
        foreach (X509Certificate2 authority in _authorities) authority.Dispose();
    }

    private static void Using(string file, string what, Action<string> use)
    {
        try
        {
            use(Encoding.UTF8.GetString(Files.ReadAllBytes(file)));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new ImageException($"bad {what} {file}: {e.Message}: expected PEM", e);
        }
    }

    private void AddAuthorities(string pem)
    {
        int before = _authorities.Count;
        _authorities.ImportFromPem(pem);
        if (_authorities.Count == before) throw new CryptographicException("no certificate in it");
    }

    private bool IsRegistry(string? target) => string.Equals(target, _name, StringComparison.OrdinalIgnoreCase);

    private bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        string? target = (sender as SslStream)?.TargetHostName;
        if (errors == SslPolicyErrors.None || (takesAny && IsRegistry(target))) return true;
        if (errors == SslPolicyErrors.RemoteCertificateChainErrors && certificate is X509Certificate2 leaf
            && IsSignedByOurs(leaf, chain)) return true;
        throw new AuthenticationException(CertificateProblem.Of(target, certificate, chain, errors) + Advice(target));
    }

    // The platform has judged by the system's authorities; those of the settings are an alternative.
    private bool IsSignedByOurs(X509Certificate2 leaf, X509Chain? seen)
    {
        if (_authorities.Count == 0) return false;
        using var chain = new X509Chain { ChainPolicy = Policy() };
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        if (seen is not null)
            foreach (X509ChainElement element in seen.ChainElements)
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(leaf);
    }

    // A certificate may name URLs to fetch others from; nobody who is not trusted yet has us fetch anything.
    private static X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication, null));
        return policy;
    }

    private string Advice(string? target) => IsRegistry(target)
        ? $"; if that is as it should be, put the authority (PEM) into /etc/docker/certs.d/{authority}/ca.crt" : "";
}
