using System.Security.Cryptography;
using System.Text;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Support;

/// <summary>Signs images as cosign does, rightly or wrongly, and puts the signatures into a
/// <see cref="TestRegistry"/>.</summary>
public sealed class TestSigner : IDisposable
{
    public const string SimpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json";
    public const string Bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";

    private readonly AsymmetricAlgorithm _key;
    private readonly HashAlgorithmName _hash;

    private TestSigner(AsymmetricAlgorithm key, HashAlgorithmName hash) => (_key, _hash) = (key, hash);

    public TestSigner() : this(ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256)
    {
    }

    /// <summary>By a key's name and the hash: <c>P-384</c>, <c>RSA-2048</c>.</summary>
    public static TestSigner Of(string key, string hash) => new(key switch
    {
        "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        "P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        "P-521" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        _ => RSA.Create(int.Parse(key["RSA-".Length..])),
    }, new HashAlgorithmName(hash));

    /// <summary>The public key.</summary>
    public string Pem => _key.ExportSubjectPublicKeyInfoPem();

    /// <summary>What cosign 1 and 2 sign.</summary>
    public static byte[] Payload(
        Digest digest, string repository = "index.docker.io/library/app",
        string type = "cosign container image signature") => Encoding.UTF8.GetBytes($$$"""
        {"critical":{"identity":{"docker-reference":"{{{repository}}}"},
         "image":{"docker-manifest-digest":"{{{digest}}}"},"type":"{{{type}}}"},"optional":null}
        """);

    /// <summary>What cosign 3 signs.</summary>
    public static byte[] Statement(
        Digest digest, string predicate = "https://sigstore.dev/cosign/sign/v1",
        string type = "https://in-toto.io/Statement/v1") => Encoding.UTF8.GetBytes($$"""
        {"_type":"{{type}}","subject":[{"digest":{"sha256":"{{digest.Hex}}"},"annotations":{} }],
         "predicateType":"{{predicate}}","predicate":{} }
        """);

    /// <summary>A signature, in base64.</summary>
    public string Sign(byte[] data) => Convert.ToBase64String(_key is ECDsa ec
        ? ec.SignData(data, _hash, DSASignatureFormat.Rfc3279DerSequence)
        : ((RSA)_key).SignData(data, _hash, RSASignaturePadding.Pkcs1));

    /// <summary>A bundle around a statement.</summary>
    public byte[] Wrap(byte[] statement, string type = "application/vnd.in-toto+json")
    {
        byte[] signed = [.. Encoding.ASCII.GetBytes($"DSSEv1 {type.Length} {type} {statement.Length} "), .. statement];
        return Encoding.UTF8.GetBytes($$"""
            {"mediaType":"{{Bundle}}","verificationMaterial":{"publicKey":{"hint":"x"} },
             "dsseEnvelope":{"payload":"{{Convert.ToBase64String(statement)}}","payloadType":"{{type}}",
             "signatures":[{"sig":"{{Sign(signed)}}"}]} }
            """);
    }

    /// <summary>Stores a manifest of signed texts with their signatures.</summary>
    public static Digest Store(
        TestRegistry registry, string repository, string? tag, params (byte[] Payload, string? Signature)[] texts) =>
        StoreLayers(registry, repository, tag,
            [.. texts.Select(text => Layer(text.Payload, SimpleSigning, text.Signature))],
            [.. texts.Select(text => text.Payload)]);

    /// <summary>Stores a manifest of bundles.</summary>
    public static Digest StoreBundles(TestRegistry registry, string repository, string? tag, params byte[][] bundles) =>
        StoreLayers(registry, repository, tag, [.. bundles.Select(one => Layer(one, Bundle, null))], bundles);

    /// <summary>An index of referrers, each with its type (or null for none).</summary>
    public static byte[] Referrers(params (Digest Digest, string? Type)[] referrers) => Encoding.UTF8.GetBytes($$"""
        {"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(",", referrers.Select(one =>
            $$"""
            {"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{one.Digest}}","size":1{{(one.Type is null ? ""
                : $",\"artifactType\":\"{one.Type}\"")}} }
            """))}}]}
        """);

    /// <summary>The tag that belongs to a digest.</summary>
    public static string Tag(Digest digest) => $"sha256-{digest.Hex}";

    public void Dispose() => _key.Dispose();

    private static Digest StoreLayers(
        TestRegistry registry, string repository, string? tag, string[] layers, byte[][] blobs)
    {
        byte[] config = "{}"u8.ToArray();
        foreach (byte[] blob in (byte[][])[config, .. blobs]) registry.AddBlob(repository, blob);
        return registry.AddManifest(repository, tag, MediaTypes.OciManifest, Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}",
             "config":{{Layer(config, "application/vnd.oci.empty.v1+json", null)}},
             "layers":[{{string.Join(",", layers)}}]}
            """));
    }

    private static string Layer(byte[] blob, string type, string? signature) => $$"""
        {"mediaType":"{{type}}","digest":"{{TestRegistry.Sha(blob)}}","size":{{blob.Length}}{{(signature is null ? ""
            : $",\"annotations\":{{\"dev.cosignproject.cosign/signature\":\"{signature}\"}}")}} }
        """;
}
