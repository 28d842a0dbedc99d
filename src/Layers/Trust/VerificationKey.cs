using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Trust;

/// <summary>
/// A public key that signatures are verified with: ECDSA over P-256, P-384 or P-521, Ed25519, or RSA with PKCS #1 v1.5,
/// as cosign signs. Immutable.
/// </summary>
internal sealed class VerificationKey
{
    private const string EcOid = "1.2.840.10045.2.1", RsaOid = "1.2.840.113549.1.1.1", Ed25519Oid = "1.3.101.112";
    private const string PemLabel = "PUBLIC KEY";
    private const int MinRsaBits = 2048, MaxRsaBits = 16384;

    private const string Wanted = "expected the PEM of an ECDSA key (P-256, P-384, P-521), an Ed25519 key or an RSA "
        + "key (2048 to 16384 bits), as `cosign public-key` prints it: -----BEGIN PUBLIC KEY-----";

    // What stands before the 32 bytes of an Ed25519 key (RFC 8410): one encoding, without parameters.
    private static readonly byte[] s_ed25519Head = Convert.FromHexString("302A300506032B6570032100");

    private readonly byte[] _encoded;
    private readonly HashAlgorithmName[] _hashes;
    private readonly string _kind;
    private Ed25519Key? _ed25519;

    private VerificationKey(byte[] encoded, HashAlgorithmName[] hashes, string kind) =>
        (_encoded, _hashes, _kind) = (encoded, hashes, kind);

    /// <summary>Reads a key.</summary>
    /// <param name="pem">SubjectPublicKeyInfo (RFC 5280) in PEM (RFC 7468); there may be text around it, but no second
    /// key.</param>
    /// <exception cref="ImageException">Something else; says what was found and what is expected, and never shows
    /// the text, which may be a private key.</exception>
    public static VerificationKey Parse(string pem)
    {
        if (!PemEncoding.TryFind(pem, out PemFields fields)) throw Bad("is not PEM");
        string label = pem[fields.Label];
        if (label != PemLabel) throw Bad($"is a \"{ShownLabel(label)}\"");
        if (PemEncoding.TryFind(pem.AsSpan(fields.Location.End.Value), out _)) throw Bad("has more than one key");
        byte[] encoded = Convert.FromBase64String(pem[fields.Base64Data]);
        try
        {
            var key = PublicKey.CreateFromSubjectPublicKeyInfo(encoded, out int length);
            if (length != encoded.Length) throw Bad("has something behind the key");
            return key.Oid.Value switch
            {
                EcOid => new VerificationKey(encoded, HashesOf(key), EcOid),
                RsaOid => OfRsa(encoded, key),
                Ed25519Oid => OfEd25519(encoded),
                _ => throw Bad($"is a key of another kind ({key.Oid.Value})"),
            };
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            // Of a curve that nobody knows, .NET says that this is the wrong platform.
            throw Bad("is not a public key that OpenSSL can read", e);
        }
    }

    /// <summary>Whether the key's owner has signed the data. Any bytes may be given as the signature.</summary>
    /// <param name="data">What is said to be signed.</param>
    /// <param name="signature">DER (RFC 3279) for ECDSA, PKCS #1 v1.5 for RSA, RFC 8032 for Ed25519.</param>
    public bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            return _kind switch
            {
                RsaOid => VerifiesRsa(data, signature),
                Ed25519Oid => _ed25519!.Verifies(data, signature),
                _ => VerifiesEc(data, signature),
            };
        }
        catch (CryptographicException)
        {
            // What OpenSSL cannot even read as a signature is none.
            return false;
        }
    }

    private bool VerifiesRsa(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(_encoded, out _);
        return key.VerifyData(data, signature, _hashes[0], RSASignaturePadding.Pkcs1);
    }

    private bool VerifiesEc(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_encoded, out _);
        foreach (HashAlgorithmName hash in _hashes)
            if (key.VerifyData(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence)) return true;
        return false;
    }

    // cosign's specification has SHA-256 whatever the curve, and cosign 1 and 2 keep to it; cosign 3 takes the hash
    // that is as long as the curve.
    private static HashAlgorithmName[] HashesOf(PublicKey key)
    {
        using ECDsa ec = key.GetECDsaPublicKey()!;
        return ec.ExportParameters(includePrivateParameters: false).Curve.Oid.Value switch
        {
            "1.2.840.10045.3.1.7" => [HashAlgorithmName.SHA256],
            "1.3.132.0.34" => [HashAlgorithmName.SHA256, HashAlgorithmName.SHA384],
            "1.3.132.0.35" => [HashAlgorithmName.SHA256, HashAlgorithmName.SHA512],
            var curve => throw Bad($"is an ECDSA key over another curve ({curve})"),
        };
    }

    private static VerificationKey OfRsa(byte[] encoded, PublicKey key)
    {
        using RSA rsa = key.GetRSAPublicKey()!;
        return rsa.KeySize is >= MinRsaBits and <= MaxRsaBits
            ? new VerificationKey(encoded, [HashAlgorithmName.SHA256], RsaOid)
            : throw Bad($"is an RSA key of {rsa.KeySize} bits");
    }

    private static VerificationKey OfEd25519(byte[] encoded)
    {
        if (!encoded.AsSpan().StartsWith(s_ed25519Head)
            || Ed25519Key.TryRead(encoded.AsSpan(s_ed25519Head.Length)) is not { } key)
            throw Bad("is an Ed25519 key that is no point of the curve");
        return key.HasSmallOrder ? throw Bad("is an Ed25519 key for which anybody can sign")
            : new VerificationKey(encoded, [], Ed25519Oid) { _ed25519 = key };
    }

    private static string ShownLabel(string label) => label.Length > 40 ? label[..40] : label;

    private static ImageException Bad(string problem, Exception? cause = null) =>
        cause is null ? new ImageException($"{problem}: {Wanted}") : new ImageException($"{problem}: {Wanted}", cause);
}
