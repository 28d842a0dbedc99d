namespace Skiff.System.Tests;

/// <summary>Network policies by the published binary.</summary>
public sealed class PolicyTests(SkiffHost host)
{
    private const string Policy = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: db}
        spec:
          podSelector: {matchLabels: {role: db}}
          ingress:
          - from: [{podSelector: {matchLabels: {role: web}}}]
            ports: [{port: 80}]
        """;

    [Fact]
    public void Policies_are_made_listed_explained_and_removed()
    {
        using var roots = new OwnRoots(host);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        Serve(roots, "db", "role=db");
        Serve(roots, "web", "role=web");
        Serve(roots, "other", "role=other");
        Assert.Equal("db", Apply(roots, Policy).Exits(0).Text());
        string db = AddressOf(roots, "db");
        Call(roots, "web", db).Exits(0);
        Call(roots, "other", db).Exits(1);

        Assert.Equal($"""
            web ({AddressOf(roots, "web")} on bridge) to db ({db} on bridge), port 80/tcp
            egress of web: no policy selects it, allowed
            ingress of db: policy db, rule 0 (line 7) allows it
            allowed
            """, roots.Run("network", "policy", "test", "web", "db:80").Exits(0).Text());
        Assert.EndsWith("ingress of db: no rule of policy db allows it\ndenied",
            roots.Run("network", "policy", "test", "other", "db:80").Exits(1).Out.TrimEnd());
        Assert.EndsWith("denied", roots.Run("network", "policy", "test", "web", "db:80/udp").Exits(1).Out.TrimEnd());
        Assert.EndsWith("denied", roots.Run("network", "policy", "test", "192.0.2.77", "db:80").Exits(1).Out.TrimEnd());
        Assert.Equal("db (all) 1 1 rule - 1", roots.Run("network", "policy", "ls", "--format",
            "{{.Name}} {{.Network}} {{.Selected}} {{.Ingress}} {{.Egress}} {{.Allowed}}").Text());
        Assert.Equal("db 1", roots.Run("network", "policy", "inspect", "db", "-f",
            "{{(index .Selected 0).Name}} {{(index .Ingress 0).Allowed}}").Text());

        Apply(roots, Policy.Replace("role: web", "role: other")).Exits(0);
        Call(roots, "web", db).Exits(1);
        Call(roots, "other", db).Exits(0);
        Assert.Equal("db", roots.Run("network", "policy", "rm", "db").Exits(0).Text());
        Call(roots, "web", db).Exits(0);
        Assert.Contains("network policy db not found", roots.Run("network", "policy", "rm", "db").Exits(1).Error);
        string[] events = roots.Run("events", "--since", "1h", "--until", "0s", "--filter", "type=network", "--format",
            "{{.Action}}").Lines;
        Assert.Equal(["policy_create", "policy_update", "policy_destroy"],
            events.Where(line => line.StartsWith("policy")));
    }

    [Fact]
    public void A_file_that_is_wrong_changes_nothing_and_is_told_with_its_place()
    {
        using var roots = new OwnRoots(host);
        CommandResult result = Apply(roots, Policy + "\n---\n" + Policy.Replace("name: db", "name: two")
            .Replace("ports:", "port:")).Exits(1);
        Assert.Equal("skiff: standard input: line 17, column 5: unknown field port: from, ports are known in a rule",
            result.Error.Trim());
        Assert.Equal("", roots.Run("network", "policy", "ls", "-q").Exits(0).Text());
        Assert.Contains("network blue not found",
            Apply(roots, Policy.Replace("name: db", "name: db, namespace: blue")).Exits(1).Error);
        Assert.Contains("a file is needed", roots.Run("network", "policy", "create").Exits(1).Error);
        Assert.Contains("ENOENT", roots.Run("network", "policy", "create", "-f", "/none").Exits(1).Error);
        Assert.Contains("\"x\" is no TO:PORT", roots.Run("network", "policy", "test", "host", "x").Exits(1).Error);
        Assert.Contains("\"nobody\" is no container that runs",
            roots.Run("network", "policy", "test", "nobody", "10.0.0.1:80").Exits(1).Error);
    }

    [Fact]
    public void A_name_in_a_rule_opens_the_way_once_the_container_has_asked_for_it()
    {
        using var roots = new OwnRoots(host);
        using var server = new OneNameServer("www.example.com", OneNameServer.Address);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        roots.Run("network", "create", "blue").Exits(0);
        roots.Run("run", "-d", "--network", "host", host.Busybox, "httpd", "-f", "-p", "192.0.2.10:8000").Exits(0);
        Apply(roots, """
            metadata: {name: names}
            spec:
              podSelector: {matchNames: [asker]}
              egress: [{to: [{dnsNames: ['*.example.com']}]}]
            """).Exits(0);
        roots.Run("run", "-d", "--name", "asker", "--network", "blue", "--dns", OneNameServer.Address,
            host.Busybox, "sleep", "1000").Exits(0);
        Assert.Contains("timed out", Call(roots, "asker", OneNameServer.Address, 8000).Exits(1).Error);
        Assert.Contains(OneNameServer.Address, roots.Run("exec", "asker", "nslookup", "www.example.com").Out);
        Call(roots, "asker", OneNameServer.Address, 8000).Exits(0);
        Assert.EndsWith("allowed", roots.Run("network", "policy", "test", "asker", "www.example.com:8000").Text());
        Assert.EndsWith("denied",
            roots.Run("network", "policy", "test", "asker", "www.example.org:8000").Exits(1).Out.TrimEnd());
    }

    [Fact]
    public void What_is_denied_becomes_an_event_while_the_agent_runs()
    {
        using OwnRoots roots = WithDenied();
        // Another engine's agent in the same namespace is not in the way.
        using var others = new OwnRoots(host);
        others.Run("network", "create", "red").Exits(0);
        using Command neighbour = others.StartAgent();
        using Command agent = roots.StartAgent();
        string db = AddressOf(roots, "db"), other = AddressOf(roots, "other");
        Assert.Equal($"ingress {other} {db} 80/tcp db bridge", Denied(roots));
        roots.End(agent);
        others.End(neighbour);
    }

    [Fact]
    public void An_agent_that_starts_before_the_last_one_has_gone_hears_of_what_is_denied_afterwards()
    {
        using OwnRoots roots = WithDenied();
        using Command last = roots.StartAgent();
        Denied(roots);
        // The kernel may let go of the lock of one that was killed before it lets go of its sockets.
        File.Delete(Path.Combine(roots.Folder, "run", "agent.lock"));
        string log = Path.Combine(roots.Folder, "log");
        using Command agent = Command.Start("/bin/sh", ["-c", "exec \"$@\" 2> \"$0\"", log, host.Binary, "--root",
            Path.Combine(roots.Folder, "root"), "--run-root", Path.Combine(roots.Folder, "run"), "agent"],
            roots.Variables);
        Wait.Until(() => File.Exists(log) && File.ReadAllText(log).Contains("nothing is heard of denied packets"),
            "the group is refused");
        roots.End(last);
        Denied(roots, $"{DateTime.UtcNow:O}");
        roots.End(agent);
    }

    // "db" lets "other" not in.
    private OwnRoots WithDenied()
    {
        var roots = new OwnRoots(host);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        Serve(roots, "db", "role=db");
        Serve(roots, "other", "role=other");
        Apply(roots, Policy).Exits(0);
        return roots;
    }

    // The first event of a packet of "other" to "db"; such packets come until there is one.
    private static string Denied(OwnRoots roots, string since = "1h")
    {
        string db = AddressOf(roots, "db"), seen = "";
        Wait.Until(() =>
        {
            Call(roots, "other", db).Exits(1);
            seen = roots.Run("events", "--since", since, "--until", "0s", "--filter", "event=policy_deny", "--format",
                "{{.Actor.Attributes.direction}} {{.Actor.Attributes.from}} {{.Actor.Attributes.to}} "
                + "{{.Actor.Attributes.port}} {{.Actor.Attributes.policies}} {{.Actor.Attributes.name}}").Text();
            return seen.Length > 0;
        }, "the event comes", 60);
        return seen.Split('\n')[0];
    }

    private void Serve(OwnRoots roots, string name, string label)
    {
        roots.Run("run", "-d", "--name", name, "--label", label, host.Busybox, "httpd", "-f").Exits(0);
        Wait.Until(() => Call(roots, name, "127.0.0.1").ExitCode == 0, $"{name} serves");
    }

    private static CommandResult Apply(OwnRoots roots, string policy)
    {
        using Command command = roots.Start("network", "policy", "create", "-f", "-");
        return command.Finish(policy);
    }

    private static CommandResult Call(OwnRoots roots, string from, string address, int port = 80) =>
        roots.Run("exec", from, "nc", "-w", "2", address, $"{port}");

    private static string AddressOf(OwnRoots roots, string name) =>
        roots.Run("inspect", name, "-f", "{{.NetworkSettings.IPAddress}}").Text();
}
