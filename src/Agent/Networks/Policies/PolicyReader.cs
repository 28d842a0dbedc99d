using System.Net;
using System.Text;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// Reads policies from YAML or JSON. What it does not know it refuses, with line and column: a rule that is passed over
/// would be a hole, or an outage.
/// </summary>
internal static class PolicyReader
{
    private const int LongestName = 63; // A DNS label (RFC 1123 section 2.1).

    /// <summary>The policies of a file, one for each document.</summary>
    /// <exception cref="UsageException">Something is malformed, unknown or missing.</exception>
    public static List<NetworkPolicy> Read(byte[] source)
    {
        List<YamlNode> documents = YamlNode.Parse(source);
        // A file may begin or end with ---.
        documents.RemoveAll(document => document.IsNull);
        if (documents.Count == 0) throw new UsageException("line 1, column 1: a NetworkPolicy is wanted", 125);
        var policies = new List<NetworkPolicy>();
        string text = Encoding.UTF8.GetString(source);
        foreach (YamlNode document in documents)
        {
            NetworkPolicy policy = ReadPolicy(document) with
            {
                Source = Encoding.UTF8.GetBytes(text[document.LineStart..document.End].TrimEnd() + "\n"),
            };
            if (policies.Exists(other => other.Name == policy.Name))
                throw document.Wrong($"there is another policy {policy.Name} in this file");
            policies.Add(policy);
        }
        return policies;
    }

    private static NetworkPolicy ReadPolicy(YamlNode node)
    {
        var fields = new YamlFields(node, "NetworkPolicy", "apiVersion", "kind", "metadata", "spec");
        if (fields.Find("apiVersion") is { } version && TextOf(version) != "networking.k8s.io/v1")
            throw version.Wrong($"unknown apiVersion {TextOf(version)}: networking.k8s.io/v1 is known");
        if (fields.Find("kind") is { } kind && TextOf(kind) != "NetworkPolicy")
            throw kind.Wrong($"unknown kind {TextOf(kind)}: NetworkPolicy is known");
        var metadata = new YamlFields(
            fields.Get("metadata"), "metadata", "name", "namespace", "labels", "annotations");
        var spec = new YamlFields(fields.Get("spec"), "spec",
            "podSelector", "containerSelector", "policyTypes", "ingress", "egress");
        YamlNode? ingress = spec.Find("ingress"), egress = spec.Find("egress");
        string[]? types = spec.Find("policyTypes") is { } list
            ? TextsOf(list, "policyTypes", static (item, text) => text is "Ingress" or "Egress" ? text
                : throw item.Wrong($"unknown policy type {text}: Ingress and Egress are known"))
            : null;
        return new NetworkPolicy
        {
            Name = NameOf(metadata.Get("name")),
            Network = metadata.Find("namespace") is { IsNull: false } network ? TextOf(network) : null,
            Containers = ReadSelector(spec.Find("podSelector", "containerSelector")
                ?? throw spec.Node.Wrong("spec has no podSelector (one that is {} selects all containers)")),
            HasIngress = types?.Contains("Ingress") ?? true,
            HasEgress = types?.Contains("Egress") ?? egress is not null,
            Ingress = ReadRules(ingress, "from"),
            Egress = ReadRules(egress, "to"),
        };
    }

    private static string NameOf(YamlNode node)
    {
        string name = TextOf(node);
        bool isFine = name.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(name[0])
            && char.IsAsciiLetterOrDigit(name[^1])
            && !name.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-");
        return isFine ? name : throw node.Wrong(
            $"invalid name \"{name}\": up to {LongestName} lower case letters, digits and - between them");
    }

    private static PolicyRule[] ReadRules(YamlNode? node, string side) =>
        node is null || node.IsNull ? [] : Array.ConvertAll(ItemsOf(node, side == "to" ? "egress" : "ingress"), item =>
        {
            if (item.IsNull) return new PolicyRule(item.Line, [], []);
            var fields = new YamlFields(item, "rule", side, "ports");
            YamlNode? peers = fields.Find(side), ports = fields.Find("ports");
            return new PolicyRule(item.Line,
                peers is null || peers.IsNull ? [] : Array.ConvertAll(ItemsOf(peers, side),
                    peer => ReadPeer(peer, side == "to")),
                ports is null || ports.IsNull ? [] : Array.ConvertAll(ItemsOf(ports, "ports"), ReadPorts));
        });

    private static PolicyPeer ReadPeer(YamlNode node, bool isEgress)
    {
        var fields = new YamlFields(node, "peer", "podSelector", "containerSelector", "namespaceSelector",
            "networkSelector", "ipBlock", "entities", "dnsNames");
        YamlNode? containers = fields.Find("podSelector", "containerSelector");
        YamlNode? networks = fields.Find("namespaceSelector", "networkSelector");
        YamlNode? block = fields.Find("ipBlock"), entities = fields.Find("entities"), names = fields.Find("dnsNames");
        int kinds = (containers ?? networks) is null ? 0 : 1;
        foreach (YamlNode? other in (ReadOnlySpan<YamlNode?>)[block, entities, names]) kinds += other is null ? 0 : 1;
        if (kinds != 1) throw node.Wrong(
            "a peer is a podSelector (with a namespaceSelector or without), an ipBlock, entities or dnsNames");
        if (!isEgress && (names ?? entities) is { } misplaced)
            throw misplaced.Wrong("dnsNames and entities are for egress only");
        return new PolicyPeer
        {
            Containers = containers is not null ? ReadSelector(containers)
                : networks is not null ? new Selector([], []) : null,
            Networks = networks is null ? null : ReadSelector(networks),
            Block = block is null ? null : ReadBlock(block),
            Entity = entities is null ? PolicyEntity.None : ReadEntities(entities),
            DnsNames = names is null ? [] : TextsOf(names, "dnsNames", ReadDnsName),
        };
    }

    private static Selector ReadSelector(YamlNode node)
    {
        if (node.IsNull) throw node.Wrong("a selector is wanted ({} selects all)");
        var fields = new YamlFields(node, "selector", "matchLabels", "matchExpressions", "matchNames");
        var requirements = new List<LabelRequirement>();
        if (fields.Find("matchLabels") is { IsNull: false } labels)
        {
            if (labels.Keys is not { } keys) throw labels.Wrong("matchLabels has to be a mapping");
            for (int i = 0; i < keys.Count; i++)
                requirements.Add(new LabelRequirement(TextOf(keys[i]), "In", [TextOf(labels.Items![i])]));
        }
        if (fields.Find("matchExpressions") is { IsNull: false } expressions)
            requirements.AddRange(Array.ConvertAll(ItemsOf(expressions, "matchExpressions"), ReadRequirement));
        return new Selector([.. requirements],
            fields.Find("matchNames") is { } names ? TextsOf(names, "matchNames", static (_, text) => text) : []);
    }

    private static LabelRequirement ReadRequirement(YamlNode node)
    {
        var fields = new YamlFields(node, "expression", "key", "operator", "values");
        string operation = TextOf(fields.Get("operator"));
        string[] values = fields.Find("values") is { IsNull: false } list
            ? TextsOf(list, "values", static (_, text) => text) : [];
        bool wantsValues = operation is "In" or "NotIn";
        if (!wantsValues && operation is not ("Exists" or "DoesNotExist")) throw fields.Get("operator").Wrong(
            $"unknown operator {operation}: In, NotIn, Exists and DoesNotExist are known");
        if (wantsValues != values.Length > 0) throw node.Wrong(
            $"the operator {operation} {(wantsValues ? "needs" : "has no")} values");
        return new LabelRequirement(TextOf(fields.Get("key")), operation, values);
    }

    private static AddressBlock ReadBlock(YamlNode node)
    {
        var fields = new YamlFields(node, "ipBlock", "cidr", "except");
        IPNetwork network = NetworkOf(fields.Get("cidr"));
        IPNetwork[] except = fields.Find("except") is { IsNull: false } list
            ? Array.ConvertAll(ItemsOf(list, "except"), item =>
            {
                IPNetwork inner = NetworkOf(item);
                return network.Contains(inner.BaseAddress) && inner.PrefixLength > network.PrefixLength ? inner
                    : throw item.Wrong($"{inner} is no part of {network}");
            })
            : [];
        return new AddressBlock(network, except);
    }

    private static IPNetwork NetworkOf(YamlNode node) => IPNetwork.TryParse(TextOf(node), out IPNetwork network)
        ? network
        : throw node.Wrong($"\"{TextOf(node)}\" is no subnet (as 10.0.0.0/8)");

    private static PolicyEntity ReadEntities(YamlNode node)
    {
        PolicyEntity entity = PolicyEntity.None;
        foreach (YamlNode item in ItemsOf(node, "entities"))
            entity |= TextOf(item) switch
            {
                "host" => PolicyEntity.Host,
                "lan" => PolicyEntity.Lan,
                "internet" => PolicyEntity.Internet,
                var other => throw item.Wrong($"unknown entity {other}: host, lan and internet are known"),
            };
        return entity != PolicyEntity.None ? entity : throw node.Wrong("entities is empty");
    }

    private static string ReadDnsName(YamlNode node, string text)
    {
        string name = text.TrimEnd('.').ToLowerInvariant();
        string rest = name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name;
        bool isFine = rest.Length is > 0 and <= 253
            && !rest.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-_.")
            && Array.TrueForAll(rest.Split('.'), static label => label.Length is > 0 and <= 63);
        return isFine ? name : throw node.Wrong($"\"{text}\" is no name of a host (*. may stand in front)");
    }

    private static PolicyPorts ReadPorts(YamlNode node)
    {
        var fields = new YamlFields(node, "port", "protocol", "port", "endPort");
        string protocol = fields.Find("protocol") is { IsNull: false } text ? TextOf(text) : "TCP";
        byte number = PolicyPorts.NumberOf(protocol) ?? throw fields.Get("protocol").Wrong(
            $"unknown protocol {protocol}: TCP, UDP and SCTP are known");
        YamlNode? first = fields.Find("port"), last = fields.Find("endPort");
        if (first is null || first.IsNull)
            return last is null ? new PolicyPorts(number, 0, ushort.MaxValue)
                : throw last.Wrong("endPort needs a port");
        ushort from = PortOf(first), to = last is null ? from : PortOf(last);
        return to >= from ? new PolicyPorts(number, from, to)
            : throw last!.Wrong($"endPort {to} is below port {from}");
    }

    private static ushort PortOf(YamlNode node) =>
        ushort.TryParse(TextOf(node), out ushort port) && port > 0 && node.IsPlain ? port
            : throw node.Wrong($"\"{TextOf(node)}\" is no port: a number from 1 to 65535 is wanted, "
                + "as ports of containers have no names");

    private static string TextOf(YamlNode node) => node.Text ?? throw node.Wrong("a text is wanted");

    private static YamlNode[] ItemsOf(YamlNode node, string what) =>
        node is { Items: { } items, Keys: null } ? [.. items] : throw node.Wrong($"{what} has to be a list");

    private static string[] TextsOf(YamlNode node, string what, Func<YamlNode, string, string> check) =>
        Array.ConvertAll(ItemsOf(node, what), item => check(item, TextOf(item)));
}
