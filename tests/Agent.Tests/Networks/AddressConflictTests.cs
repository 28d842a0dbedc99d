using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

/// <summary>
/// Addresses that another station of a macvlan's network has when a container is to get them. ipvlan is not tried here,
/// as a host may lack it.
/// </summary>
public class AddressConflictTests
{
    private readonly List<NetworkReport> _reports = [];

    [Theory]
    [InlineData("198.51.100.77", null)]
    [InlineData(null, "2001:db8:1::77")]
    [InlineData("198.51.100.78", "2001:db8:1::77")]
    public void An_address_that_another_host_has_fails_the_start_and_is_told(string? ip, string? ip6)
    {
        using var ground = new NetworkGround();
        NetworkModule module = Prepare(ground);
        NetworkRoom room = ground.NewRoom();
        UsageException refused = Assert.Throws<UsageException>(() => ground.Host.Do(() => module.Attach(
            NetworkGround.Request("web", [Asking(ip, ip6)]), room.Namespace)));
        string address = ip6 ?? ip!, mac = MacOf(ground.Outside);
        Assert.StartsWith($"network lan: address {address} is in use by another host, whose Ethernet address is {mac};",
            refused.Message);
        NetworkReport report = Assert.Single(_reports);
        Assert.Equal((NetworkChange.AddressConflict, "lan", "web", address, mac), (report.Change, report.Network!.Name,
            report.ContainerId, report.Address, report.Mac));
        Assert.Empty(ground.State());
        Assert.Equal(["lo"], LinkNetworkTests.Links(room));

        // Joining is the same, and the container keeps what it has.
        ground.Attach(room, "web");
        string[] before = ground.State();
        Assert.Throws<UsageException>(() => ground.Host.Do(() => module.Connect(
            NetworkGround.Request("web", [Asking(ip, ip6)]), room.Namespace, () => true)));
        Assert.Equal(before, ground.State());
        Assert.Equal(["lo", "eth0"], LinkNetworkTests.Links(room));
        ground.Host.Do(() => module.Detach("web", deleteLink: true));
    }

    [Fact]
    public void An_address_of_the_host_itself_is_found_though_no_packet_gets_there()
    {
        using var ground = new NetworkGround();
        NetworkModule module = Prepare(ground);
        Assert.StartsWith($"network lan: address {NetworkGround.HostAddress} is in use by this host, ",
            Assert.Throws<UsageException>(() => ground.Host.Do(() => module.Attach(NetworkGround.Request("web",
                [Asking(NetworkGround.HostAddress, null)]), ground.NewRoom().Namespace))).Message);
        Assert.Equal(MacOf(ground.Host), Assert.Single(_reports).Mac);
    }

    [Fact]
    public void Of_a_pool_the_next_start_takes_the_next_address()
    {
        using var ground = new NetworkGround();
        NetworkModule module = Prepare(ground);
        ground.Outside.Do(() => FreshNetwork.Output("ip", "address", "add", "198.51.100.128/24", "dev", "eth0"));
        NetworkRoom room = ground.NewRoom();
        AttachRequest request = NetworkGround.Request("web", [Asking(null, null)]);
        Assert.Contains(" 198.51.100.128 is in use by another host", Assert.Throws<UsageException>(() =>
            ground.Host.Do(() => module.Attach(request, room.Namespace))).Message);
        Endpoint end = ground.Host.Do(() => module.Attach(request, room.Namespace))[0];
        Assert.Equal(("198.51.100.129", true), ($"{end.Address}", end.HasNeighbours));
        Assert.Single(_reports);
        using IDisposable server = ground.Outside.Serve(80);
        Assert.Equal("198.51.100.129", room.Fetch("198.51.100.2", 80));
        ground.Host.Do(() => module.Detach("web"));
    }

    [Fact]
    public void Where_only_containers_are_nobody_is_asked()
    {
        using var ground = new NetworkGround();
        Assert.False(ground.Attach("web").Endpoint.HasNeighbours);
    }

    private NetworkModule Prepare(NetworkGround ground)
    {
        ground.Host.Do(() => ground.Module.Create(new NetworkRequest("lan")
        {
            Driver = "macvlan", Options = new() { ["parent"] = "eth0" },
            Subnets = ["198.51.100.0/24", "2001:db8:1::/64"], Ranges = ["198.51.100.128/25"],
            Gateways = ["198.51.100.2"],
        }));
        ground.Outside.Do(() => FreshNetwork.Output("ip", "address", "add", "198.51.100.77/24", "dev", "eth0"));
        ground.Outside.Do(() => FreshNetwork.Output(
            "ip", "address", "add", "2001:db8:1::77/64", "dev", "eth0", "nodad"));
        return new NetworkModule(ground.Roots) { Report = _reports.Add };
    }

    private static EndpointSettings Asking(string? ip, string? ip6) =>
        new("lan") { Ipv4Address = ip, Ipv6Address = ip6 };

    private static string MacOf(NetworkRoom room) =>
        $"{Skiff.Interop.Netlink.Links.Find(room.Route, "eth0")!.Value.Mac}";
}
