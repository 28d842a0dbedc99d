using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;
using Skiff.Layers.Trust;

namespace Skiff.Layers.Tests.Trust;

public sealed class PolicyFileTests : IDisposable
{
    private readonly ScratchDirectory _folder = new();

    private string File => _folder["policy.json"];

    [Theory]
    [InlineData("", "line 1, column 1: not JSON")]
    [InlineData("{\n  \"default\": }", "line 2, column 14: not JSON")]
    [InlineData("[]", "the file: is an array: expected an object")]
    [InlineData("{}", "the file: has no default, which is for all other images: expected \"accept\", \"reject\" or")]
    [InlineData("""{"registries": {"a.test": "accept"}}""", "the file: has no default")]
    [InlineData("""{"defaults": "accept"}""", "\"defaults\": unknown member: expected default or registries")]
    [InlineData("""{"default": "accept", "default": "reject"}""", "the file: \"default\" is there twice")]
    [InlineData("""{"default": "Accept"}""", "default: is \"Accept\": expected \"accept\", \"reject\" or")]
    [InlineData("""{"default": null}""", "default: is null: expected \"accept\", \"reject\" or")]
    [InlineData("""{"default": true}""", "default: is true or false: expected \"accept\", \"reject\" or")]
    [InlineData("""{"default": {}}""", "default: says nothing: expected \"accept\", \"reject\" or")]
    [InlineData("""{"default": {"accept": {}}}""", "default.accept: unknown member: expected cosign")]
    [InlineData("""{"default": {"cosign": []}}""", "default.cosign: is an array: expected an object")]
    [InlineData("""{"default": {"cosign": {}}}""", "default.cosign.keys: there is no key: expected at least one")]
    [InlineData("""{"default": {"cosign": {"keys": []}}}""", "default.cosign.keys: there is no key")]
    [InlineData("""{"default": {"cosign": {"keys": "/k"}}}""", ".keys: is a string: expected an array of strings")]
    [InlineData("""{"default": {"cosign": {"keys": [1]}}}""", ".keys[0]: is a number: expected a string")]
    [InlineData("""{"default": {"cosign": {"keys": ["k.pub"]}}}""", ".keys[0]: \"k.pub\" is not an absolute path")]
    [InlineData("""{"default": {"cosign": {"keys": [""]}}}""", ".keys[0]: \"\" is not an absolute path")]
    [InlineData("""{"default": {"cosign": {"keys": ["/no/k"]}}}""", ".keys[0]: /no/k: read: ENOENT")]
    [InlineData("""{"default": {"cosign": {"keys": ["/proc"]}}}""", ".keys[0]: /proc: read: EISDIR")]
    [InlineData("""{"default": {"cosign": {"keys": ["/dev/null"]}}}""", ".keys[0]: /dev/null: is not PEM: expected")]
    [InlineData("""{"default": {"cosign": {"keys": ["-----BEGIN X"]}}}""", ".keys[0]: is not PEM: expected the PEM")]
    [InlineData("""{"default": {"cosign": {"key": "/k"}}}""", ".key: unknown member: expected keys or identity")]
    [InlineData("""{"default": {"cosign": {"keys": ["/dev/null"], "identity": 1}}}""", "is not PEM")]
    [InlineData("""{"default": {"cosign": {"identity": "any"}}}""",
        "default.cosign.identity: is \"any\": expected \"digest\" or \"repository\"")]
    [InlineData("""{"default": {"cosign": {"identity": true}}}""", ".identity: is true or false: expected a string")]
    [InlineData("""{"default": "reject", "registries": []}""", "registries: is an array: expected an object")]
    [InlineData("""{"default": "reject", "registries": {"a_b": "accept"}}""", "\"a_b\": bad registry host \"a_b\"")]
    [InlineData("""{"default": "reject", "registries": {"": "accept"}}""", "registries.\"\": bad registry host")]
    [InlineData("""{"default": "reject", "registries": {"*.test": "accept"}}""", "bad registry host \"*.test\"")]
    [InlineData("""{"default": "reject", "registries": {"team": "accept"}}""",
        "expected \"docker.io/team\", or a host")]
    [InlineData("""{"default": "reject", "registries": {"a.test/B": "accept"}}""", "(B) must be lowercase")]
    [InlineData("""{"default": "reject", "registries": {"a.test/": "accept"}}""", "\"a.test/\": bad repository name")]
    [InlineData("""{"default": "reject", "registries": {"a.test/b:v1": "accept"}}""", "bad repository name \"b:v1\"")]
    [InlineData("""{"default": "reject", "registries": {"a.test": {"blocked": true}}}""",
        "registries.\"a.test\".blocked: unknown member: expected cosign")]
    [InlineData("""{"default": "reject", "registries": {"a.test": "reject", "A.test": "accept"}}""",
        "registries.\"A.test\": there is another rule for this prefix")]
    [InlineData("""{"default": "reject", "registries": {"docker.io": "reject", "index.docker.io": "accept"}}""",
        "registries.\"index.docker.io\": there is another rule for this prefix")]
    public void Malformed_policy_lets_nothing_in_and_says_where_and_what(string json, string problem)
    {
        string message = Assert.Throws<ImageException>(() => Load(json)).Message;
        Assert.StartsWith(File + ": ", message);
        Assert.Contains(problem, message);
    }

    [Theory]
    [MemberData(nameof(BadKeys))]
    public void Key_that_cannot_verify_is_refused_by_what_it_is(string pem, string problem)
    {
        string inline = Assert.Throws<ImageException>(() => Load(Policy(pem))).Message;
        Assert.StartsWith($"{File}: default.cosign.keys[0]: {problem}", inline);
        Assert.Contains(": expected the PEM of an ECDSA key", inline);
        System.IO.File.WriteAllText(_folder["key"], pem);
        string inFile = Assert.Throws<ImageException>(() => Load(Policy(_folder["key"]))).Message;
        Assert.StartsWith($"{File}: default.cosign.keys[0]: {_folder["key"]}: {problem}", inFile);
    }

    public static TheoryData<string, string> BadKeys()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        using var small = RSA.Create(1024);
        byte[] key = ec.ExportSubjectPublicKeyInfo();
        string pem = ec.ExportSubjectPublicKeyInfoPem();
        // The curve's identifier, 1.2.840.10045.3.1.7, with one number changed.
        byte[] unknown = [.. key];
        byte[] curve = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
        unknown[unknown.AsSpan().IndexOf(curve) + 1] = 0x8D;
        // An X25519 key, with which nobody signs (RFC 8410).
        byte[] x25519 = [.. Convert.FromHexString("302A300506032B656E032100"), .. new byte[32]];
        return new TheoryData<string, string>
        {
            { ec.ExportPkcs8PrivateKeyPem(), "is a \"PRIVATE KEY\"" },
            { ec.ExportECPrivateKeyPem(), "is a \"EC PRIVATE KEY\"" },
            { PemEncoding.WriteString("CERTIFICATE", key), "is a \"CERTIFICATE\"" },
            { other.ExportSubjectPublicKeyInfoPem(), "is an ECDSA key over another curve (1.3.132.0.10)" },
            { small.ExportSubjectPublicKeyInfoPem(), "is an RSA key of 1024 bits" },
            { PemEncoding.WriteString("PUBLIC KEY", x25519), "is a key of another kind (1.3.101.110)" },
            { PemEncoding.WriteString("PUBLIC KEY", unknown), "is not a public key that OpenSSL can read" },
            { PemEncoding.WriteString("PUBLIC KEY", key[..^1]), "is not a public key that OpenSSL can read" },
            { PemEncoding.WriteString("PUBLIC KEY", [.. key, 0]), "has something behind the key" },
            { PemEncoding.WriteString("PUBLIC KEY", [.. key[..^1], (byte)~key[^1]]), "is not a public key" },
            { PemEncoding.WriteString("PUBLIC KEY", []), "is not a public key" },
            { pem + "\n" + pem, "has more than one key" },
        };
    }

    [Theory]
    [InlineData("a.test/app", "reject",
        "registries.\"a.test\" is \"reject\": change it if a.test/app is to be trusted")]
    [InlineData("A.TEST/app", "reject", "registries.\"a.test\" is \"reject\"")]
    [InlineData("a.test:80/app", "accept", "")]
    [InlineData("a.test/team/app:v1", "accept", "")]
    [InlineData("a.test/teams/app", "reject", "registries.\"a.test\" is")]
    [InlineData("a.test/team/bad", "reject", "registries.\"a.test/team/bad\" is")]
    [InlineData("a.test/team/bad/app", "reject", "registries.\"a.test/team/bad\" is")]
    [InlineData("busybox", "reject", "registries.\"docker.io/library\" is")]
    [InlineData("index.docker.io/library/busybox", "reject", "registries.\"docker.io/library\" is")]
    [InlineData("user/app", "accept", "")]
    public void Longest_prefix_of_whole_components_decides(string name, string expected, string why)
    {
        TrustPolicy policy = Load("""
            {
              // Comments are fine.
              "default": "accept",
              "registries": {
                "a.test": "reject", "a.test/team": "accept", "a.test/team/bad": "reject",
                "index.docker.io/library": "reject",
              },
            }
            """);
        Exception? e = Record.Exception(() => policy.CheckName(Reference.Parse(name)));
        Assert.Equal(expected == "reject", e is ImageException);
        if (e is not null) Assert.Contains($"refused by {File}: {why}", e.Message);
        Assert.Equal(expected == "reject", Record.Exception(
            () => policy.CheckLocal("load", Reference.Parse(name))) is ImageException);
    }

    [Fact]
    public void Name_that_no_rule_covers_is_decided_by_the_default()
    {
        TrustPolicy policy = Load("""{"default": "reject", "registries": {"a.test": "accept"}}""");
        policy.CheckName(Reference.Parse("a.test/app"));
        Assert.Equal($"refused by {File}: default is \"reject\", and no other rule covers docker.io/library/app: "
            + "add one if it is to be trusted",
            Assert.Throws<ImageException>(() => policy.CheckName(Reference.Parse("app"))).Message);
        Assert.Equal($"import an image: refused by {File}: default is \"reject\", and no other rule covers an image "
            + "without a name: add one if it is to be trusted",
            Assert.Throws<ImageException>(() => policy.CheckLocal("import", null)).Message);
    }

    [Fact]
    public void Archive_cannot_have_the_signature_that_is_wanted()
    {
        using var signer = new TestSigner();
        TrustPolicy policy = Load(Policy(signer.Pem));
        policy.CheckName(Reference.Parse("app"));
        Assert.Equal($"load app:v1: refused by {File}: default wants a cosign signature by its key, which only a "
            + "registry has: pull the image, or change the rule",
            Assert.Throws<ImageException>(() => policy.CheckLocal("load", Reference.Parse("app:v1"))).Message);
    }

    [Fact]
    public void Without_the_default_file_everything_is_trusted_but_a_file_that_was_asked_for_has_to_be_there()
    {
        Assert.SkipWhen(System.IO.File.Exists(TrustPolicy.DefaultFile), "this host has a policy");
        TrustPolicy.Load(null).CheckName(Reference.Parse("app"));
        Assert.Contains($"{File}: read: ENOENT",
            Assert.Throws<ImageException>(() => TrustPolicy.Load(File)).Message);
    }

    public void Dispose() => _folder.Dispose();

    private static string Policy(string key) =>
        $$"""{"default": {"cosign": {"keys": ["{{JsonEncodedText.Encode(key)}}"]} } }""";

    private TrustPolicy Load(string json)
    {
        System.IO.File.WriteAllBytes(File, Encoding.UTF8.GetBytes(json));
        return TrustPolicy.Load(File);
    }
}
