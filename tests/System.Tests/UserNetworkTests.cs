using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>Networks that users make, on roots of their own.</summary>
public sealed class UserNetworkTests : IDisposable
{
    private readonly SkiffHost _host;
    private readonly OwnRoots _roots;

    public UserNetworkTests(SkiffHost host)
    {
        (_host, _roots) = (host, new OwnRoots(host));
        _roots.Run("pull", "-q", host.Busybox).Exits(0);
    }

    public void Dispose() => _roots.Dispose();

    [Fact]
    public void A_container_of_the_default_bridge_has_names_once_it_has_joined_another_network()
    {
        _roots.Run("network", "create", "blue").Exits(0);
        Start("web", "--network", "blue");
        Start("late");
        Assert.DoesNotContain("127.0.0.11", Cat("late"));
        Assert.NotEqual(0, _roots.Run("exec", "late", "ping", "-c", "1", "-w", "2", "web").ExitCode);
        _roots.Run("network", "connect", "blue", "late").Exits(0);
        Assert.StartsWith("nameserver 127.0.0.11\n", Cat("late"));
        Wait.Until(() => _roots.Run("exec", "late", "ping", "-c", "1", "-w", "2", "web").ExitCode == 0, "web is found");
        _roots.Run("restart", "-t", "0", "late").Exits(0);
        _roots.Run("exec", "late", "ping", "-c", "1", "-w", "5", "web").Exits(0);
        // Its own file is its own.
        Start("own");
        _roots.Run("exec", "own", "sh", "-c", "echo nameserver 192.0.2.1 > /etc/resolv.conf").Exits(0);
        _roots.Run("network", "connect", "blue", "own").Exits(0);
        Assert.Equal("nameserver 192.0.2.1\n", Cat("own"));

        string Cat(string name) => _roots.Run("exec", name, "cat", "/etc/resolv.conf").Exits(0).Out;
    }

    [Fact]
    public void A_network_is_made_listed_inspected_used_and_removed()
    {
        string id = _roots.Run("network", "create", "--subnet", "10.77.0.0/24", "--ip-range", "10.77.0.128/25",
            "--gateway", "10.77.0.1", "--aux-address", "printer=10.77.0.129", "--label", "room=1", "--attachable",
            "-o", "com.docker.network.driver.mtu=1400", "blue").Exits(0).Text();
        Assert.Matches("^[0-9a-f]{64}$", id);
        Start("web", "--network", "blue");
        JsonNode network = Inspect("network", "blue");
        Assert.Equal(id, (string?)network["Id"]);
        Assert.Equal(("bridge", "local", true, false, false, true), ((string?)network["Driver"],
            (string?)network["Scope"], (bool)network["EnableIPv4"]!, (bool)network["EnableIPv6"]!,
            (bool)network["Internal"]!, (bool)network["Attachable"]!));
        Assert.Equal("""{"Subnet":"10.77.0.0/24","IPRange":"10.77.0.128/25","Gateway":"10.77.0.1",""" + '"'
            + """AuxiliaryAddresses":{"printer":"10.77.0.129"}}""", network["IPAM"]!["Config"]![0]!.ToJsonString());
        Assert.Equal("""{"room":"1"}""", network["Labels"]!.ToJsonString());
        JsonNode member = Assert.Single(network["Containers"]!.AsObject()).Value!;
        Assert.Equal(("web", "10.77.0.128/24"), ((string?)member["Name"], (string?)member["IPv4Address"]));
        string seen = _roots.Run("exec", "web", "sh", "-c", "ip -o addr show eth0; ip link show eth0; ip route").Text();
        Assert.Contains("inet 10.77.0.128/24", seen);
        Assert.Contains("mtu 1400", seen);
        Assert.Contains("default via 10.77.0.1 dev eth0", seen);
        JsonNode end = Inspect("container", "web")["NetworkSettings"]!["Networks"]!["blue"]!;
        Assert.Equal((id, (string?)member["EndpointID"], "10.77.0.128", 24), ((string?)end["NetworkID"],
            (string?)end["EndpointID"], (string?)end["IPAddress"], (int)end["IPPrefixLen"]!));
        Assert.Equal("blue", _roots.Run("ps", "--format", "{{.Networks}}").Text());
        Assert.Equal("web", _roots.Run("ps", "--filter", $"network={id[..12]}", "--format", "{{.Names}}").Text());

        CommandResult busy = _roots.Run("network", "rm", "blue").Exits(1);
        Assert.Contains("network blue has active endpoints (name:\"web\"", busy.Error);
        _roots.Run("rm", "-f", "web").Exits(0);
        Assert.Equal(id[..12], _roots.Run("network", "rm", id[..12]).Exits(0).Text());
        Assert.Contains("network blue not found", _roots.Run("network", "rm", "blue").Exits(1).Error);
        _roots.Run("network", "rm", "-f", "blue").Exits(0);
    }

    [Fact]
    public void The_list_is_filtered_and_formatted()
    {
        Create("blue", "--label", "room=1");
        Create("green", "--internal", "--ipv6");
        Start("web", "--network", "blue");
        Assert.Equal("blue bridge host none green", string.Join(' ', List().Split(' ').OrderBy(n => n == "green")));
        Assert.Equal("blue green", List("type=custom"));
        Assert.Equal("bridge host none", List("type=builtin"));
        Assert.Equal("blue", List("label=room"));
        Assert.Equal("blue", List("label=room=1"));
        Assert.Equal("", List("label=room=2"));
        Assert.Equal("green", List("dangling=true"));
        Assert.Equal("blue bridge green", List("driver=bridge"));
        Assert.Equal("blue bridge", List("name=b"));
        Assert.Equal("green true true", _roots.Run("network", "ls", "-f", "name=green", "--format",
            "{{.Name}} {{.IPv6}} {{.Internal}}").Text());
        Assert.Contains("invalid filter 'nope'", _roots.Run("network", "ls", "-f", "nope=1").Exits(1).Error);
        Assert.Contains("(want name=value)", _roots.Run("network", "ls", "-f", "nope").Exits(125).Error);
        string pruned = _roots.Run("network", "prune", "-f").Exits(0).Out;
        Assert.Equal("Deleted Networks:\ngreen\n\n", pruned);
        Assert.Equal("", _roots.Run("network", "prune", "-f").Exits(0).Out);
    }

    [Fact]
    public void A_container_is_on_several_networks_and_the_hosts_file_knows_them()
    {
        Create("blue");
        Create("green", "--ipv6", "--subnet", "10.77.0.0/24", "--subnet", "fd00:77::/64");
        Start("web", "--network", "name=blue,gw-priority=-1", "--network",
            "name=green,ip=10.77.0.9,ip6=fd00:77::9,mac-address=02:00:00:00:00:09,"
            + "driver-opt=com.docker.network.endpoint.ifname=lan0,link-local-ip=169.254.9.9");
        string seen = _roots.Run("exec", "web", "sh", "-c", "ip -o addr; ip route; cat /etc/hosts; ip link").Text();
        Assert.Contains("lan0    inet 10.77.0.9/24", seen);
        Assert.Contains("lan0    inet6 fd00:77::9/64", seen);
        Assert.Contains("lan0    inet 169.254.9.9/16", seen);
        Assert.Contains("02:00:00:00:00:09", seen);
        Assert.Contains("default via 10.77.0.1 dev lan0", seen);
        Assert.Matches("10.77.0.9\t[0-9a-f]{12}", seen);
        Assert.Matches("fd00:77::9\t[0-9a-f]{12}", seen);
        JsonNode settings = Inspect("container", "web")["NetworkSettings"]!["Networks"]!["green"]!;
        Assert.Equal("""{"IPv4Address":"10.77.0.9","IPv6Address":"fd00:77::9","LinkLocalIPs":["169.254.9.9"]}""",
            settings["IPAMConfig"]!.ToJsonString());
        Assert.Equal("Address already in use", Problem("run", "--network", "name=green,ip=10.77.0.9"));
        Assert.Equal("0", _roots.Run("inspect", "web", "--format",
            "{{.NetworkSettings.Networks.green.GwPriority}}").Text());
    }

    [Fact]
    public void Interfaces_have_sysctls_of_their_own()
    {
        const string key = "com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME";
        Create("blue");
        Create("green");
        Start("web", "--network", $"name=blue,\"driver-opt={key}.log_martians=1,net.ipv4.conf.IFNAME.rp_filter=2\"");
        _roots.Run("network", "connect", "--driver-opt", $"{key}.log_martians=1,net.ipv4.conf.IFNAME.rp_filter=1",
            "green", "web").Exits(0);
        Assert.Equal("1 2 1 1", Values());
        _roots.Run("restart", "-t", "0", "web").Exits(0);
        Assert.Equal("1 2 1 1", Values());
        foreach ((string sysctl, string problem) in ((string, string)[])
            [("IFNAME.nope", "set the sysctl net.ipv4.conf.IFNAME.nope=1 of container"),
            ("eth0.log_martians", "represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V'")])
            Assert.Contains(problem, _roots.Run("run", "--rm", "--network", "name=green,driver-opt="
                + $"com.docker.network.endpoint.sysctls=net.ipv4.conf.{sysctl}=1", _host.Busybox).Exits(125).Error);
    }

    private string Values() => _roots.Run("exec", "web", "sh", "-c", "cd /proc/sys/net/ipv4/conf; "
        + "cat eth0/log_martians eth0/rp_filter eth1/log_martians eth1/rp_filter | xargs").Text();

    [Fact]
    public void A_running_container_joins_and_leaves()
    {
        Create("blue");
        // One that was chosen may be another one when its bridge is made: others choose, too.
        Create("green", "--subnet", "10.79.0.0/24");
        Start("web", "--network", "blue");
        _roots.Run("network", "connect", "--alias", "www", "--ip", AddressIn("green", 77), "green", "web").Exits(0);
        string address = AddressIn("green", 77);
        Assert.Contains($"eth1    inet {address}/24",
            _roots.Run("exec", "web", "ip", "-o", "addr").Text());
        Assert.Contains($"{address}\t", _roots.Run("exec", "web", "cat", "/etc/hosts").Text());
        Assert.Contains("already exists in network green",
            _roots.Run("network", "connect", "green", "web").Exits(1).Error);
        _roots.Run("restart", "-t", "0", "web").Exits(0);
        Assert.Contains($"eth1    inet {address}/24", _roots.Run("exec", "web", "ip", "-o", "addr").Text());
        _roots.Run("network", "disconnect", "blue", "web").Exits(0);
        Assert.DoesNotContain("eth0", _roots.Run("exec", "web", "ip", "-o", "addr").Text());
        _roots.Run("network", "disconnect", "green", "web").Exits(0);
        Assert.DoesNotContain(address, _roots.Run("exec", "web", "cat", "/etc/hosts").Text());
        Assert.Contains("is not connected to network green",
            _roots.Run("network", "disconnect", "green", "web").Exits(1).Error);
        Assert.Equal("lo", _roots.Run("exec", "web", "ls", "/sys/class/net").Text());
        _roots.Run("stop", "-t", "0", "web").Exits(0);
        _roots.Run("network", "connect", "blue", "web").Exits(0);
        _roots.Run("start", "web").Exits(0);
        Assert.Equal("eth0 lo", _roots.Run("exec", "web", "sh", "-c", "ls /sys/class/net | xargs").Text());
        string events = _roots.Run("events", "--since", "1h", "--until", "0s", "--filter", "type=network", "--format",
            "{{.Action}} {{.Actor.Attributes.name}}").Text();
        Assert.Contains("create blue", events);
        Assert.Contains("connect green", events);
        Assert.Contains("disconnect green", events);
    }

    [Fact]
    public void Names_are_answered_in_the_network()
    {
        Create("blue");
        Create("green");
        Start("web", "--network", "blue", "--network-alias", "www");
        Start("far", "--network", "green");
        string address = _roots.Run("inspect", "web", "--format",
            "{{.NetworkSettings.Networks.blue.IPAddress}}").Text();
        // The first thing that it does, so the resolver has to be there before it.
        Assert.Equal(address, Ask("blue", "web"));
        Assert.Equal(address, Ask("blue", "www"));
        Assert.Equal(address, Ask("blue", "web.blue"));
        Assert.Equal("", Ask("blue", "far"));
        Assert.Equal("", Ask("green", "web"));
        Assert.Equal("nameserver 127.0.0.11", _roots.Run("exec", "web", "head", "-n1", "/etc/resolv.conf").Text());
        _roots.Run("rename", "web", "shop").Exits(0);
        Assert.Equal((address, ""), (Ask("blue", "shop"), Ask("blue", "web")));
        // Another monitor goes on with it.
        Start("asker", "--network", "blue");
        Command.Shell($"kill -9 {_roots.MonitorOf("asker")}").Exits(0);
        Wait.Until(() => _roots.Run("ps", "--format", "{{.Names}}").Text().Contains("asker", StringComparison.Ordinal)
            && Resolved(_roots.Run("exec", "asker", "nslookup", "shop")) == address, "another monitor answers");
        _roots.Run("network", "connect", "green", "shop").Exits(0);
        Assert.NotEqual("", Ask("green", "shop"));
        _roots.Run("network", "disconnect", "green", "shop").Exits(0);
        Assert.Equal("", Ask("green", "shop"));
    }

    private string Ask(string network, string name) =>
        Resolved(_roots.Run("run", "--rm", "--network", network, _host.Busybox, "nslookup", name));

    // The answer's address stands behind the server's.
    private static string Resolved(CommandResult asked) => asked.Lines.LastOrDefault(line =>
        line.StartsWith("Address", StringComparison.Ordinal) && !line.Contains("127.0.0.11", StringComparison.Ordinal))
            is { } line ? line.Split(' ')[^1] : "";

    [Theory]
    [InlineData(125, "--network blue --network blue", "network \"blue\" is specified multiple times")]
    [InlineData(125, "--network blue --network bridge", "cannot attach both user-defined and non-user-defined")]
    [InlineData(125, "--network name=blue,ip=10.0.0.1 --ip 10.0.0.2",
        "conflicting options: cannot specify both --ip and per-network IPv4 address")]
    [InlineData(125, "--network name=blue,alias=a --network-alias b",
        "conflicting options: cannot specify both --network-alias and per-network alias")]
    [InlineData(125, "--network blue --ip 10.0.0.1", "invalid address 10.0.0.1: it does not belong to network blue")]
    [InlineData(125, "--network blue --ip6 fd00::1", "invalid address fd00::1: network blue has no IPv6 addresses")]
    [InlineData(125, "--network blue --ip6 10.0.0.1", "invalid IPv6 address: 10.0.0.1")]
    [InlineData(125, "--network blue --link-local-ip 10.0.0.1", "invalid link-local address: 10.0.0.1")]
    [InlineData(125, "--network name=blue,gw-priority=x", "invalid gw-priority (x)")]
    [InlineData(125, "--network name=blue,driver-opt=x=y", "unknown driver option of an endpoint: x")]
    [InlineData(125, "--network name=blue,driver-opt=x", "invalid key value pair format in driver options")]
    [InlineData(125, "--network host --network-alias a", "only supported for user-defined networks")]
    [InlineData(125, "--network red", "network red not found")]
    public void Impossible_attachments_are_refused(int code, string flags, string message)
    {
        Create("blue");
        CommandResult refused = _roots.Run(["run", "--rm", .. flags.Split(' '), _host.Busybox, "true"]).Exits(code);
        Assert.Contains(message, refused.Error);
        Assert.Equal("", _roots.Run("ps", "-aq").Text());
    }

    [Theory]
    [InlineData("--driver nope blue", "plugin \"nope\" not found")]
    [InlineData("--ipam-driver nope blue", "IPAM driver \"nope\" not found")]
    [InlineData("-d macvlan -o macvlan_mode=l2 blue",
        "requested macvlan mode 'l2' is not valid: it has to be bridge, private, passthru or vepa")]
    [InlineData("-d ipvlan -o nope=1 blue", "unknown option for the ipvlan driver: nope")]
    [InlineData("--ipam-driver dhcp blue", "the IPAM driver dhcp is for macvlan networks")]
    [InlineData("--ipam-opt a=b blue", "the IPAM driver \"default\" has no options")]
    [InlineData("--scope swarm blue", "scope swarm is not supported")]
    [InlineData("-o nope=1 blue", "unknown option for the bridge driver: nope")]
    [InlineData("-o nope blue", "invalid argument \"nope\" for \"-o, --opt\" flag")]
    [InlineData("--ipv4=false blue", "IPv4 or IPv6 must be enabled")]
    [InlineData("bridge", "operation is not permitted on predefined bridge network")]
    public void Impossible_networks_are_refused(string arguments, string message) => Assert.Contains(message,
        _roots.Run(["network", "create", .. arguments.Split(' ')]).Error);

    [Theory]
    [InlineData("--network host", "blue", "cannot be disconnected from host network or connected to host network")]
    [InlineData("--network none", "blue", "one of the networks in private (none) mode")]
    [InlineData("", "host", "cannot be disconnected from host network or connected to host network")]
    [InlineData("", "none", "one of the networks in private (none) mode")]
    public void Who_has_no_network_of_its_own_joins_none(string flags, string network, string message)
    {
        Create("blue");
        Start(["web", .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Contains(message, _roots.Run("network", "connect", network, "web").Exits(1).Error);
    }

    private void Create(string name, params string[] flags) =>
        _roots.Run(["network", "create", .. flags, name]).Exits(0);

    private void Start(params string[] nameAndFlags) => _roots.Run(["run", "-d", "--name", nameAndFlags[0],
        .. nameAndFlags[1..], _host.Busybox, "sleep", "1000"]).Exits(0);

    private string AddressIn(string network, int host)
    {
        string subnet = (string)Inspect("network", network)["IPAM"]!["Config"]![0]!["Subnet"]!;
        return $"{subnet[..subnet.LastIndexOf('.')]}.{host}";
    }

    private string Problem(params string[] arguments) => _roots.Run([.. arguments, "--rm", _host.Busybox, "true"])
        .Exits(125).Error.Split('\n')[0].Split(": ")[^1].TrimEnd('.');

    private string List(params string[] filters) => string.Join(' ', _roots.Run(["network", "ls", "--format",
        "{{.Name}}", .. filters.SelectMany(filter => (string[])["--filter", filter])]).Exits(0).Lines);

    private JsonNode Inspect(string type, string name) =>
        JsonNode.Parse(_roots.Run(type, "inspect", name).Exits(0).Out)![0]!;
}
