using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;
using Skiff.Layers.Trust;

namespace Skiff.Layers.Tests.Trust;

public sealed class SignatureTests : IDisposable
{
    private static readonly Digest s_image = TestRegistry.Sha([1]), s_index = TestRegistry.Sha([2]);
    private static readonly Digest s_other = TestRegistry.Sha([3]);

    private readonly TestSigner _signer = new();

    [Theory]
    [InlineData("P-256", "SHA256")]
    [InlineData("P-384", "SHA256")]
    [InlineData("P-384", "SHA384")]
    [InlineData("P-521", "SHA256")]
    [InlineData("P-521", "SHA512")]
    [InlineData("RSA-2048", "SHA256")]
    public void Signature_by_the_key_counts_and_by_another_of_its_kind_does_not(string key, string hash)
    {
        using var signer = TestSigner.Of(key, hash);
        using var stranger = TestSigner.Of(key, hash);
        byte[] payload = TestSigner.Payload(s_image), statement = TestSigner.Statement(s_image);
        AssertCounts(payload, signer.Sign(payload), signer);
        AssertCounts(payload, signer.Sign(payload), stranger, signer);
        AssertCounts(signer.Wrap(statement), null, signer);
        AssertFails("is by none of the keys", payload, stranger.Sign(payload), signer);
        AssertFails("is by none of the keys", stranger.Wrap(statement), null, signer);
    }

    [Theory]
    [InlineData("P-256", "SHA512")]
    [InlineData("P-384", "SHA512")]
    [InlineData("P-521", "SHA384")]
    [InlineData("P-256", "SHA1")]
    [InlineData("RSA-2048", "SHA1")]
    [InlineData("RSA-2048", "SHA512")]
    public void Signature_over_another_hash_does_not_count(string key, string hash)
    {
        using var signer = TestSigner.Of(key, hash);
        byte[] payload = TestSigner.Payload(s_image);
        AssertFails("is by none of the keys", payload, signer.Sign(payload), signer);
    }

    [Fact]
    public void Any_changed_byte_of_what_is_signed_or_of_the_signature_is_noticed()
    {
        byte[] payload = TestSigner.Payload(s_image);
        string signature = _signer.Sign(payload);
        for (int i = 0; i < payload.Length; i++)
        {
            byte[] changed = [.. payload];
            changed[i] ^= 1;
            AssertFails("is by none of the keys", changed, signature, _signer);
        }
        byte[] raw = Convert.FromBase64String(signature);
        for (int i = 0; i < raw.Length; i++)
        {
            byte[] changed = [.. raw];
            changed[i] ^= 1;
            AssertFails("is by none of the keys", payload, Convert.ToBase64String(changed), _signer);
        }
        AssertFails("is by none of the keys", payload, Convert.ToBase64String([.. raw, 0]), _signer);
        AssertFails("is by none of the keys", payload, Convert.ToBase64String(raw[..^1]), _signer);
    }

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("", "is missing")]
    [InlineData("%%%%", "is not base64")]
    [InlineData("MEQCIE", "is not base64")]
    [InlineData("AAAA", "is by none of the keys")]
    [InlineData("MAYCAQACAQA=", "is by none of the keys")] // r = s = 0 (CVE-2022-21449)
    [InlineData("    ", "is by none of the keys")]
    public void What_is_no_signature_does_not_count(string? signature, string problem) =>
        AssertFails(problem, TestSigner.Payload(s_image), signature, _signer);

    [Fact]
    public void Signature_too_long_for_any_key_is_not_decoded() => AssertFails(
        "has 4100 characters: expected 4096 at most", TestSigner.Payload(s_image), new string('A', 4100), _signer);

    [Theory]
    [InlineData("null", "is a \"\"")]
    [InlineData("[]", "is a \"\"")]
    [InlineData("{", "is of what is not JSON")]
    [InlineData("""{"critical": {"type": "cosign container image signature"}}""", "is for nothing: expected sha256:")]
    [InlineData("""{"critical": {"type": "atomic container signature"}}""", "is a \"atomic container signature\"")]
    [InlineData("""{"critical": {"type": "\ud800"}}""", "is a \"\"")]
    [InlineData("""{"critical": {"type": 1}}""", "is a \"\"")]
    [InlineData("""{"critical": {}, "critical": {}}""", "is of what is not JSON")]
    public void Signed_text_that_says_something_else_does_not_count(string payload, string problem)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(payload);
        AssertFails(problem, bytes, _signer.Sign(bytes), _signer);
    }

    [Fact]
    public void Signature_of_another_image_does_not_count()
    {
        byte[] payload = TestSigner.Payload(s_other);
        AssertFails($"is for {s_other}: expected {s_image} or {s_index}", payload, _signer.Sign(payload), _signer);
        AssertFails($"is for {s_other}: expected", _signer.Wrap(TestSigner.Statement(s_other)), null, _signer);
        byte[] index = TestSigner.Payload(s_index);
        AssertCounts(index, _signer.Sign(index), _signer);
        AssertCounts(_signer.Wrap(TestSigner.Statement(s_index)), null, _signer);
    }

    [Theory]
    [InlineData("index.docker.io/library/app", true)]
    [InlineData("docker.io/library/app", true)]
    [InlineData("app:v2", true)]
    [InlineData("index.docker.io/library/other", false)]
    [InlineData("a.test/library/app", false)]
    [InlineData("a.test:443/library/app", false)]
    [InlineData("", false)]
    [InlineData("no repository//", false)]
    public void Repository_is_compared_only_where_that_is_asked_for(string signed, bool isSame)
    {
        byte[] payload = TestSigner.Payload(s_image, signed);
        string signature = _signer.Sign(payload);
        Assert.True(SimpleSigning.Counts(payload, signature, Demand(null, _signer), out _));
        Assert.Equal(isSame, SimpleSigning.Counts(
            payload, signature, Demand("docker.io/library/app", _signer), out string problem));
        if (!isSame) Assert.EndsWith(": expected docker.io/library/app", problem);
    }

    [Fact]
    public void Bundle_names_no_repository()
    {
        Assert.False(SigstoreBundle.Counts(_signer.Wrap(TestSigner.Statement(s_image)),
            Demand("docker.io/library/app", _signer), out string problem));
        Assert.Equal(
            "names no repository, as cosign 3 signs: expected one that names docker.io/library/app", problem);
    }

    [Fact]
    public void Statement_about_an_image_that_is_no_signature_does_not_count()
    {
        AssertFails("of \"https://slsa.dev/provenance/v1\": expected",
            _signer.Wrap(TestSigner.Statement(s_image, "https://slsa.dev/provenance/v1")), null, _signer);
        AssertFails("is a statement \"https://in-toto.io/Link/v1\"",
            _signer.Wrap(TestSigner.Statement(s_image, type: "https://in-toto.io/Link/v1")), null, _signer);
        AssertFails("has a payload of type \"text/plain\"",
            _signer.Wrap(TestSigner.Statement(s_image), "text/plain"), null, _signer);
        AssertFails("names no image", _signer.Wrap("""
            {"_type":"https://in-toto.io/Statement/v1","predicateType":"https://sigstore.dev/cosign/sign/v1"}
            """u8.ToArray()), null, _signer);
    }

    [Theory]
    [InlineData("", "is a bundle without a DSSE envelope")]
    [InlineData("[]", "is a bundle without a DSSE envelope")]
    [InlineData("""{"messageSignature": {"signature": "AAAA"}}""", "is a bundle without a DSSE envelope")]
    [InlineData("""{"dsseEnvelope": null}""", "has a payload of type \"\"")]
    [InlineData("""{"dsseEnvelope": {"payloadType": "application/vnd.in-toto+json"}}""", "has a payload of type")]
    [InlineData("""{"dsseEnvelope": {"payloadType": "application/vnd.in-toto+json", "payload": "%"}}""", "in base64")]
    [InlineData("""{"dsseEnvelope": {"payloadType": "application/vnd.in-toto+json", "payload": ""}}""", "is missing")]
    [InlineData("""
        {"dsseEnvelope": {"payloadType": "application/vnd.in-toto+json", "payload": "", "signatures": [1, {}]}}
        """, "is missing")]
    [InlineData("""
        {"dsseEnvelope": {"payloadType": "application/vnd.in-toto+json", "payload": "",
         "signatures": [{"sig": "AA=="}]}}
        """, "is by none of the keys")]
    public void Malformed_bundle_does_not_count(string bundle, string problem) =>
        AssertFails(problem, Encoding.UTF8.GetBytes(bundle), null, _signer);

    [Fact]
    public void Bundle_signs_its_payload_with_type_and_length()
    {
        byte[] statement = TestSigner.Statement(s_image);
        string bundle = Encoding.UTF8.GetString(_signer.Wrap(statement));
        string right = bundle.Split("\"sig\":\"")[1].Split('"')[0];
        AssertFails("is by none of the keys",
            Encoding.UTF8.GetBytes(bundle.Replace(right, _signer.Sign(statement))), null, _signer);
    }

    public void Dispose() => _signer.Dispose();

    private static SignatureDemand Demand(string? repository, params TestSigner[] signers) =>
        new([.. signers.Select(signer => VerificationKey.Parse(signer.Pem))], [s_image, s_index], repository);

    private static bool Counts(byte[] bytes, string? signature, out string problem, TestSigner[] signers) =>
        bytes.AsSpan().IndexOf("critical"u8) < 0 && signature is null
            ? SigstoreBundle.Counts(bytes, Demand(null, signers), out problem)
            : SimpleSigning.Counts(bytes, signature, Demand(null, signers), out problem);

    private static void AssertCounts(byte[] bytes, string? signature, params TestSigner[] signers) =>
        Assert.True(Counts(bytes, signature, out string problem, signers), problem);

    private static void AssertFails(string expected, byte[] bytes, string? signature, params TestSigner[] signers)
    {
        Assert.False(Counts(bytes, signature, out string problem, signers));
        Assert.Contains(expected, problem);
    }
}
