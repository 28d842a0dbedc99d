using System.Net;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Agent.Networks;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

public class UserNetworkTests
{
    private const string Outside = "198.51.100.2";

    [Fact]
    public void A_network_has_its_own_subnet_and_bridge_and_goes_without_a_trace()
    {
        using var ground = new NetworkGround();
        NetworkRecord network = Create(ground, new NetworkRequest("blue"));
        Assert.Equal("172.18.0.0/24", $"{network.Pools[0].Subnet}");
        Assert.Equal("172.18.0.1", $"{network.Pools[0].Gateway}");
        NetworkRoom room = ground.NewRoom();
        Endpoint end = ground.Attach(room, "web", [Plain("blue")])[0];
        Assert.Equal(("172.18.0.2", "eth0"), ($"{end.Address}", end.InterfaceName));
        string bridge = ground.Module.BridgeOf(network);
        Assert.Contains(bridge, ground.Elements("bridges"));
        using IDisposable server = ground.Outside.Serve(80);
        Assert.Equal(NetworkGround.HostAddress, room.Fetch(Outside, 80));

        UsageException busy = Assert.Throws<UsageException>(() => ground.Host.Do(() => ground.Module.Remove(network)));
        Assert.Equal($"error while removing network: network blue has active endpoints (name:\"web\" "
            + $"id:\"{end.Id[..12]}\")", busy.Message);
        ground.Host.Do(() => ground.Module.Detach("web", deleteLink: true));
        ground.Host.Do(() => ground.Module.Remove(network));
        Assert.Empty(ground.State());
        Assert.DoesNotContain(bridge, ground.Elements("bridges"));
        Assert.DoesNotContain(Links(ground.Host), link => link == bridge);
        Assert.Empty(ground.Elements("subnets"));
        Assert.Equal("network blue not found",
            Assert.Throws<UsageException>(() => ground.Host.Do(() => ground.Module.Get("blue"))).Message);
    }

    [Fact]
    public void Networks_are_apart_from_each_other()
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("blue"));
        Create(ground, new NetworkRequest("green"));
        (NetworkRoom one, NetworkRoom same, NetworkRoom other) = (ground.NewRoom(), ground.NewRoom(), ground.NewRoom());
        Endpoint web = ground.Attach(one, "web", [Plain("blue")], "8080:80")[0];
        ground.Attach(same, "same", [Plain("blue")]);
        ground.Attach(other, "other", [Plain("green")]);
        using IDisposable server = one.Serve(80);
        Assert.Equal("172.18.0.3", same.Fetch($"{web.Address}", 80));
        Assert.Equal("no answer", other.Fetch($"{web.Address}", 80));
        // By the published port everybody may come.
        Assert.Equal($"{web.Gateway}", other.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal(Outside, ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
    }

    [Fact]
    public void An_internal_network_has_no_way_out_nor_in()
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("dark") { IsInternal = true });
        Create(ground, new NetworkRequest("blue"));
        (NetworkRoom room, NetworkRoom peer, NetworkRoom blue) = (ground.NewRoom(), ground.NewRoom(), ground.NewRoom());
        Endpoint end = ground.Attach(room, "a", [Plain("dark")], "8080:80")[0];
        ground.Attach(peer, "b", [Plain("dark")]);
        Endpoint open = ground.Attach(blue, "c", [Plain("blue")], "8081:80")[0];
        using IDisposable server = room.Serve(80);
        using IDisposable openServer = blue.Serve(80);
        using IDisposable outside = ground.Outside.Serve(80);
        Assert.Null(end.Gateway);
        Assert.Empty(end.Ports);
        Assert.Equal("172.18.0.3", peer.Fetch($"{end.Address}", 80));
        Assert.Equal("NetworkUnreachable", room.Fetch(Outside, 80));
        Assert.Equal("ConnectionRefused", ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        // A container that makes itself a way by the bridge gets no further, not to a published port either.
        room.Do(() => FreshNetwork.Output("ip", "route", "add", "default", "via", "172.18.0.1"));
        Assert.Equal("no answer", room.Fetch(Outside, 80));
        Assert.Equal("no answer", room.Fetch($"{open.Address}", 80));
        Assert.Equal("no answer", room.Fetch(NetworkGround.HostAddress, 8081));
    }

    [Fact]
    public void Without_traffic_between_containers_each_reaches_the_outside_alone()
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("apart")
        {
            Options = { ["com.docker.network.bridge.enable_icc"] = "false" },
        });
        (NetworkRoom a, NetworkRoom b) = (ground.NewRoom(), ground.NewRoom());
        Endpoint web = ground.Attach(a, "a", [Plain("apart")], "8080:80")[0];
        ground.Attach(b, "b", [Plain("apart")]);
        using IDisposable server = a.Serve(80);
        using IDisposable outside = ground.Outside.Serve(80);
        Assert.Contains(b.Fetch($"{web.Address}", 80), (string[])["no answer", "HostUnreachable"]);
        Assert.Equal(NetworkGround.HostAddress, b.Fetch(Outside, 80));
        Assert.Equal(Outside, ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
    }

    [Fact]
    public void Several_networks_give_several_interfaces_and_one_way_out()
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("red") { IsInternal = true });
        Create(ground, new NetworkRequest("zebra"));
        Create(ground, new NetworkRequest("blue"));
        NetworkRoom room = ground.NewRoom();
        IReadOnlyList<Endpoint> ends = ground.Attach(
            room, "web", [Plain("red"), Plain("zebra"), Plain("blue")], "8080:80");
        Assert.Equal(["eth0", "eth1", "eth2"], ends.Select(end => end.InterfaceName));
        // Of those with a way out, the first by name.
        Assert.Equal("default via 172.18.2.1 dev eth2", Route(room));
        Assert.Equal([0, 0, 1], ends.Select(end => end.Ports.Count));
        using IDisposable server = room.Serve(80);
        Assert.Equal(Outside, ground.Outside.Fetch(NetworkGround.HostAddress, 8080));

        ground.Host.Do(() => ground.Module.Detach("web", deleteLink: true));
        NetworkRoom again = ground.NewRoom();
        ground.Attach(again, "web", [Plain("zebra") with { GatewayPriority = 1 }, Plain("blue")]);
        Assert.Equal("default via 172.18.1.1 dev eth0", Route(again));
    }

    [Fact]
    public void A_running_container_joins_and_leaves_networks()
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("blue"));
        Create(ground, new NetworkRequest("alpha"));
        NetworkRoom room = ground.NewRoom();
        ground.Attach(room, "web", [Plain("blue")], "8080:80");
        using IDisposable server = room.Serve(80);
        string[] before = ground.State();

        Endpoint joined = ground.Host.Do(() => ground.Module.Connect(
            NetworkGround.Request("web", [Plain("alpha") with { Aliases = ["db"] }], "8080:80"), room.Namespace,
            () => true));
        Assert.Equal(("eth1", "172.18.1.2"), (joined.InterfaceName, $"{joined.Address}"));
        // alpha comes before blue, and has the way out and the ports now.
        Assert.Equal("default via 172.18.1.1 dev eth1", Route(room));
        Assert.Equal(["tcp . 8080 : 172.18.1.2 . 80"], ground.Elements("ports"));
        Assert.Equal(Outside, ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal([joined.Address!], new NameDirectory(ground.Roots, joined.NetworkId).Find("db"));
        Assert.Equal("endpoint with name web already exists in network alpha", Assert.Throws<UsageException>(
            () => ground.Host.Do(() => ground.Module.Connect(
                NetworkGround.Request("web", [Plain("alpha")]), room.Namespace, () => true))).Message);

        NetworkRecord alpha = ground.Host.Do(() => ground.Module.Get("alpha"));
        ground.Host.Do(() => ground.Module.Disconnect("web", alpha, room.Namespace));
        Assert.Equal("default via 172.18.0.1 dev eth0", Route(room));
        Assert.Equal(["tcp . 8080 : 172.18.0.2 . 80"], ground.Elements("ports"));
        Assert.Equal(Outside, ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal(before, ground.State());
        Assert.DoesNotContain("eth1", Links(room));
        Assert.StartsWith("container web is not connected to network alpha", Assert.Throws<UsageException>(
            () => ground.Host.Do(() => ground.Module.Disconnect("web", alpha, room.Namespace))).Message);
    }

    [Fact]
    public void A_join_that_fails_changes_nothing()
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("blue"));
        Create(ground, new NetworkRequest("alpha"));
        NetworkRoom room = ground.NewRoom();
        ground.Attach(room, "web", [Plain("blue")], "8080:80");
        room.Do(() => FreshNetwork.Output("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "other"));
        string[] before = ground.State();
        Assert.ThrowsAny<Exception>(() => ground.Host.Do(() => ground.Module.Connect(
            NetworkGround.Request("web", [Plain("alpha")], "8080:80"), room.Namespace, () => true)));
        Assert.Equal(before, ground.State());
        Assert.Equal("default via 172.18.0.1 dev eth0", Route(room));
        Assert.Equal(["tcp . 8080 : 172.18.0.2 . 80"], ground.Elements("ports"));
        Assert.Throws<UsageException>(() => ground.Host.Do(() => ground.Module.Connect(
            NetworkGround.Request("web", [Plain("alpha")], "8080:80"), room.Namespace, () => false)));
        Assert.Equal(before, ground.State());
    }

    [Fact]
    public void A_join_that_fails_at_its_end_gives_ports_and_route_back()
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("blue"));
        NetworkRecord alpha = Create(ground, new NetworkRequest("alpha"));
        NetworkRoom room = ground.NewRoom();
        ground.Attach(room, "web", [Plain("blue")], "8080:80");
        // Where names of containers are to be, there is a file.
        string names = $"{ground.Roots.RunRoot}/networks/{alpha.Id}/names";
        Directory.CreateDirectory(names);
        File.WriteAllText($"{names}/web", "");
        string[] before = ground.State();
        Assert.ThrowsAny<Exception>(() => ground.Host.Do(() => ground.Module.Connect(
            NetworkGround.Request("web", [Plain("alpha")], "8080:80"), room.Namespace, () => true)));
        Assert.Equal(before, ground.State());
        Assert.Equal("default via 172.18.0.1 dev eth0", Route(room));
        Assert.Equal(["tcp . 8080 : 172.18.0.2 . 80"], ground.Elements("ports"));
    }

    [Fact]
    public void Who_has_left_all_networks_leaves_nothing()
    {
        using var ground = new NetworkGround();
        NetworkRecord network = Create(ground, new NetworkRequest("blue"));
        NetworkRoom room = ground.NewRoom();
        ground.Attach(room, "web", [Plain("blue")], "8080:80");
        ground.Host.Do(() => ground.Module.Disconnect("web", network, room.Namespace));
        Assert.Empty(ground.State());
        Assert.Empty(ground.Elements("ports"));
    }

    [Fact]
    public void A_resolver_outlives_records_that_cannot_be_read()
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("blue"));
        ground.Attach(ground.NewRoom(), "web", [Plain("blue")]);
        var names = new ContainerResolver(ground.Roots, "web");
        Assert.True(names.TryFind("web"u8, out ReadOnlySpan<byte> v4, out _));
        Assert.Equal([172, 18, 0, 2], v4.ToArray());
        Assert.True(names.TryFindName([172, 18, 0, 2], out ReadOnlySpan<byte> name));
        Assert.Equal("web.blue", System.Text.Encoding.ASCII.GetString(name));
        Assert.False(names.TryFind("nobody"u8, out _, out _));
        Assert.True(names.ReachesOutside);
        File.WriteAllText($"{ground.Roots.RunRoot}/networks/endpoints/web.json", "{");
        // Ours, as far as anybody knows: no one else is asked.
        Assert.True(names.TryFind("web"u8, out v4, out ReadOnlySpan<byte> v6));
        Assert.Equal((0, 0), (v4.Length, v6.Length));
        Assert.False(names.TryFindName([172, 18, 0, 2], out _));
        Assert.False(names.ReachesOutside);
    }

    [Fact]
    public void Names_are_those_of_the_network_and_follow_a_renaming()
    {
        using var ground = new NetworkGround();
        NetworkRecord network = Create(ground, new NetworkRequest("blue"));
        var names = new NameDirectory(ground.Roots, network.Id);
        ground.Attach(ground.NewRoom(), "one", [Plain("blue") with { Aliases = ["Service"] }]);
        ground.Attach(ground.NewRoom(), "two", [Plain("blue") with { Aliases = ["service"] }]);
        ground.Attach(ground.NewRoom(), "three", [Plain("bridge")]);
        Assert.Equal(["172.18.0.2"], names.Find("one").Select(address => $"{address}"));
        Assert.Equal(["172.18.0.2", "172.18.0.3"], names.Find("service").Select(address => $"{address}").Order());
        Assert.Empty(names.Find("three"));
        Assert.Empty(names.Find(".."));
        ground.Module.Rename("one", ["uno"], "one");
        Assert.Equal((0, 1), (names.Find("one").Count, names.Find("uno").Count));
        ground.Host.Do(() => ground.Module.Detach("one"));
        Assert.Equal(["172.18.0.3"], names.Find("service").Select(address => $"{address}"));
        ground.Host.Do(() => ground.Module.Detach("two"));
        Assert.Empty(Directory.GetDirectories($"{ground.Roots.RunRoot}/networks/{network.Id}/names"));
    }

    [Fact]
    public void Both_versions_of_ip_are_routed_translated_and_published()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => FreshNetwork.Output("ip", "address", "add", "2001:db8:1::1/64", "dev", "eth0", "nodad"));
        ground.Outside.Do(() => FreshNetwork.Output(
            "ip", "address", "add", "2001:db8:1::2/64", "dev", "eth0", "nodad"));
        Create(ground, new NetworkRequest("six") { Subnets = ["10.9.0.0/24", "2001:db8:9::/64"] });
        NetworkRoom room = ground.NewRoom(), peer = ground.NewRoom();
        Endpoint end = ground.Attach(room, "web", [Plain("six")], "8080:80")[0];
        ground.Attach(peer, "peer", [Plain("six")]);
        Assert.Equal(("10.9.0.2", "2001:db8:9::2"), ($"{end.Address}", $"{end.Ipv6Address}"));
        Assert.Equal(["0.0.0.0:8080->80/tcp", "[::]:8080->80/tcp"], end.Ports.Select(port => $"{port}"));
        using IDisposable server = room.Serve(80, IPAddress.IPv6Any);
        using IDisposable server4 = room.Serve(80);
        using IDisposable outside = ground.Outside.Serve(80, IPAddress.IPv6Any);
        Assert.Equal("2001:db8:9::3", peer.Fetch("2001:db8:9::2", 80));
        Assert.Equal("2001:db8:1::1", peer.Fetch("2001:db8:1::2", 80));
        Assert.Equal("2001:db8:1::2", ground.Outside.Fetch("2001:db8:1::1", 8080));
        Assert.Equal(Outside, ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal("2001:db8:9::1", peer.Fetch("2001:db8:1::1", 8080));
        ground.Host.Do(() => ground.Module.Detach("web", deleteLink: true));
        Assert.Empty(ground.Elements("ports6"));
    }

    [Fact]
    public void A_network_of_ipv6_alone_has_no_other_addresses()
    {
        using var ground = new NetworkGround();
        NetworkRecord network = Create(ground, new NetworkRequest("six") { HasIpv4 = false, HasIpv6 = true });
        Assert.StartsWith("fd", $"{Assert.Single(network.Pools).Subnet}");
        NetworkRoom room = ground.NewRoom(), peer = ground.NewRoom();
        Endpoint end = ground.Attach(room, "web", [Plain("six")], "8080:80")[0];
        Endpoint other = ground.Attach(peer, "peer", [Plain("six")])[0];
        Assert.Null(end.Address);
        Assert.Equal(["[::]:8080->80/tcp"], end.Ports.Select(port => $"{port}"));
        using IDisposable server = room.Serve(80, IPAddress.IPv6Any);
        Assert.Equal($"{other.Ipv6Address}", peer.Fetch($"{end.Ipv6Address}", 80));
    }

    [Fact]
    public void A_routed_network_is_reached_at_its_own_addresses_and_published_ports_alone()
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("routed")
        {
            Subnets = ["10.9.0.0/24"], Options = { ["com.docker.network.bridge.gateway_mode_ipv4"] = "routed" },
        });
        NetworkRoom room = ground.NewRoom();
        ground.Attach(room, "web", [Plain("routed")], "8080:80");
        using IDisposable server = room.Serve(80);
        using IDisposable hidden = room.Serve(81);
        using IDisposable outside = ground.Outside.Serve(80);
        ground.Outside.Do(() => FreshNetwork.Output(
            "ip", "route", "add", "10.9.0.0/24", "via", NetworkGround.HostAddress));
        Assert.Equal(Outside, ground.Outside.Fetch("10.9.0.2", 80));
        Assert.Equal("no answer", ground.Outside.Fetch("10.9.0.2", 81));
        Assert.Equal("ConnectionRefused", ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal("10.9.0.2", room.Fetch(Outside, 80));
        ground.Host.Do(() => ground.Module.Detach("web"));
        Assert.Empty(ground.Elements("reachable"));
    }

    [Theory]
    [InlineData("10.9.0.0/24", "10.9.0.128/25", "10.9.0.130")]
    [InlineData("10.9.0.0/24", null, "10.9.0.1")]
    public void Addresses_come_from_the_range_and_pass_over_those_of_others(string subnet, string? range, string first)
    {
        using var ground = new NetworkGround();
        Create(ground, new NetworkRequest("blue")
        {
            Subnets = [subnet], Ranges = range is null ? [] : [range], Gateways = ["10.9.0.254"],
            Auxiliary = new() { ["a"] = "10.9.0.128", ["b"] = "10.9.0.129" },
        });
        Endpoint end = ground.Attach(ground.NewRoom(), "web", [Plain("blue")])[0];
        Assert.Equal((first, "10.9.0.254"), ($"{end.Address}", $"{end.Gateway}"));
    }

    private static EndpointSettings Plain(string network) => new(network);

    private static NetworkRecord Create(NetworkGround ground, NetworkRequest request) =>
        ground.Host.Do(() => ground.Module.Create(request));

    private static string Route(NetworkRoom room) =>
        room.Do(() => FreshNetwork.Output("ip", "route", "show", "default")).Trim();

    private static string[] Links(NetworkRoom room) =>
        [.. Interop.Netlink.Links.List(room.Route).Select(link => link.Name)];
}
