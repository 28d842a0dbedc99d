using Skiff.Agent.Networks;
using Skiff.Agent.Networks.Policies;
using System.Net.Sockets;
using Skiff.Interop.Tests.Netlink;
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
        ground.Run("another", labels: "app=db");
        string listed = ground.Ground.Host.Do(() => FreshNetwork.Output("nft", "list", "ruleset"));
        Assert.Equal(2, listed.Split("goto in-").Length - 1);
        Assert.Equal(1, listed.Split("jump p-db-ingress\n").Length - 1);
        ground.Apply(Policy("db", "db", "ingress: []"));
        Assert.False(web.Reaches(db));
        ground.Remove("db");
        Assert.True(other.Reaches(db));
        Assert.True(second.Reaches(db));
        Assert.DoesNotContain(ground.Ground.State(), name => name.Contains("polic"));
    }

    [Fact]
    public void Policies_add_up_and_a_rule_without_peers_or_ports_is_for_all()
    {
        using var ground = new PolicyGround();
        Container db = ground.Run("db"), web = ground.Run("web"), other = ground.Run("other");
        using IDisposable second = db.Room.Serve(90);
        ground.Apply(Policy("all", "", "policyTypes: [Ingress]"));
        Assert.False(web.Reaches(db));
        Assert.False(db.Reaches(web));
        ground.Apply(Policy("one", "db", "ingress: [{from: [{podSelector: {matchNames: ['we*']}}]}]"));
        ground.Apply(Policy("two", "db", "ingress: [{ports: [{port: 85, endPort: 95}]}]"));
        Assert.Equal((true, true), (web.Reaches(db), web.Reaches(db, 90)));
        Assert.Equal((false, true), (other.Reaches(db), other.Reaches(db, 90)));
        Assert.False(web.Reaches(other));
        ground.Apply(Policy("two", "db", "ingress: [{}]"));
        Assert.True(other.Reaches(db));
        ground.Remove("two", "one");
        Assert.False(web.Reaches(db));
    }

    [Fact]
    public void Containers_of_other_networks_and_published_ports_meet_the_same_rules()
    {
        using var ground = new PolicyGround();
        foreach (string name in (string[])["blue", "green"])
            ground.Ground.Host.Do(() => ground.Module.Create(new NetworkRequest(name)
            {
                Labels = new() { ["zone"] = name },
            }));
        Container db = ground.Run("db", "blue", ["8080:80"]), blue = ground.Run("one", "blue");
        Container green = ground.Run("two", "green");
        Assert.True(green.Reaches(NetworkGround.HostAddress, 8080));
        ground.Apply(Policy("zone", "db", "ingress: [{from: [{namespaceSelector: {matchLabels: {zone: green}}}]}]"));
        Assert.False(blue.Reaches(db));
        Assert.True(green.Reaches(NetworkGround.HostAddress, 8080));
        Assert.Equal("no answer", ground.Ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        ground.Apply(Policy("zone", "db", """
            ingress:
            - from:
              - ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.0/30]}
              - namespaceSelector:
                  matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [blue]}]
            """));
        Assert.Equal((true, false), (blue.Reaches(db), green.Reaches(NetworkGround.HostAddress, 8080)));
        Assert.Equal("no answer", ground.Ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        ground.Apply(Policy("zone", "db", "ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]"));
        // Whose address the container sees, too.
        Assert.Equal(Outside, ground.Ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.False(blue.Reaches(db));
        // The host itself may always come, by the published port or without.
        Assert.NotEqual("no answer", ground.Ground.Host.Fetch("127.0.0.1", 8080));
        Assert.NotEqual("no answer", ground.Ground.Host.Fetch(db.Address, 80));
    }

    [Fact]
    public void A_policy_of_a_network_is_about_that_network_alone()
    {
        using var ground = new PolicyGround();
        foreach (string name in (string[])["blue", "green"])
            ground.Ground.Host.Do(() => ground.Module.Create(new NetworkRequest(name)));
        Container a = ground.Run("a", "blue"), b = ground.Run("b", "blue");
        Container c = ground.Run("c", "green"), d = ground.Run("d", "green");
        ground.Apply("""
            metadata: {name: blue, namespace: blue}
            spec: {podSelector: {}}
            """);
        Assert.Equal((false, true), (a.Reaches(b), c.Reaches(d)));
    }

    [Theory]
    [InlineData("host", true, false, false)]
    [InlineData("lan", false, true, false)]
    [InlineData("internet", false, false, true)]
    [InlineData("host, lan, internet", true, true, true)]
    public void Host_lan_and_internet_are_reached_by_whom_a_rule_lets(string entities, bool host, bool lan, bool far)
    {
        using var ground = new PolicyGround();
        Container a = ground.Run("a"), b = ground.Run("b");
        ground.Ground.Outside.Do(() =>
        {
            foreach (string address in (string[])["10.9.9.9/32", "203.0.113.9/32"])
                FreshNetwork.Output("ip", "addr", "add", address, "dev", "lo");
        });
        ground.Ground.Host.Do(() => FreshNetwork.Output("ip", "route", "add", "default", "via", Outside));
        using IDisposable there = ground.Ground.Outside.Serve(80), here = ground.Ground.Host.Serve(80);
        Assert.All(new[] { "10.9.9.9", "203.0.113.9", NetworkGround.HostAddress, $"{a.End.Gateway}" },
            address => Assert.True(a.Reaches(address)));
        ground.Apply(Policy("out", "a", $"egress: [{{to: [{{entities: [{entities}]}}]}}]\npolicyTypes: [Egress]"));
        Assert.Equal((host, host), (a.Reaches(NetworkGround.HostAddress), a.Reaches($"{a.End.Gateway}")));
        Assert.Equal((lan, far), (a.Reaches("10.9.9.9"), a.Reaches("203.0.113.9")));
        Assert.False(a.Reaches(b));
        Assert.True(b.Reaches("10.9.9.9"));
    }

    [Fact]
    public void A_change_ends_what_it_denies_and_nothing_else()
    {
        using var ground = new PolicyGround();
        Container db = ground.Run("db", ports: ["8080:80"]), web = ground.Run("web"), other = ground.Run("other");
        using Echo echo = Echo.Start(db.Room, 90);
        using Socket kept = web.Connect(db.Address, 90), cut = other.Connect(db.Address, 90);
        using Socket back = db.Connect(web.Address, 80);
        Assert.True(Echo.IsAlive(kept) && Echo.IsAlive(cut));
        // The first policy of all: these connections were never tracked before.
        ground.Apply(Policy("db", "db", "ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]"));
        // What the server still has to say is no connection of its own, whose answers would pass.
        echo.Push();
        Assert.False(Echo.IsAlive(cut));
        Assert.True(Echo.IsAlive(kept));
        Assert.True(Echo.IsAlive(kept));
        // From now on they are.
        using Socket again = web.Connect(db.Address, 90);
        Assert.True(Echo.IsAlive(again));
        ground.Apply(Policy("db", "db", "ingress: [{from: [{podSelector: {matchLabels: {app: other}}}]}]"));
        Assert.False(Echo.IsAlive(again));
        Assert.False(Echo.IsAlive(kept));
        using Socket fresh = other.Connect(db.Address, 90);
        ground.Apply(Policy("more", "db", "ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]"));
        Assert.True(Echo.IsAlive(fresh));
        Assert.True(web.Reaches(db));
    }

    [Fact]
    public void Rules_hold_for_ipv6_and_udp_as_well()
    {
        using var ground = new PolicyGround();
        ground.Ground.Host.Do(() => ground.Module.Create(new NetworkRequest("six") { HasIpv6 = true }));
        Container db = ground.Run("db", "six"), web = ground.Run("web", "six"), other = ground.Run("other", "six");
        string address = $"{db.End.Ipv6Address}";
        using IDisposable server = db.Room.Serve(81, System.Net.IPAddress.IPv6Any);
        using Datagrams udp = new(db.Room, db.Address, 53);
        Assert.True(other.Reaches(address, 81));
        ground.Apply(Policy("db", "db", """
            ingress:
            - from: [{podSelector: {matchLabels: {app: web}}}]
              ports: [{protocol: UDP, port: 53}, {port: 81}]
            """));
        Assert.Equal((true, false), (web.Reaches(address, 81), other.Reaches(address, 81)));
        Assert.True(udp.Answers(web.Room));
        Assert.False(udp.Answers(other.Room));
        ground.Apply(Policy("db", "db", $"ingress: [{{from: [{{ipBlock: {{cidr: {other.End.Ipv6Address}/128}}}}]}}]"));
        Assert.Equal((false, true), (web.Reaches(address, 81), other.Reaches(address, 81)));
        // Neighbours are found by packets that no rule names.
        ground.Apply(Policy("other", "other", "egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]"));
        foreach (Container container in (Container[])[db, other])
            container.Room.Do(() => FreshNetwork.Output("ip", "-6", "neigh", "flush", "all"));
        Assert.True(other.Reaches(address, 81));
    }

    [Fact]
    public void A_table_that_somebody_took_away_has_its_policies_again_after_the_next_change()
    {
        using var ground = new PolicyGround();
        Container db = ground.Run("db"), web = ground.Run("web");
        ground.Apply(Policy("db", "db", "ingress: []"));
        ground.Ground.Host.Do(() => FreshNetwork.Output("nft", "flush", "ruleset"));
        Assert.True(web.Reaches(db));
        ground.Run("another");
        Assert.False(web.Reaches(db));
        ground.Ground.Host.Do(() => FreshNetwork.Output("nft", "flush", "ruleset"));
        ground.Apply(Policy("more", "web", "ingress: []"));
        Assert.Equal((false, false), (web.Reaches(db), db.Reaches(web)));
    }

    [Fact]
    public void What_nft_lists_it_can_read_again()
    {
        using var ground = new PolicyGround();
        Container db = ground.Run("db"), web = ground.Run("web");
        ground.Apply(Policy("1-all", "db", """
            ingress:
            - from:
              - podSelector: {matchLabels: {app: web}}
              - ipBlock: {cidr: 10.0.0.0/8}
              - ipBlock: {cidr: 10.1.0.0/16}
              - ipBlock: {cidr: 0.0.0.0/0, except: [172.17.0.0/16]}
              - ipBlock: {cidr: '2001:db8::/32', except: ['2001:db8:1::/48']}
              ports: [{port: 80}, {protocol: UDP, port: 1, endPort: 9}, {protocol: SCTP}]
            - {}
            egress:
            - to: [{entities: [host, lan, internet]}, {dnsNames: ['*.example.com']}]
            """));
        string listed = ground.Ground.Host.Do(() => FreshNetwork.Output("nft", "list", "ruleset"));
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "flush ruleset\n" + listed);
        ground.Ground.Host.Do(() => FreshNetwork.Output("nft", "-f", file));
        Assert.Equal(listed, ground.Ground.Host.Do(() => FreshNetwork.Output("nft", "list", "ruleset")));
        File.Delete(file);
        Assert.True(web.Reaches(db));
    }

    [Fact]
    public void What_was_answered_for_a_name_can_be_reached_by_who_asked()
    {
        using var ground = new PolicyGround();
        Container a = ground.Run("a"), b = ground.Run("b");
        ground.Ground.Outside.Do(() => FreshNetwork.Output("ip", "addr", "add", "203.0.113.9/32", "dev", "lo"));
        ground.Ground.Host.Do(() => FreshNetwork.Output("ip", "route", "add", "default", "via", Outside));
        using IDisposable there = ground.Ground.Outside.Serve(80);
        ground.Apply(Policy("names", "", """
            egress: [{to: [{dnsNames: ['*.example.com', api.example.org]}], ports: [{port: 80}]}]
            """));
        Assert.False(a.Reaches("203.0.113.9"));
        Assert.True(ground.Module.HasNameRules("a"));
        Answer("a", "example.com");
        Assert.False(a.Reaches("203.0.113.9"));
        Answer("a", "www.example.com");
        Assert.Equal((true, false), (a.Reaches("203.0.113.9"), b.Reaches("203.0.113.9")));
        Answer("b", "api.example.org");
        Answer("b", "api.example.org");
        Assert.True(b.Reaches("203.0.113.9"));
        ground.Remove("names");
        Assert.False(ground.Module.HasNameRules("a"));

        void Answer(string container, string name) => ground.Ground.Host.Do(() => ground.Module.AllowAnswer(
            container, name, [System.Net.IPAddress.Parse("203.0.113.9")], TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Packets_are_counted_by_rule_and_by_policy()
    {
        using var ground = new PolicyGround();
        Container db = ground.Run("db"), web = ground.Run("web"), other = ground.Run("other");
        ground.Apply(Policy("db", "db",
            "ingress: [{ports: [{port: 99}]}, {from: [{podSelector: {matchNames: [web]}}]}]"));
        Assert.True(web.Reaches(db) && web.Reaches(db));
        Assert.False(other.Reaches(db));
        (NetworkPolicy policy, PolicyCounts counts) = Counts();
        Assert.Equal((0, 2), (counts.Allowed(policy, PolicyDirection.Ingress, 0),
            counts.Allowed(policy, PolicyDirection.Ingress, 1)));
        Assert.InRange(counts.Denied(policy), 1, 5);
        // An endpoint that comes changes no count.
        ground.Run("late");
        Assert.Equal(2, Counts().Counts.Allowed(policy));

        (NetworkPolicy Policy, PolicyCounts Counts) Counts() => ground.Ground.Host.Do(() =>
        {
            List<NetworkPolicy> policies = ground.Module.Policies();
            return (policies[0], new PolicyCounts(
                policies, ground.Module.PolicyMembers(), ground.Module.PolicyCounters()));
        });
    }

    [Fact]
    public void Names_of_one_network_stay_when_a_container_joins_and_leaves_another()
    {
        using var ground = new PolicyGround();
        foreach (string name in (string[])["blue", "green"])
            ground.Ground.Host.Do(() => ground.Module.Create(new NetworkRequest(name)));
        Container a = ground.Run("a", "blue");
        foreach (string network in (string[])["blue", "green"])
            ground.Apply($$"""
                metadata: {name: {{network}}, namespace: {{network}}}
                spec: {podSelector: {}, egress: [{to: [{dnsNames: [{{network}}.example.com]}]}]}
                """);
        AttachRequest join = NetworkGround.Request("a", [new EndpointSettings("green")]);
        Assert.Equal(["blue"], Names());
        ground.Ground.Host.Do(() => ground.Module.Connect(join, a.Room.Namespace, () => true));
        Assert.Equal(["blue", "green"], Names());
        ground.Ground.Host.Do(() =>
            ground.Module.Disconnect("a", ground.Module.Get("green"), a.Room.Namespace));
        Assert.Equal(["blue"], Names());

        string[] Names() => [.. new DnsRules(ground.Ground.Roots).Read("a")
            .Select(line => line.Split(' ')[1].Split('.')[0])];
    }

    [Fact]
    public void Only_endpoints_on_bridges_are_said_to_meet_rules()
    {
        using var ground = new PolicyGround();
        ground.Ground.Host.Do(() => ground.Module.Create(new NetworkRequest("direct")
        {
            Driver = "macvlan", Options = new() { ["parent"] = "eth0" },
        }));
        ground.Run("a", "direct");
        ground.Run("b");
        Assert.Equal(["b"], ground.Ground.Host.Do(() => ground.Module.PolicyMembers()).Select(member => member.Name));
    }
}
