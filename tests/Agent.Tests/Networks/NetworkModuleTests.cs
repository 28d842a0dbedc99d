using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

public class NetworkModuleTests
{
    [Fact]
    public void An_attached_container_looks_to_ip_and_nft_as_its_endpoint_says()
    {
        using var ground = new NetworkGround();
        (NetworkRoom room, Endpoint endpoint) = ground.Attach(
            "0123456789abcdef", "8080:80", "198.51.100.1:53:5353/udp");

        JsonElement eth0 = room.Do(() => FreshNetwork.Json("ip", "-j", "address", "show", "eth0"))[0];
        JsonElement address = Assert.Single(eth0.GetProperty("addr_info").EnumerateArray());
        Assert.Equal("172.17.0.2", address.GetProperty("local").GetString());
        Assert.Equal(16, address.GetProperty("prefixlen").GetInt32());
        Assert.Equal("172.17.255.255", address.GetProperty("broadcast").GetString());
        Assert.Equal("02:42:ac:11:00:02", eth0.GetProperty("address").GetString());
        Assert.Equal(("172.17.0.2", 16), ($"{endpoint.Address}", endpoint.PrefixLength));
        JsonElement route = room.Do(() => FreshNetwork.Json("ip", "-j", "route", "show", "default"))[0];
        Assert.Equal("172.17.0.1", route.GetProperty("gateway").GetString());

        string bridge = new NetworkNames(ground.Roots).DefaultBridge;
        JsonElement near = ground.Host.Do(() => FreshNetwork.Json("ip", "-j", "link", "show", endpoint.HostVeth))[0];
        Assert.Equal(bridge, near.GetProperty("master").GetString());
        Assert.Equal(["tcp . 8080 : 172.17.0.2 . 80"], ground.Elements("ports"));
        Assert.Equal(["198.51.100.1 . udp . 53 : 172.17.0.2 . 5353"], ground.Elements("address_ports"));
        Assert.Equal([bridge], ground.Elements("bridges"));
        Assert.Equal([$"{bridge} . {bridge}"], ground.Elements("within"));
        Assert.Equal(["172.17.0.0/16"], ground.Elements("subnets"));

        Endpoint found = ground.Module.EndpointsOf("0123456789abcdef").Single();
        Assert.Equal(endpoint with
        {
            Ports = found.Ports, Names = found.Names, LinkLocalAddresses = found.LinkLocalAddresses,
            Labels = found.Labels,
        }, found);
        Assert.Equal(endpoint.Ports, found.Ports);
    }

    [Fact]
    public void Detach_leaves_nothing_and_may_be_repeated_by_anyone()
    {
        using var ground = new NetworkGround();
        ground.Attach("web", "8080:80", "127.0.0.1:8081:81");
        Assert.NotEmpty(ground.State());
        ground.Host.Do(() => new NetworkModule(ground.Roots).Detach("web", deleteLink: true));
        ground.Host.Do(() => ground.Module.Detach("web"));
        Assert.Empty(ground.State());
        Assert.Empty(ground.Elements("ports"));
        Assert.Empty(ground.Elements("address_ports"));
        Assert.Equal(2, ground.Host.Do(() => Links.List(ground.Host.Route)).Count(l => l.Kind is "bridge" or "veth"));
    }

    [Fact]
    public void Detach_works_when_the_table_is_gone()
    {
        using var ground = new NetworkGround();
        ground.Attach("web", "8080:80");
        ground.Host.Do(() => FreshNetwork.Output("nft", "flush", "ruleset"));
        ground.Host.Do(() => ground.Module.Detach("web"));
        Assert.Empty(ground.State());
    }

    [Theory]
    [InlineData("8080:80", "8080:80", "Bind for 0.0.0.0:8080 failed: port is already allocated")]
    [InlineData("127.0.0.1:8080:80", "8080:80", "Bind for 0.0.0.0:8080 failed: port is already allocated")]
    [InlineData("8080:80", "127.0.0.1:8080:80", "Bind for 127.0.0.1:8080 failed: port is already allocated")]
    [InlineData("8080-8089:80-89", "8085:1", "Bind for 0.0.0.0:8085 failed: port is already allocated")]
    [InlineData("1:1", "9999:80", "failed to bind host port 0.0.0.0:9999/tcp: address already in use")]
    public void A_taken_port_fails_in_Dockers_words_and_undoes_everything(string first, string second, string message)
    {
        using var ground = new NetworkGround();
        using IDisposable listener = ground.Host.Serve(9999);
        ground.Attach("first", first);
        string[] before = ground.State();
        NetworkRoom room = ground.NewRoom();
        UsageException refused = Assert.Throws<UsageException>(() => ground.Attach(room, "second", "7000:70", second));
        Assert.Equal(message, refused.Message);
        Assert.Equal(before, ground.State());
        Assert.Null(Links.Find(room.Route, "eth0"));
        ground.Attach(room, "second", "7000:70");
    }

    [Fact]
    public void The_same_port_may_be_published_on_several_addresses_and_protocols()
    {
        using var ground = new NetworkGround();
        ground.Attach("a", "127.0.0.1:8080:80", "8080:80/udp");
        ground.Attach("b", "198.51.100.1:8080:80");
        ground.Host.Do(() => ground.Module.Detach("a"));
        Assert.Equal(["198.51.100.1 . tcp . 8080 : 172.17.0.3 . 80"], ground.Elements("address_ports"));
        Assert.Throws<UsageException>(() => ground.Attach("c", "8080:80"));
        ground.Host.Do(() => ground.Module.Detach("b"));
        ground.Attach("c", "8080:80");
    }

    [Fact]
    public void Ports_left_to_the_engine_are_free_ones_of_the_local_range()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => File.WriteAllText("/proc/sys/net/ipv4/ip_local_port_range", "40000 40003"));
        using IDisposable listener = ground.Host.Serve(40001);
        (_, Endpoint a) = ground.Attach("a", "80", "81");
        (_, Endpoint b) = ground.Attach("b", "50000-50005:80", "50000-50005:80");
        Assert.Equal([40000, 40002], a.Ports.Select(p => (int)p.HostPort));
        Assert.Equal([50000, 50001], b.Ports.Select(p => (int)p.HostPort));
        Assert.Equal("all ports are allocated",
            Assert.Throws<UsageException>(() => ground.Attach("c", "80", "81")).Message);
    }

    [Fact]
    public void A_failure_late_in_the_attachment_is_undone()
    {
        using var ground = new NetworkGround();
        ground.Attach("first");
        string[] before = ground.State();
        NetworkRoom room = ground.NewRoom();
        using var batch = new NetlinkBatch();
        Links.AddVeth(batch, new VethPair { Name = "eth0", PeerName = "taken" });
        room.Route.Execute(batch);
        LinuxException refused = Assert.Throws<LinuxException>(() => ground.Attach(room, "second", "8080:80"));
        Assert.Equal(Errno.EEXIST, refused.Errno);
        Assert.StartsWith("attach container second to network bridge: RTM_NEWLINK(", refused.Message);
        Assert.Equal(before, ground.State());
        Assert.Empty(ground.Elements("ports"));
    }

    [Fact]
    public void Addresses_go_round_and_may_be_chosen()
    {
        using var ground = new NetworkGround();
        (_, Endpoint first) = ground.Attach("a");
        ground.Host.Do(() => ground.Module.Detach("a"));
        (_, Endpoint second) = ground.Attach("b");
        Assert.Equal(("172.17.0.2", "172.17.0.3"), ($"{first.Address}", $"{second.Address}"));

        NetworkRoom room = ground.NewRoom();
        Endpoint chosen = AttachAt(ground, room, "c", "172.17.9.9");
        Assert.Equal("172.17.9.9", $"{chosen.Address}");
        Assert.Equal("Address already in use",
            Assert.Throws<UsageException>(() => AttachAt(ground, room, "d", "172.17.9.9")).Message);
        Assert.Equal("Address already in use",
            Assert.Throws<UsageException>(() => AttachAt(ground, room, "d", "172.17.0.1")).Message);
        Assert.StartsWith("invalid address 10.0.0.1",
            Assert.Throws<UsageException>(() => AttachAt(ground, room, "d", "10.0.0.1")).Message);
    }

    [Fact]
    public void Prune_keeps_the_living_only()
    {
        using var ground = new NetworkGround();
        ground.Attach("dead", "8080:80");
        (_, Endpoint live) = ground.Attach("live", "8081:81");
        // What a crash between two steps leaves: a lease and a port without a record.
        string leases = $"{ground.Roots.RunRoot}/networks/{live.NetworkId}/leases";
        File.CreateSymbolicLink($"{leases}/172.17.0.77", "gone");
        File.CreateSymbolicLink($"{ground.Roots.RunRoot}/networks/ports/tcp-7777", "0.0.0.0 gone");
        File.CreateSymbolicLink($"{leases}/172.17.0.78", "live");
        ground.Host.Do(() => ground.Module.Prune(id => id == "live"));
        Assert.Equal(["172.17.0.3 -> live", "live.json", "tcp-8081 -> 0.0.0.0 live"], ground.State());
        Assert.Equal(["tcp . 8081 : 172.17.0.3 . 81"], ground.Elements("ports"));
    }

    [Fact]
    public void An_address_that_another_container_has_by_now_is_not_given_back()
    {
        using var ground = new NetworkGround();
        (_, Endpoint end) = ground.Attach("first", "8080:80");
        var leases = new AddressLeases(ground.Roots, end.NetworkId);
        leases.Note("second", end.Address!);
        leases.Release("first", end.Address!);
        Assert.Equal("second", leases.OwnerOf(end.Address!));
        leases.Release("second", end.Address!);
        Assert.Null(leases.OwnerOf(end.Address!));
    }

    [Fact]
    public void Two_instances_live_side_by_side_and_go_without_a_trace()
    {
        using var ground = new NetworkGround();
        string before = ground.Host.Do(() => FreshNetwork.Output("nft", "list", "ruleset"));
        var otherRoots = new StateRoots(ground.Roots.Root + "2", ground.Roots.RunRoot + "2");
        var other = new NetworkModule(otherRoots);
        ground.Attach("a", "8080:80");
        NetworkRoom room = ground.NewRoom();
        ground.Host.Do(() => other.Attach(
            NetworkGround.Request("a", [new EndpointSettings("bridge")]), room.Namespace));
        Assert.NotEqual(ground.Module.Get("bridge").Pools[0].Subnet, other.Get("bridge").Pools[0].Subnet);

        ground.Host.Do(() => other.RemoveAll());
        Assert.Equal(["tcp . 8080 : 172.17.0.2 . 80"], ground.Elements("ports"));
        ground.Host.Do(() => ground.Module.RemoveAll());
        Assert.Equal(before, ground.Host.Do(() => FreshNetwork.Output("nft", "list", "ruleset")));
        Assert.DoesNotContain(Links.List(ground.Host.Route), link => link.Kind == "bridge");
        Assert.False(Directory.Exists(ground.Roots.RunRoot + "/networks"));
        ground.Host.Do(() => ground.Module.RemoveAll());
    }

    [Fact]
    public void The_networks_that_always_exist_are_listed_as_Docker_lists_them()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() =>
        {
            IReadOnlyList<NetworkRecord> networks = ground.Module.List();
            Assert.Equal(
                ["bridge bridge local", "host host local", "none null local"],
                networks.Select(n => $"{n.Name} {n.Driver} {n.Scope}"));
            Assert.All(networks, n => Assert.Matches("^[0-9a-f]{64}$", n.Id));
            Assert.Equal("host", ground.Module.Get(networks[1].Id[..12]).Name);
            Assert.Equal("network nothing not found",
                Assert.Throws<UsageException>(() => ground.Module.Get("nothing")).Message);
            Assert.Equal("network nothing not found", Assert.Throws<UsageException>(() => ground.Module.Attach(
                NetworkGround.Request("c", [new EndpointSettings("nothing")]), ground.Host.Namespace)).Message);
        });
    }

    [Fact]
    public void The_default_subnet_avoids_what_the_host_uses()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => FreshNetwork.Output("ip", "route", "add", "172.16.0.0/14", "dev", "eth0"));
        (_, Endpoint endpoint) = ground.Attach("a");
        Assert.Equal("172.20.0.2", $"{endpoint.Address}");

        // The host gains a route into the chosen subnet while the bridge is away, as after a reboot.
        ground.Host.Do(() => ground.Module.RemoveAll());
        ground.Host.Do(() => FreshNetwork.Output("ip", "route", "add", "172.20.0.0/14", "dev", "eth0"));
        (_, endpoint) = ground.Attach("a");
        Assert.Equal("172.24.0.2", $"{endpoint.Address}");
    }

    private static Endpoint AttachAt(NetworkGround ground, NetworkRoom room, string id, string address) =>
        ground.Attach(room, id, [new EndpointSettings("bridge") { Ipv4Address = address }])[0];

    [Fact]
    public void Networks_are_made_beside_a_VPN_that_takes_all_the_traffic()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() =>
        {
            foreach (string half in (string[])["0.0.0.0/1", "128.0.0.0/1"])
                FreshNetwork.Output("ip", "route", "add", half, "via", "198.51.100.2");
            Assert.Equal("172.18.0.0/24", $"{ground.Module.Create(new NetworkRequest("blue")).Pools[0].Subnet}");
        });
        (_, Endpoint endpoint) = ground.Attach("c1");
        Assert.Equal("172.17.0.2", $"{endpoint.Address}");
    }

    [Fact]
    public void The_networks_that_always_exist_are_completed_after_a_crash()
    {
        using var ground = new NetworkGround();
        string host = ground.Host.Do(() => ground.Module.Get("host").Id);
        File.Delete(ground.Roots.Root + "/networks/names/bridge");
        File.Delete(ground.Roots.Root + "/networks/names/none");
        Assert.Equal(["bridge", "host", "none"], ground.Host.Do(() => ground.Module.List()).Select(n => n.Name));
        Assert.Equal(host, ground.Host.Do(() => ground.Module.Get(host)).Id);
    }
}
