using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

/// <summary>
/// macvlan networks, whose containers are stations of the network of the host's eth0. What needs a VLAN, a dummy or
/// ipvlan is in tests/vm/cases/51-links.sh.
/// </summary>
public class LinkNetworkTests
{
    private const string Outside = "198.51.100.2", Subnet = "198.51.100.0/24";

    [Fact]
    public void A_container_is_a_station_of_the_hosts_network_and_needs_nothing_else_of_the_host()
    {
        using var ground = new NetworkGround();
        NetworkRecord network = Create(ground, "lan");
        Assert.True(network.IsBridgeForeign);
        NetworkRoom room = ground.NewRoom();
        Endpoint end = Attach(ground, room, "web", Plain("lan") with { Ipv4Address = "198.51.100.9" });
        JsonElement link = Link(room, "eth0");
        Assert.Equal(("macvlan", "bridge"), (Kind(link), Mode(link)));
        Assert.Equal($"{end.Mac}", link.GetProperty("address").GetString());
        Assert.Equal(Link(ground.Host, "eth0").GetProperty("ifindex").GetInt32(),
            link.GetProperty("link_index").GetInt32());
        Assert.Equal(["lo", "eth0"], Links(room));
        Assert.Equal(["lo", "eth0"], Links(ground.Host));
        Assert.Equal($"default via {Outside} dev eth0", Route(room));
        // What routers say of IPv6 is not for it.
        Assert.Equal("0", room.Do(() => File.ReadAllText("/proc/sys/net/ipv6/conf/eth0/accept_ra")).Trim());

        using IDisposable server = ground.Outside.Serve(80);
        using IDisposable own = room.Serve(81);
        Assert.Equal("198.51.100.9", room.Fetch(Outside, 80));
        Assert.Equal(Outside, ground.Outside.Fetch("198.51.100.9", 81));
        Assert.Equal("", ground.Host.Do(() => FreshNetwork.Output("nft", "list", "tables")));
        Assert.Equal([end.Address!], new NameDirectory(ground.Roots, network.Id).Find("web"));

        ground.Host.Do(() => ground.Module.Detach("web"));
        ground.Host.Do(() => ground.Module.Remove(network));
        Assert.Empty(ground.State());
        Assert.Equal(["lo", "eth0"], Links(ground.Host));
    }

    [Theory]
    [InlineData("bridge", true)]
    [InlineData("vepa", false)] // The switch outside would have to send it back.
    [InlineData("private", false)]
    public void Containers_reach_each_other_as_the_mode_says(string mode, bool reach)
    {
        using var ground = new NetworkGround();
        Create(ground, "lan", ("macvlan_mode", mode));
        NetworkRoom one = ground.NewRoom(), two = ground.NewRoom();
        Endpoint web = Attach(ground, one, "web", Plain("lan"));
        Endpoint other = Attach(ground, two, "other", Plain("lan"));
        Assert.Equal(mode, Mode(Link(one, "eth0")));
        using IDisposable server = one.Serve(80);
        string got = two.Fetch($"{web.Address}", 80);
        if (reach) Assert.Equal($"{other.Address}", got);
        else Assert.Contains(got, (string[])["no answer", "HostUnreachable"]);
        Assert.Equal(Outside, ground.Outside.Fetch($"{web.Address}", 80));
    }

    [Fact]
    public void In_mode_passthru_one_container_has_the_parent_and_its_address()
    {
        using var ground = new NetworkGround();
        Create(ground, "lan", ("macvlan_mode", "passthru"));
        NetworkRoom room = ground.NewRoom();
        UsageException refused = Assert.Throws<UsageException>(
            () => Attach(ground, room, "web", Plain("lan") with { MacAddress = "02:42:00:00:00:07" }));
        Assert.Equal("macvlan interfaces of mode passthru have the mac address of their parent, and no other",
            refused.Message);
        Endpoint end = Attach(ground, room, "web", Plain("lan"));
        Assert.Equal("passthru", Mode(Link(room, "eth0")));
        string mac = Link(ground.Host, "eth0").GetProperty("address").GetString()!;
        Assert.Equal((mac, mac), ($"{end.Mac}", Link(room, "eth0").GetProperty("address").GetString()));
        string[] before = ground.State();
        LinuxException second = Assert.Throws<LinuxException>(
            () => Attach(ground, ground.NewRoom(), "two", Plain("lan")));
        Assert.StartsWith("attach container two to network lan: RTM_NEWLINK", second.Message);
        Assert.Equal(before, ground.State());
    }

    [Fact]
    public void A_running_container_joins_and_leaves()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => ground.Module.Create(new NetworkRequest("zebra")));
        NetworkRecord lan = Create(ground, "lan");
        NetworkRoom room = ground.NewRoom();
        Attach(ground, room, "web", Plain("zebra"));
        string[] before = ground.State();
        Endpoint joined = ground.Host.Do(() => ground.Module.Connect(NetworkGround.Request(
            "web", [Plain("lan") with { MacAddress = "02:42:00:00:00:07" }]), room.Namespace, () => true));
        Assert.Equal(("eth1", "02:42:00:00:00:07"), (joined.InterfaceName, $"{joined.Mac}"));
        Assert.Equal("02:42:00:00:00:07", Link(room, "eth1").GetProperty("address").GetString());
        Assert.Equal($"default via {Outside} dev eth1", Route(room));
        ground.Host.Do(() => ground.Module.Disconnect("web", lan, room.Namespace));
        Assert.Equal(["lo", "eth0"], Links(room));
        Assert.Equal("default via 172.18.0.1 dev eth0", Route(room));
        Assert.Equal(before, ground.State());
    }

    [Fact]
    public void A_join_that_fails_changes_nothing_and_takes_nobodys_interface()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => ground.Module.Create(new NetworkRequest("zebra")));
        Create(ground, "lan");
        NetworkRoom room = ground.NewRoom();
        Attach(ground, room, "web", Plain("zebra"));
        room.Do(() => FreshNetwork.Output("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "other"));
        (string[] state, string[] links) = (ground.State(), Links(room));
        Assert.Throws<LinuxException>(() => ground.Host.Do(() => ground.Module.Connect(
            NetworkGround.Request("web", [Plain("lan")]), room.Namespace, () => true)));
        Assert.Equal(state, ground.State());
        Assert.Equal(links, Links(room));
    }

    [Fact]
    public void Ports_are_published_where_a_bridge_has_the_way_out_and_ignored_elsewhere()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => ground.Module.Create(new NetworkRequest("zebra")));
        Create(ground, "lan");
        NetworkRoom room = ground.NewRoom();
        EndpointSettings[] both = [Plain("zebra"), Plain("lan")];
        Assert.Equal([0, 0], ground.Attach(room, "web", both, "8080:80", "[::1]:81:81").Select(end => end.Ports.Count));
        Assert.Equal($"default via {Outside} dev eth1", Route(room));
        ground.Host.Do(() => ground.Module.Detach("web", deleteLink: true));
        both = [Plain("zebra") with { GatewayPriority = 1 }, Plain("lan")];
        NetworkRoom again = ground.NewRoom();
        Assert.Equal([1, 0], ground.Attach(again, "web", both, "8080:80").Select(end => end.Ports.Count));
        Assert.Equal("default via 172.18.0.1 dev eth0", Route(again));
        Assert.Contains("tcp . 8080 : 172.18.0.3 . 80", ground.Elements("ports"));
    }

    [Fact]
    public void Each_version_of_ip_publishes_where_its_own_way_out_is()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => ground.Module.Create(new NetworkRequest("zebra")));
        ground.Host.Do(() => ground.Module.Create(Request("lan") with { Subnets = [Subnet, "2001:db8:1::/64"] }));
        EndpointSettings[] both = [Plain("zebra") with { GatewayPriority = 1 }, Plain("lan")];
        Endpoint zebra = ground.Attach(ground.NewRoom(), "web", both, "8080:80", "[::1]:81:81")[0];
        Assert.Equal(["0.0.0.0:8080->80/tcp"], zebra.Ports.Select(port => $"{port}"));
    }

    [Fact]
    public void Both_versions_of_ip_have_their_gateways()
    {
        using var ground = new NetworkGround();
        NetworkRequest request = Request("lan") with
        {
            Subnets = [Subnet, "2001:db8:1::/64"], Gateways = [Outside, "2001:db8:1::2"],
        };
        ground.Host.Do(() => ground.Module.Create(request));
        ground.Outside.Do(() => FreshNetwork.Output(
            "ip", "address", "add", "2001:db8:1::2/64", "dev", "eth0", "nodad"));
        NetworkRoom room = ground.NewRoom();
        Endpoint end = Attach(ground, room, "web", Plain("lan"));
        Assert.Equal(("198.51.100.128", "2001:db8:1::1"), ($"{end.Address}", $"{end.Ipv6Address}"));
        using IDisposable server = ground.Outside.Serve(80, System.Net.IPAddress.IPv6Any);
        Assert.Equal("2001:db8:1::1", room.Fetch("2001:db8:1::2", 80));
        Assert.StartsWith("default via 2001:db8:1::2 dev eth0",
            room.Do(() => FreshNetwork.Output("ip", "-6", "route", "show", "default")));
    }

    [Fact]
    public void An_internal_network_has_no_gateway_and_its_first_address_is_a_containers()
    {
        using var ground = new NetworkGround();
        NetworkRecord network = ground.Host.Do(() => ground.Module.Create(
            Request("lan") with { IsInternal = true, Subnets = ["203.0.113.0/24"], Ranges = [], Gateways = [] }));
        Assert.Null(network.Pools[0].Gateway);
        NetworkRoom room = ground.NewRoom();
        Endpoint end = Attach(ground, room, "web", Plain("lan"));
        Assert.Equal(("203.0.113.1", null, false), ($"{end.Address}", end.Gateway, end.IsGateway));
        Assert.Equal("", Route(room));
    }

    [Fact]
    public void A_parent_that_was_there_is_waited_for()
    {
        using var ground = new NetworkGround();
        Create(ground, "lan");
        ground.Host.Do(() => FreshNetwork.Output("ip", "link", "set", "eth0", "name", "lan0"));
        Assert.Equal("network lan needs the interface eth0, which was there when the network was created",
            Assert.Throws<UsageException>(() => Attach(ground, ground.NewRoom(), "web", Plain("lan"))).Message);
        ground.Host.Do(() => FreshNetwork.Output("ip", "link", "set", "lan0", "name", "eth0"));
        Attach(ground, ground.NewRoom(), "web", Plain("lan"));
    }

    [Fact]
    public void Networks_share_a_parent_unless_one_is_to_have_it()
    {
        using var ground = new NetworkGround();
        Create(ground, "lan");
        UsageException passthru = Assert.Throws<UsageException>(() => ground.Host.Do(() => ground.Module.Create(
            With(Request("b") with { Subnets = [], Ranges = [], Gateways = [] }, ("macvlan_mode", "passthru")))));
        Assert.Equal("cannot use mode passthru, macvlan network lan is already using parent interface eth0",
            passthru.Message);
        UsageException other = Assert.Throws<UsageException>(() => ground.Host.Do(() => ground.Module.Create(
            Request("b") with { Driver = "ipvlan", Subnets = [], Ranges = [], Gateways = [] })));
        Assert.Equal("macvlan network lan is already using parent interface eth0", other.Message);
        ground.Host.Do(() => ground.Module.Create(
            Request("b") with { Subnets = ["10.9.0.0/24"], Ranges = [], Gateways = [] }));
        NetworkRoom room = ground.NewRoom();
        ground.Attach(room, "web", [Plain("lan"), Plain("b")]);
        Assert.Equal(("macvlan", "macvlan"), (Kind(Link(room, "eth0")), Kind(Link(room, "eth1"))));
    }

    [Theory]
    [InlineData("macvlan", "macvlan_mode", "l2",
        "requested macvlan mode 'l2' is not valid: it has to be bridge, private, passthru or vepa")]
    [InlineData("ipvlan", "ipvlan_mode", "bridge",
        "requested ipvlan mode 'bridge' is not valid: it has to be l2, l3 or l3s")]
    [InlineData("ipvlan", "ipvlan_flag", "l2",
        "requested ipvlan flag 'l2' is not valid: it has to be bridge, private or vepa")]
    [InlineData("macvlan", "ipvlan_mode", "l2", "unknown option for the macvlan driver: ipvlan_mode")]
    [InlineData("ipvlan", "macvlan_mode", "bridge", "unknown option for the ipvlan driver: macvlan_mode")]
    [InlineData("macvlan", "com.docker.network.bridge.name", "br0",
        "unknown option for the macvlan driver: com.docker.network.bridge.name")]
    [InlineData("macvlan", "parent", "lo", "loopback interface is not a valid macvlan parent link")]
    [InlineData("macvlan", "parent", "a/b", "invalid value for parent: \"a/b\"")]
    [InlineData("macvlan", "parent", "eth7",
        "invalid subinterface vlan name eth7, example formatting is eth0.10; there is no interface eth7")]
    [InlineData("macvlan", "parent", "eth0.1.2",
        "required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received eth0.1.2")]
    [InlineData("macvlan", "parent", "eth0.x", "unable to parse a valid vlan id from: x (ex. eth0.10 for vlan 10)")]
    [InlineData("ipvlan", "parent", "eth0.4095", "vlan id must be between 1-4094, received: 4095")]
    [InlineData("ipvlan", "parent", "eth0.0", "vlan id must be between 1-4094, received: 0")]
    [InlineData("macvlan", "parent", "eth7.10", "-o parent interface was not found on the host: eth7")]
    public void Options_that_cannot_be_are_refused_by_name(string driver, string key, string value, string message)
    {
        using var ground = new NetworkGround();
        NetworkRequest request = With(Request("lan") with { Driver = driver }, (key, value));
        Assert.Equal(message, Assert.Throws<UsageException>(
            () => ground.Host.Do(() => ground.Module.Create(request))).Message);
        Assert.Equal(["bridge", "host", "none"], ground.Host.Do(() => ground.Module.List()).Select(n => n.Name));
    }

    internal static NetworkRequest Request(string name) => new(name)
    {
        Driver = "macvlan", Subnets = [Subnet], Ranges = ["198.51.100.128/25"], Gateways = [Outside],
        Options = { ["parent"] = "eth0" },
    };

    internal static string Route(NetworkRoom room) =>
        room.Do(() => FreshNetwork.Output("ip", "-4", "route", "show", "default")).Trim();

    internal static string[] Links(NetworkRoom room) =>
        [.. room.Do(() => FreshNetwork.Json("ip", "-j", "link")).EnumerateArray()
            .Select(link => link.GetProperty("ifname").GetString()!)];

    private static NetworkRecord Create(NetworkGround ground, string name, params (string, string)[] options) =>
        ground.Host.Do(() => ground.Module.Create(With(Request(name), options)));

    private static NetworkRequest With(NetworkRequest request, params (string Key, string Value)[] options)
    {
        foreach (var (key, value) in options) request.Options[key] = value;
        return request;
    }

    private static EndpointSettings Plain(string network) => new(network);

    private static Endpoint Attach(NetworkGround ground, NetworkRoom room, string id, EndpointSettings settings) =>
        ground.Attach(room, id, [settings])[0];

    private static JsonElement Link(NetworkRoom room, string name) =>
        room.Do(() => FreshNetwork.Json("ip", "-j", "-d", "link", "show", name))[0];

    private static string Kind(JsonElement link) =>
        link.GetProperty("linkinfo").GetProperty("info_kind").GetString()!;

    private static string Mode(JsonElement link) =>
        link.GetProperty("linkinfo").GetProperty("info_data").GetProperty("mode").GetString()!;
}
