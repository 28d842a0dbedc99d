using Skiff.Agent.Networks;
using Container = Skiff.Agent.Tests.Networks.Policies.PolicyGround.Container;

namespace Skiff.Agent.Tests.Networks.Policies;

using static PolicyGround;

/// <summary>Policies as packets meet them: who reaches whom, in namespaces of their own.</summary>
public class PolicyTrafficTests
{
    private const string Outside = "198.51.100.2";

    [Fact]
    public void Only_those_that_a_rule_names_reach_a_container_on_its_own_network()
    {
        using var ground = new PolicyGround();
        Container db = ground.Run("db"), web = ground.Run("web"), other = ground.Run("other");
        Assert.True(web.Reaches(db));
        Assert.True(other.Reaches(db));
        ground.Apply(Policy("db", "db", """
            ingress:
            - from: [{podSelector: {matchLabels: {app: web}}}]
              ports: [{port: 80}]
            """));
        Assert.True(web.Reaches(db));
        Assert.False(other.Reaches(db));
        Assert.True(other.Reaches(web));
        Assert.True(db.Reaches(web));
        Assert.True(db.Reaches(other));
        // One that comes later, and one that goes.
        Container late = ground.Run("late"), second = ground.Run("second", labels: []);
        Assert.False(late.Reaches(db));
        ground.Apply(Policy("db", "db", "ingress: []"));
        Assert.False(web.Reaches(db));
        ground.Remove("db");
        Assert.True(other.Reaches(db));
        Assert.True(second.Reaches(db));
        Assert.DoesNotContain(ground.Ground.State(), name => name.Contains("polic"));
    }
}
