using System.Text;
using System.Text.Json;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Registry.Logins;
using Skiff.Layers.Tests.Support;
using Skiff.Layers.Trust;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// registries.json, policy.json, docker's config.json, and what servers say about tokens. Oracles: what is refused is
/// refused with the file's name and no secret; what is taken leads every name somewhere, and a login that is
/// put in is found again.
/// </summary>
internal sealed class SettingsTarget : FuzzTarget
{
    private const string Secret = "s3cr3t-w0rd";

    private static readonly string[] s_hosts = ["docker.io", "a.test", "a.test:5000", "[::1]:80", "localhost"];

    private static readonly string[] s_keys = [.. ((string[])[PublicKeyPem(), Ed25519Pem])
        .Select(pem => JsonEncodedText.Encode(pem).ToString())];

    // RFC 8410 section 10.1.
    private const string Ed25519Pem = "-----BEGIN PUBLIC KEY-----\n"
        + "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    private static readonly byte[][] s_words =
    [
        .. ((string[])["null", "true", "1", "\"\"", "[]", "{}", "\"\\ud800\"", "\\u0000", "\"registries\":{",
            "\"auths\":{", "\"mirrors\":[", "\"location\":\"", "\"blocked\":", "\"insecure\":", "\"ca\":\"/",
            "\"cert\":\"/", "\"key\":\"/", "\"credsStore\":\"", "\"credHelpers\":{", "\"auth\":\"",
            "\"identitytoken\":\"", "\"default\":", "\"accept\"", "\"cosign\":", "\"keys\":[", "-----BEGIN",
            "\"identity\":",
            "\"token\":\"", "a.test", "/", ":5000", "//", "/*", "*/", ",", "\"", "{", "}",
            "[", "]", "Bearer ", "realm=", "\\", "=", "é", "\u001b"])
            .Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0],
    ];

    internal override string Name => "settings";

    internal override byte[] Make(Random random)
    {
        string host = s_hosts[random.Next(s_hosts.Length)], other = s_hosts[random.Next(s_hosts.Length)];
        string key = s_keys[random.Next(s_keys.Length)];
        string auth = Convert.ToBase64String(Encoding.UTF8.GetBytes("me:" + Secret));
        return Encoding.UTF8.GetBytes(random.Next(4) switch
        {
            3 => $$"""
                {"default": "reject", "registries": {"{{host}}": "accept",
                 "{{host}}/team": {"cosign": {"keys": ["{{key}}"], "identity": "repository"} } } }
                """,
            0 => $$"""
                {"registries": {"{{host}}": {"mirrors": ["{{other}}/x"], "insecure": true, "ca": "/ca"},
                 "{{host}}/team": {"location": "{{other}}/y"}, "bad.test": {"blocked": true} } }
                """,
            1 => $$"""
                {"auths": {"{{host}}": {"auth": "{{auth}}"}, "https://b.test/v1/": {"identitytoken": "{{Secret}}"} },
                 "credHelpers": {"c.test": "none"}, "n": 1.0}
                """,
            _ => $$"""
                {"token": "{{Secret}}", "expires_in": {{random.Next(999)}}, "x": "Bearer realm='a',b=c"}
                """,
        });
    }

    internal override byte[] Mutate(byte[] input, Random random) => Mutations.Words(input, random, s_words);

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        bool isTaken = Takes(() => CheckRules(RegistriesFile.Parse(input, "/file")))
            | Takes(() => Assert.Single(PolicyFile.Parse(input, "/file"), rule => rule.Prefix.Length == 0))
            | Takes(() => CheckLogins(DockerConfigFile.Parse(input, "/file")));
        if (AccessToken.Parse(input) is { } token) Assert.True(token.Text.Length > 0 && token.LifetimeSeconds > 0);
        AuthChallenge.ParseAll(Encoding.UTF8.GetString(input));
        if (isWhole) Assert.True(isTaken);
    }

    private static string PublicKeyPem()
    {
        using var signer = new TestSigner();
        return signer.Pem;
    }

    private static bool Takes(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (ImageException e)
        {
            Refusals.AssertReadable(e);
            Assert.StartsWith("/file: ", e.Message);
            Assert.DoesNotContain(Secret, e.Message);
            return false;
        }
    }

    private static void CheckRules(IReadOnlyList<RegistryRule> rules)
    {
        foreach (RegistryRule rule in rules)
        {
            if (rule is { Mirrors.Count: 0, Location: null, Blocked: false }) continue;
            Assert.True(Reference.TryParse(rule.Prefix + "/x", out Reference? reference, out string error), error);
            Assert.True(NamePrefix.Covers(rule.Prefix, reference.Name));
            foreach (string target in (string[])[.. rule.Mirrors, rule.Location ?? rule.Prefix])
            {
                var location = new RegistryLocation(rule.Prefix, target, false);
                string there = $"{location.Host}/{location.RepositoryOf(reference)}";
                Assert.True(Reference.TryParse(there, out Reference? _, out error), error);
            }
        }
    }

    private static void CheckLogins(DockerConfigFile file)
    {
        var login = new RegistryCredentials("user", "word");
        foreach (string host in s_hosts)
        {
            string[] keys = ServerName.KeysOf(host);
            file.HelperFor(keys);
            file.Login(keys);
        }
        file.Set("new.test", login);
        Assert.Equal(login, file.Login(["new.test"]));
        Assert.True(file.Remove("new.test"));
        Assert.Null(file.Login(["new.test"]));
    }
}
