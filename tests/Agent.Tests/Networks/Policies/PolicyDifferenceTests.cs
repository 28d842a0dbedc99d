using System.Text;
using Skiff.Agent.Networks.Policies;

namespace Skiff.Agent.Tests.Networks.Policies;

/// <summary>What a change of policies is not about: a wrong yes leaves the kernel's table as it was.</summary>
public class PolicyDifferenceTests
{
    private const string Before = """
        metadata: {name: a}
        spec:
          podSelector: {matchLabels: {app: web}}
          ingress:
          - from: [{podSelector: {matchLabels: {tier: x}}}, {ipBlock: {cidr: 10.0.0.0/8}}]
            ports: [{port: 80}]
          - from: [{podSelector: {}, namespaceSelector: {matchNames: [blue]}}]
        """;

    [Theory]
    [InlineData("", "", true, true, true, true)]
    [InlineData("port: 80", "port: 81", false, true, true, true)]
    [InlineData("10.0.0.0/8", "10.0.0.0/9", false, true, true, true)]
    [InlineData("tier: x", "tier: y", false, true, false, true)]
    [InlineData("{tier: x}", "{tier: x, more: x}", false, true, false, true)]
    [InlineData("[blue]", "[green]", false, true, true, false)]
    [InlineData(", namespaceSelector: {matchNames: [blue]}", "", false, true, true, false)]
    [InlineData("podSelector: {}, ", "podSelector: {matchNames: [c]}, ", false, true, true, false)]
    [InlineData("app: web", "app: db", false, false, true, true)]
    [InlineData("name: a", "name: b", false, false, false, false)]
    [InlineData("{name: a}", "{name: a, namespace: blue}", false, false, false, false)]
    [InlineData("  ingress:", "  policyTypes: [Ingress, Egress]\n  ingress:", false, false, true, true)]
    public void A_change_is_about_what_it_changes(
        string from, string to, bool isNone, bool hasSameClasses, bool hasSameFirst, bool hasSameSecond)
    {
        string after = from.Length == 0 ? Before : Before.Replace(from, to, StringComparison.Ordinal);
        Assert.Equal(from.Length == 0, after == Before);
        NetworkPolicy policy = Read(after);
        var difference = new PolicyDifference([Read(Before)], [policy]);
        Assert.Equal(
            (isNone, hasSameClasses, hasSameFirst, hasSameSecond),
            (difference.IsNone, difference.HasSameClasses,
                difference.HasSamePeers(policy.Name, PolicyDirection.Ingress, 0),
                difference.HasSamePeers(policy.Name, PolicyDirection.Ingress, 1)));
        Assert.False(difference.HasSamePeers(policy.Name, PolicyDirection.Ingress, 2));
    }

    [Fact]
    public void One_policy_more_or_less_is_a_difference()
    {
        NetworkPolicy one = Read(Before), other = Read(Before.Replace("name: a", "name: b", StringComparison.Ordinal));
        PolicyDifference[] differences = [new([one], [one, other]), new([one, other], [one])];
        foreach (PolicyDifference difference in differences)
        {
            Assert.False(difference.IsNone || difference.HasSameClasses);
            Assert.True(difference.HasSamePeers("a", PolicyDirection.Ingress, 0));
            Assert.False(difference.HasSamePeers("b", PolicyDirection.Ingress, 0));
        }
        Assert.True(new PolicyDifference([], []).IsNone);
    }

    private static NetworkPolicy Read(string yaml) => PolicyReader.Read(Encoding.UTF8.GetBytes(yaml))[0];
}
