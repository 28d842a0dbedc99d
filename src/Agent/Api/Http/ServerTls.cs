using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Skiff.Agent.Manager;
using Skiff.Agent.Manager.Settings;
using Skiff.Interop;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Api.Http;

/// <summary>
/// TLS 1.2 and 1.3 with certificates on both sides: a client's counts if one of our authorities, and no other, has
/// signed it for clients. Revocation is not looked at: take an authority that signs for this purpose alone.
/// </summary>
internal sealed class ServerTls
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int HandshakeMs = 10_000;

    private readonly SslServerAuthenticationOptions _options;

    private ServerTls(SslServerAuthenticationOptions options) => _options = options;

    /// <summary>Reads the files.</summary>
    /// <exception cref="UsageException">One of them is of no use.</exception>
    public static ServerTls Load(TlsFiles files)
    {
        if (!OpenSsl.IsThere) throw new UsageException("TLS needs OpenSSL (libssl3), which this host has not");
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication, null));
        var chain = new X509Certificate2Collection();
        Read(files.Ca, "tlscacert", policy.CustomTrustStore);
        Read(files.Certificate, "tlscert", chain);
        X509Certificate2 own;
        try
        {
            own = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException
            or UnauthorizedAccessException)
        {
            throw new UsageException($"tlskey {files.Key}: {e.Message}: expected the key of tlscert in PEM");
        }
        return new ServerTls(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(own, chain, offline: true),
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = static (_, certificate, seen, errors) =>
                errors == SslPolicyErrors.None ? true : throw new AuthenticationException(
                    CertificateProblem.Of(null, certificate, seen, errors)),
        });
    }

    /// <summary>Makes a connection safe, which the stream then owns.</summary>
    /// <exception cref="AuthenticationException">The client is not let in.</exception>
    /// <exception cref="OperationCanceledException">It takes too long.</exception>
    public async Task<SslStream> AcceptAsync(Stream connection, CancellationToken ended)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ended);
        limit.CancelAfter(HandshakeMs);
        var safe = new SslStream(connection, leaveInnerStreamOpen: false);
        try
        {
            await safe.AuthenticateAsServerAsync(_options, limit.Token);
            return safe;
        }
        catch
        {
            await safe.DisposeAsync();
            throw;
        }
    }

    private static void Read(string path, string what, X509Certificate2Collection into)
    {
        try
        {
            into.ImportFromPem(Files.ReadAllText(path));
        }
        catch (CryptographicException e)
        {
            throw new UsageException($"{what} {path}: {e.Message}: expected certificates in PEM");
        }
        catch (LinuxException e)
        {
            throw new UsageException($"{what}: {e.Message}");
        }
        if (into.Count == 0) throw new UsageException($"{what} {path}: no certificate in it: expected PEM");
    }
}
