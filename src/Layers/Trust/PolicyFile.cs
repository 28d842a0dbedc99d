using System.Text;
using System.Text.Json;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry.Configuration;

namespace Skiff.Layers.Trust;

/// <summary>
/// Reads <c>policy.json</c>: <c>{"default": RULE, "registries": {"PREFIX": RULE}}</c>, where RULE is <c>"accept"</c>,
/// <c>"reject"</c> or <c>{"cosign": {"keys": ["FILE or PEM"], "identity": "digest" or "repository"}}</c>. Whatever is
/// not understood is an error: it was meant to keep something out.
/// </summary>
internal sealed class PolicyFile
{
    private const string RuleForms = "\"accept\", \"reject\" or {\"cosign\": {\"keys\": [...]}}";
    private const string PemStart = "-----BEGIN";

    private readonly SettingsFile _file;

    private PolicyFile(SettingsFile file) => _file = file;

    /// <summary>The rules of a file; the one with an empty prefix is for names that no other covers.</summary>
    /// <param name="json">Its content.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="ImageException">Malformed, or a key in it is; says where and what.</exception>
    public static IReadOnlyList<TrustRule> Parse(byte[] json, string path)
    {
        var file = new SettingsFile(path);
        using JsonDocument document = file.Parse(json);
        return new PolicyFile(file).Rules(document.RootElement);
    }

    private List<TrustRule> Rules(JsonElement root)
    {
        List<TrustRule> rules = [];
        foreach (JsonProperty member in _file.Members(root, "the file"))
            switch (member.Name)
            {
                case "default": rules.Add(Rule("", member.Value, "default")); break;
                case "registries": AddRules(rules, member.Value); break;
                default:
                    throw _file.Bad(
                        SettingsFile.Quoted(member.Name), "unknown member: expected default or registries");
            }
        if (!rules.Exists(static rule => rule.Prefix.Length == 0))
            throw _file.Bad("the file", $"has no default, which is for all other images: expected {RuleForms}");
        return rules;
    }

    private void AddRules(List<TrustRule> rules, JsonElement registries)
    {
        foreach (JsonProperty member in _file.Members(registries, "registries"))
        {
            string place = $"registries.{SettingsFile.Quoted(member.Name)}";
            string prefix = _file.Name(member.Name, place);
            _file.RequireHost(prefix, place);
            if (rules.Exists(rule => string.Equals(rule.Prefix, prefix, StringComparison.OrdinalIgnoreCase)))
                throw _file.Bad(place, "there is another rule for this prefix: expected one");
            rules.Add(Rule(prefix, member.Value, place));
        }
    }

    private TrustRule Rule(string prefix, JsonElement value, string place)
    {
        if (value.ValueKind == JsonValueKind.String)
            return new TrustRule(prefix, value.GetString() switch
            {
                "accept" => TrustKind.Accept,
                "reject" => TrustKind.Reject,
                var other => throw _file.Bad(place, $"is \"{other}\": expected {RuleForms}"),
            });
        if (value.ValueKind != JsonValueKind.Object) throw _file.Expected(value, place, RuleForms);
        TrustRule? rule = null;
        foreach (JsonProperty member in _file.Members(value, place))
        {
            string at = $"{place}.{member.Name}";
            if (member.Name != "cosign") throw _file.Bad(at, "unknown member: expected cosign");
            rule = CosignRule(new TrustRule(prefix, TrustKind.Cosign), member.Value, at);
        }
        return rule ?? throw _file.Bad(place, $"says nothing: expected {RuleForms}");
    }

    private TrustRule CosignRule(TrustRule rule, JsonElement members, string place)
    {
        foreach (JsonProperty member in _file.Members(members, place))
        {
            string at = $"{place}.{member.Name}";
            switch (member.Name)
            {
                case "keys": rule = rule with { Keys = _file.Texts(member.Value, at).ConvertAll(Key) }; break;
                case "identity":
                    rule = rule with { NamesRepository = IsRepository(_file.Text(member.Value, at), at) };
                    break;
                default: throw _file.Bad(at, "unknown member: expected keys or identity");
            }
        }
        return rule.Keys.Count > 0 ? rule
            : throw _file.Bad($"{place}.keys", "there is no key: expected at least one, as a file's path or as PEM");
    }

    private bool IsRepository(string identity, string place) => identity switch
    {
        "repository" => true,
        "digest" => false,
        _ => throw _file.Bad(place, $"is \"{identity}\": expected \"digest\" or \"repository\""),
    };

    private VerificationKey Key((string Text, string Place) key)
    {
        bool isInline = key.Text.TrimStart().StartsWith(PemStart, StringComparison.Ordinal);
        string source = isInline ? key.Place : $"{key.Place}: {key.Text}";
        string pem = isInline ? key.Text : Read(_file.AbsolutePath(key.Text, key.Place), source);
        if (!OpenSsl.IsThere) throw _file.Bad(
            source, "OpenSSL is not on this host, and keys cannot be used without it: install it (Debian: libssl3)");
        try
        {
            return VerificationKey.Parse(pem);
        }
        catch (ImageException e)
        {
            throw _file.Bad(source, e.Message);
        }
    }

    private string Read(string path, string place)
    {
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] content);
        return errno == Errno.None ? Encoding.UTF8.GetString(content)
            : throw _file.Bad(place, $"read: {ErrnoText.Of(errno)}: expected a public key's file");
    }
}
