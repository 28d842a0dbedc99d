using System.Text;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks.Policies;

namespace Skiff.Agent.Tests.Networks.Policies;

public class PolicyReaderTests
{
    private const string Head = "metadata: {name: a}\nspec:\n  podSelector: {}\n";

    [Fact]
    public void A_policy_of_Kubernetes_is_read_as_it_is_written_there()
    {
        // The example of the documentation's concept page, by its fields.
        NetworkPolicy policy = Read("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: test-network-policy
              namespace: default
              labels: {team: a}
            spec:
              podSelector:
                matchLabels:
                  role: db
              policyTypes:
              - Ingress
              - Egress
              ingress:
              - from:
                - ipBlock:
                    cidr: 172.17.0.0/16
                    except:
                    - 172.17.1.0/24
                - namespaceSelector:
                    matchLabels:
                      project: myproject
                - podSelector:
                    matchLabels:
                      role: frontend
                ports:
                - protocol: TCP
                  port: 6379
              egress:
              - to:
                - ipBlock:
                    cidr: 10.0.0.0/24
                ports:
                - protocol: TCP
                  port: 5978
                  endPort: 5990
            """).Single();
        Assert.Equal(("test-network-policy", "default", true, true),
            (policy.Name, policy.Network, policy.HasIngress, policy.HasEgress));
        PolicyRule ingress = policy.Ingress.Single();
        Assert.Equal(15, ingress.Line);
        Assert.Equal(("172.17.0.0/16", "172.17.1.0/24"),
            ($"{ingress.Peers[0].Block!.Network}", $"{ingress.Peers[0].Block!.Except.Single()}"));
        Assert.NotNull(ingress.Peers[1].Networks);
        Assert.Equal("role In frontend", Text(ingress.Peers[2].Containers!));
        Assert.Equal(new PolicyPorts(6, 6379, 6379), ingress.Ports.Single());
        Assert.Equal(new PolicyPorts(6, 5978, 5990), policy.Egress.Single().Ports.Single());
        Assert.Equal("role In db", Text(policy.Containers));
    }

    [Theory]
    [InlineData("", true, false)]
    [InlineData("  ingress: []", true, false)]
    [InlineData("  egress: []", true, true)]
    [InlineData("  policyTypes: [Egress]", false, true)]
    [InlineData("  policyTypes: [Ingress]\n  egress: [{}]", true, false)]
    public void What_a_policy_is_about_is_as_Kubernetes_has_it(string rest, bool ingress, bool egress)
    {
        NetworkPolicy policy = Read(Head + rest).Single();
        Assert.Equal((ingress, egress), (policy.HasIngress, policy.HasEgress));
    }

    [Fact]
    public void Json_and_several_documents_are_read_and_each_policy_keeps_its_own_source()
    {
        Assert.Equal("j", Read("""{"metadata": {"name": "j"}, "spec": {"podSelector": {}}}""").Single().Name);
        List<NetworkPolicy> policies =
            Read("---\n" + Head + "---\n# another\n" + Head.Replace("name: a", "name: b") + "---\n");
        Assert.Equal(["a", "b"], policies.Select(policy => policy.Name));
        Assert.Equal(Head, Encoding.UTF8.GetString(policies[0].Source));
        Assert.Equal("b", Read(Encoding.UTF8.GetString(policies[1].Source)).Single().Name);
    }

    [Theory]
    [InlineData("", "line 1, column 1: a NetworkPolicy is wanted")]
    [InlineData("- a", "line 1, column 1: a NetworkPolicy has to be a mapping")]
    [InlineData("metadata: {name: a}", "line 1, column 1: NetworkPolicy has no spec")]
    [InlineData("metadata: {}\nspec: {podSelector: {}}", "line 1, column 11: metadata has no name")]
    [InlineData("metadata: {name: A}\nspec: {podSelector: {}}", "line 1, column 18: invalid name \"A\": *")]
    [InlineData("metadata: {name: a-}\nspec: {podSelector: {}}", "line 1, column 18: invalid name \"a-\": *")]
    [InlineData("metadata: {name: a}\nspec: {}", "line 2, column 7: spec has no podSelector*")]
    [InlineData("metadata: {name: a}\nspec: {podSelector: }", "line 2, column 21: a selector is wanted*")]
    [InlineData("kind: Pod\n" + Head, "line 1, column 7: unknown kind Pod: NetworkPolicy is known")]
    [InlineData("apiVersion: v1\n" + Head, "line 1, column 13: unknown apiVersion v1: networking.k8s.io/v1 is known")]
    [InlineData(Head + "status: {}", "line 4, column 1: unknown field status: *")]
    [InlineData(Head + "  Ingress: []", "line 4, column 3: unknown field Ingress: *")]
    [InlineData(Head + "  ingress: []\n  ingress: []", "line 5, column 3: ingress is there twice")]
    [InlineData(Head + "  containerSelector: {}",
        "line 4, column 22: containerSelector is another name of podSelector*")]
    [InlineData(Head + "  policyTypes: [Both]", "line 4, column 17: unknown policy type Both: *")]
    [InlineData(Head + "  ingress: {}", "line 4, column 12: ingress has to be a list")]
    [InlineData(Head + "  ingress: [{to: []}]", "line 4, column 14: unknown field to: from, ports are known in a rule")]
    [InlineData(Head + "  ingress: [{from: [{}]}]", "line 4, column 21: a peer is a podSelector*")]
    [InlineData(Head + "  ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]",
        "line 4, column 21: a peer is *")]
    [InlineData(Head + "  ingress: [{from: [{ipBlock: {}}]}]", "line 4, column 31: ipBlock has no cidr")]
    [InlineData(Head + "  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]",
        "line 4, column 38: \"10.0.0.0/33\" is no subnet*")]
    [InlineData(Head + "  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/9]}}]}]",
        "line 4, column 59: 11.0.0.0/9 is no part of 10.0.0.0/8")]
    [InlineData(Head + "  ingress: [{from: [{dnsNames: [a.example]}]}]",
        "line 4, column 32: dnsNames and entities are for egress only")]
    [InlineData(Head + "  egress: [{to: [{dnsNames: ['a b']}]}]", "line 4, column 30: \"a b\" is no name of a host*")]
    [InlineData(Head + "  egress: [{to: [{dnsNames: ['a.*.b']}]}]",
        "line 4, column 30: \"a.*.b\" is no name of a host*")]
    [InlineData(Head + "  egress: [{to: [{entities: [world]}]}]", "line 4, column 30: unknown entity world: *")]
    [InlineData(Head + "  ingress: [{ports: [{port: http}]}]", "line 4, column 29: \"http\" is no port: *")]
    [InlineData(Head + "  ingress: [{ports: [{port: 0}]}]", "line 4, column 29: \"0\" is no port: *")]
    [InlineData(Head + "  ingress: [{ports: [{port: '80'}]}]", "line 4, column 29: \"80\" is no port: *")]
    [InlineData(Head + "  ingress: [{ports: [{port: 90, endPort: 80}]}]",
        "line 4, column 42: endPort 80 is below port 90")]
    [InlineData(Head + "  ingress: [{ports: [{endPort: 80}]}]", "line 4, column 32: endPort needs a port")]
    [InlineData(Head + "  ingress: [{ports: [{protocol: ICMP}]}]", "line 4, column 33: unknown protocol ICMP: *")]
    [InlineData("metadata: {name: a}\nspec:\n  podSelector: {matchLabels: [a]}",
        "line 3, column 30: matchLabels has to be a mapping")]
    [InlineData("metadata: {name: a}\nspec:\n  podSelector: {matchExpressions: [{key: a, operator: Is}]}",
        "line 3, column 55: unknown operator Is: *")]
    [InlineData("metadata: {name: a}\nspec:\n  podSelector: {matchExpressions: [{key: a, operator: In}]}",
        "line 3, column 36: the operator In needs values")]

        [InlineData("metadata: {name: a}\nspec:\n"
        + "  podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
        "line 3, column 36: the operator Exists has no values")]
    [InlineData(Head + "---\n" + Head, "line 5, column 1: there is another policy a in this file")]
    [InlineData("%TAG !e! tag:x:\n---\n" + Head, "line 1, column 1: the directive %TAG !e! is not supported")]
    [InlineData("metadata: {name: *x}", "line 1, column 18: *")]
    [InlineData("a: [", "line 2, column 1: *")]
    public void What_is_wrong_is_told_with_its_place(string yaml, string message)
    {
        string text = Assert.Throws<UsageException>(() => Read(yaml)).Message;
        Assert.True(Selector.FitsPattern(message, text), text);
    }

    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "ab", false)]
    [InlineData("a*", "ab", true)]
    [InlineData("*b", "ab", true)]
    [InlineData("a*c", "abc", true)]
    [InlineData("a*c", "abcd", false)]
    [InlineData("*a*b*", "xaybz", true)]
    [InlineData("*a*b*", "xbya", false)]
    [InlineData("*", "", true)]
    [InlineData("a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    public void Patterns_of_names_fit_as_they_should(string pattern, string name, bool fits) =>
        Assert.Equal(fits, Selector.FitsPattern(pattern, name));

    [Theory]
    [InlineData("*.example.com", "a.example.com", true)]
    [InlineData("*.example.com", "a.b.example.com", true)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("*.example.com", "badexample.com", false)]
    [InlineData("example.com", "example.com", true)]
    [InlineData("example.com", "a.example.com", false)]
    public void Patterns_of_DNS_fit_as_they_should(string pattern, string name, bool fits) =>
        Assert.Equal(fits, DnsPattern.Fits(pattern, name));

    private static List<NetworkPolicy> Read(string yaml) => PolicyReader.Read(Encoding.UTF8.GetBytes(yaml));

    private static string Text(Selector selector) => string.Join(", ", selector.Requirements.Select(r =>
        $"{r.Key} {r.Operator} {string.Join('|', r.Values)}"));
}
