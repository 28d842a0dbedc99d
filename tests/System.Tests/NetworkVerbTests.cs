using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>The flags of the verbs of networks, on roots of their own.</summary>
public sealed class NetworkVerbTests : IDisposable
{
    private readonly SkiffHost _host;
    private readonly OwnRoots _own;

    public NetworkVerbTests(SkiffHost host) => (_host, _own) = (host, new OwnRoots(host));

    public void Dispose() => _own.Dispose();

    [Fact]
    public void Networks_are_listed_by_id_in_short_and_in_full()
    {
        string id = Create("blue", "--label", "room=1");
        Assert.Equal(id[..12], Listed("--filter", "name=blue", "-q"));
        Assert.Equal(id[..12], Listed("-f", "label=room=1", "--quiet"));
        Assert.Equal(id, Listed("--filter", "name=blue", "--quiet", "--no-trunc"));
        Assert.StartsWith($"{id} ", Listed("--filter", "name=blue", "--no-trunc").Split('\n')[1]);
        Assert.Matches($"^NETWORK ID +NAME +DRIVER +SCOPE\n{id[..12]} +blue +bridge +local$",
            Listed("-f", "name=blue"));
        JsonNode json = JsonNode.Parse(Listed("-f", "name=blue", "--format", "json"))!;
        Assert.Equal((id[..12], "blue", "room=1"),
            ((string)json["ID"]!, (string)json["Name"]!, (string)json["Labels"]!));
        _own.Run("network", "ls", "--format", "{{.Nope}}").FailsClearly(1, "Nope");
    }

    [Fact]
    public void Inspect_takes_a_format_and_tells_what_is_missing()
    {
        string id = Create("blue", "--attachable");
        Assert.Equal($"blue {id} true", _own.Run("network", "inspect", "-f", "{{.Name}} {{.Id}} {{.Attachable}}",
            "blue").Text());
        // There is no more to tell than of networks of swarms.
        Assert.Equal(_own.Run("network", "inspect", "blue").Exits(0).Out,
            _own.Run("network", "inspect", "--verbose", "blue").Exits(0).Out);
        CommandResult half = _own.Run("network", "inspect", "--format", "{{.Name}}", "red", "blue").Exits(1);
        Assert.Equal(("blue\n", true), (half.Out, half.Error.Contains("network red not found")));
    }

    [Fact]
    public void Addresses_names_and_the_way_out_are_chosen_for_one_that_joins()
    {
        Start("web");
        Start("asker", "--network", Named("green", "--ipv6", "--subnet", "10.78.0.0/24", "--subnet", "fd00:78::/64"));
        _own.Run("network", "connect", "--alias", "www", "--alias", "shop", "--ip", "10.78.0.9", "--ip6", "fd00:78::9",
            "--link-local-ip", "169.254.9.9", "--gw-priority", "1", "--driver-opt",
            "com.docker.network.endpoint.ifname=lan0", "green", "web").Exits(0);
        string seen = _own.Run("exec", "web", "sh", "-c", "ip -o addr show dev lan0; ip route").Text();
        foreach (string part in (string[])["inet 10.78.0.9/24", "inet6 fd00:78::9/64", "inet 169.254.9.9/16",
            "default via 10.78.0.1 dev lan0"]) Assert.Contains(part, seen);
        foreach (string name in (string[])["web", "www", "shop"])
            Wait.Until(() => _own.Run("exec", "asker", "ping", "-c", "1", "-w", "2", name).ExitCode == 0,
                $"{name} is found");
        _own.Run("network", "disconnect", "green", "web").Exits(0);
        foreach ((string flags, int code, string problem) in ((string, int, string)[])
            [("--ip 10.78.0.300", 125, "\"--ip\" flag: invalid IPv4 address"),
            ("--ip6 10.78.0.1", 125, "\"--ip6\" flag: invalid IPv6 address"),
            ("--ip 10.79.0.1", 1, "it does not belong to network green"),
            ("--link-local-ip 10.0.0.1", 125, "invalid link-local address"),
            ("--gw-priority high", 125, "\"--gw-priority\" flag: strconv.ParseInt: parsing \"high\""),
            ("--driver-opt ifname", 125, "invalid key/value pair format in driver options"),
            ("--driver-opt nope=1", 1, "unknown driver option of an endpoint: nope"),
            ("--link asker:db", 1, "--link is not supported: in a network containers find each other")])
            _own.Run(["network", "connect", .. flags.Split(' '), "green", "web"]).FailsClearly(code, problem);
    }

    [Fact]
    public void A_network_has_addresses_of_IPv6_alone()
    {
        Start("web", "--network", Named("six", "--ipv4=false", "--ipv6"));
        string seen = _own.Run("exec", "web", "ip", "-o", "addr", "show", "dev", "eth0").Text();
        Assert.Matches("inet6 fd[0-9a-f:]+/64 scope global", seen);
        Assert.DoesNotContain("inet ", seen);
        Assert.Equal("false true",
            _own.Run("network", "inspect", "-f", "{{.EnableIPv4}} {{.EnableIPv6}}", "six").Text());
    }

    [Theory]
    [InlineData("--config-only", "--config-only is not supported: it is for the networks of swarms")]
    [InlineData("--config-from other", "--config-from is not supported: it is for the networks of swarms")]
    [InlineData("--ingress", "--ingress is not supported: it is for the networks of swarms")]
    [InlineData("--scope swarm", "scope swarm is not supported: networks are of this host")]
    [InlineData("--scope global", "scope global is not supported: networks are of this host")]
    public void What_is_for_swarms_cannot_be_created(string flags, string problem)
    {
        _own.Run(["network", "create", .. flags.Split(' '), "blue"]).FailsClearly(1, problem);
        Create("blue", "--scope", "local", "--ingress=false", "--config-only=false", "--config-from", "");
    }

    [Fact]
    public void Prune_asks_and_spares_what_its_filters_spare()
    {
        foreach (string name in (string[])["old", "kept"]) Create(name, "--label", $"is={name}");
        using (Command refused = _own.Start("network", "prune"))
            Assert.Contains("WARNING! This will remove all custom networks not used by at least one container.",
                refused.Finish("n\n").Out);
        _own.Run("network", "prune", "-f", "--filter", "bogus=1").FailsClearly(1, "invalid filter 'bogus'");
        Assert.Equal("", _own.Run("network", "prune", "-f", "--filter", "until=1h").Exits(0).Out);
        Assert.Equal("Deleted Networks:\nold\n\n",
            _own.Run("network", "prune", "--force", "--filter", "label!=is=kept").Exits(0).Out);
        using (Command allowed = _own.Start("network", "prune"))
            Assert.EndsWith("Deleted Networks:\nkept\n\n", allowed.Finish("y\n").Out);
    }

    [Fact]
    public void Force_disconnects_what_a_container_has_left_that_is_no_more()
    {
        Start("web", "--network", Named("blue"));
        string id = _own.Run("inspect", "web", "-f", "{{.Id}}").Text();
        _own.KillMonitors();
        Directory.Delete(Path.Combine(_own.Folder, "root/containers", id), recursive: true);
        File.Delete(Path.Combine(_own.Folder, "root/containers/names/web"));
        Directory.Delete($"{HostState.CgroupRoot}/skiff/{id}");
        _own.Run("network", "disconnect", "blue", "web").FailsClearly(1, "No such container: web");
        _own.Run("network", "rm", "blue").FailsClearly(1, "network blue has active endpoints (name:\"web\"");
        _own.Run("network", "disconnect", "--force", "blue", "web").Exits(0);
        _own.Run("network", "rm", "blue").Exits(0);
    }

    [Fact]
    public void Force_removes_what_is_there_and_nothing_else()
    {
        Create("blue");
        Assert.Equal("blue", _own.Run("network", "rm", "--force", "red", "blue").Exits(0).Text());
        Assert.Equal("", _own.Run("network", "rm", "-f", "blue").Exits(0).Text());
        _own.Run("network", "rm", "blue").FailsClearly(1, "network blue not found");
        _own.Run("network", "rm", "-f", "bridge").FailsClearly(1, "bridge is a pre-defined network");
    }

    private string Create(string name, params string[] flags) =>
        _own.Run(["network", "create", .. flags, name]).Exits(0).Text();

    private string Named(string name, params string[] flags)
    {
        Create(name, flags);
        return name;
    }

    private string Listed(params string[] flags) => _own.Run(["network", "ls", .. flags]).Exits(0).Text();

    private void Start(string name, params string[] flags)
    {
        if (_own.Run("images", "-q").Text().Length == 0) _own.Run("pull", "-q", _host.Busybox).Exits(0);
        _own.Run(["run", "-d", "--name", name, .. flags, _host.Busybox, "sleep", "1000"]).Exits(0);
    }
}
