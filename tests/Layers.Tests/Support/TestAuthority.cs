using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Skiff.Layers.Tests.Support;

/// <summary>A certificate authority of a test.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    public TestAuthority(string name = "Test Authority")
    {
        using var key = RSA.Create(2048);
        CertificateRequest request = Request("CN=" + name, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Certificate = request.CreateSelfSigned(s_now.AddDays(-30), s_now.AddDays(30));
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>A certificate for a host or a person, with its key.</summary>
    public X509Certificate2 Issue(string name, int fromDays = -10, int toDays = 10)
    {
        using var key = RSA.Create(2048);
        CertificateRequest request = Request("CN=" + name, key);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out IPAddress? address)) names.AddIpAddress(address);
        else names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 bare = request.Create(
            Certificate, s_now.AddDays(fromDays), s_now.AddDays(toDays), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    public void Dispose() => Certificate.Dispose();

    private static CertificateRequest Request(string name, RSA key) =>
        new(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
}
