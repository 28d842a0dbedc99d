using System.Diagnostics;
using System.Net;
using Skiff.Agent.Dhcp;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Agent.Networks;
using Skiff.Agent.Tests.Networks;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Dhcp;

/// <summary>Containers of macvlan networks that get their addresses of a server behind the host's eth0.</summary>
public class DhcpNetworkTests
{
    private const string Given = "198.51.100.50";

    [Fact]
    public void A_container_gets_what_busyboxs_server_gives()
    {
        using var ground = new NetworkGround();
        NetworkRecord network = Create(ground);
        string directory = Directory.CreateTempSubdirectory("skiff-dhcp-").FullName;
        using Process server = Udhcpd(ground, directory);
        try
        {
            NetworkRoom room = ground.NewRoom();
            Endpoint end = ground.Attach(room, "web", [new EndpointSettings("lan")])[0];
            Assert.Matches("^198.51.100.6[0-2]/24 198.51.100.2$", $"{end.Address}/{end.PrefixLength} {end.Gateway}");
            Assert.Equal((600u, "example.org"), (end.Lease!.Seconds, end.Lease.Domain));
            Assert.Equal([IPAddress.Parse("198.51.100.3")], end.Lease.DnsServers);
            Assert.Equal("default via 198.51.100.2 dev eth0", LinkNetworkTests.Route(room));
            using IDisposable web = room.Serve(80);
            Assert.Equal("198.51.100.2", ground.Outside.Fetch($"{end.Address}", 80));
            Assert.Equal([end.Address!], new NameDirectory(ground.Roots, network.Id).Find("web"));
            Assert.Equal("web", ground.Module.FindMember(network.Id, end.Address!)?.Names[0]);
            // The same one again, and another one for somebody else.
            NetworkRoom other = ground.NewRoom(), again = ground.NewRoom();
            Assert.NotEqual(end.Address, Attach(ground, other, "other").Address);
            ground.Host.Do(() => ground.Module.Detach("web", deleteLink: true));
            room.Do(() => FreshNetwork.Output("ip", "link", "delete", "eth0"));
            Assert.Equal(end.Address, Attach(ground, again, "web").Address);
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void What_is_asked_says_who_asks_and_nothing_is_asked_of_others()
    {
        using var ground = new NetworkGround();
        Create(ground);
        using var server = new FakeDhcpServer(ground.Outside, question => [question.Yes(Given)]);
        NetworkRoom room = ground.NewRoom();
        Endpoint end = ground.Attach(room, "web_1.x", [new EndpointSettings("lan")
        {
            MacAddress = "02:42:00:00:00:07",
        }])[0];
        FakeDhcpServer.Question discover = server.Next(), request = server.Next();
        Assert.Equal((DhcpMessageType.Discover, DhcpMessageType.Request), (discover.Type, request.Type));
        foreach (FakeDhcpServer.Question question in (FakeDhcpServer.Question[])[discover, request])
        {
            Assert.Equal("02:42:00:00:00:07", $"{question.Mac}");
            Assert.Equal([1, 2, 0x42, 0, 0, 0, 7], question.Option(61)!);
            Assert.Equal([.. "web-1-x"u8], question.Option(12)!);
            Assert.Equal([1, 3, 6, 15, 51, 54, 58, 59], question.Option(55)!);
            Assert.Equal(("0.0.0.0", "0.0.0.0", true),
                ($"{question.From}", $"{question.Own}", question.IsForEverybody));
        }
        Assert.Null(discover.Option(50));
        Assert.Equal([198, 51, 100, 50], request.Option(50)!);
        Assert.Equal([198, 51, 100, 2], request.Option(54)!);

        NetworkRecord network = ground.Host.Do(() => ground.Module.Get("lan"));
        ground.Host.Do(() => ground.Module.Disconnect("web_1.x", network, room.Namespace));
        FakeDhcpServer.Question release = server.Next();
        Assert.Equal((DhcpMessageType.Release, Given, Given, false),
            (release.Type, $"{release.Own}", $"{release.From}", release.IsForEverybody));
        Assert.Equal([198, 51, 100, 2], release.Option(54)!);
        Assert.Null(release.Option(50));
        Assert.Equal($"{end.Mac}", $"{release.Mac}");
        Assert.Equal(["lo"], LinkNetworkTests.Links(room));
        Assert.Empty(ground.State());
    }

    [Fact]
    public void The_first_offer_counts_and_what_cannot_be_is_passed_over()
    {
        using var ground = new NetworkGround();
        Create(ground);
        using var server = new FakeDhcpServer(ground.Outside, question => question.Type == DhcpMessageType.Discover
            ?
            [
                question.Answer(5, "198.51.100.40"), question.Answer(2, "198.51.100.41").Without(1),
                question.Answer(2, Given), question.Answer(2, "198.51.100.42").With(54, 198, 51, 100, 9),
            ]
            :
            [
                question.Answer(6, "0.0.0.0").With(54, 198, 51, 100, 9), question.Answer(2, "198.51.100.43"),
                question.Yes(Given),
            ]);
        Assert.Equal(Given, $"{Attach(ground, ground.NewRoom(), "web").Address}");
    }

    [Theory]
    [InlineData(false, "network lan: no DHCP server answers, though asked 3 times; check that a server serves the "
        + "network that its parent interface is on")]
    [InlineData(true, "network lan: no DHCP server answers, though asked 3 times; an answer could not be used: it has "
        + "no subnet mask (option 1), or none that is one; check that a server serves the network that its parent "
        + "interface is on")]
    public void Who_gets_no_answer_is_told_so_and_nothing_stays(bool isBad, string message)
    {
        using var ground = new NetworkGround();
        Create(ground);
        using var server = new FakeDhcpServer(ground.Outside,
            question => [isBad ? question.Yes(Given)?.Without(1) : null]);
        NetworkRoom room = ground.NewRoom();
        Assert.Equal(message, Assert.Throws<UsageException>(() => Attach(ground, room, "web")).Message);
        Assert.Equal(["lo"], LinkNetworkTests.Links(room));
        Assert.Equal(3, server.Questions.Count);
        Assert.False(Directory.Exists(ground.Roots.RunRoot + "/networks"));
    }

    [Fact]
    public void A_refusal_ends_it_at_once_with_the_servers_reason()
    {
        using var ground = new NetworkGround();
        Create(ground);
        using var server = new FakeDhcpServer(ground.Outside, question => [question.Type == DhcpMessageType.Request
            ? question.Answer(6, "0.0.0.0").With(56, [.. "not today"u8]) : question.Yes(Given)]);
        Assert.Equal("network lan: the DHCP server 198.51.100.2 refuses the address that it has offered: not today",
            Assert.Throws<UsageException>(() => Attach(ground, ground.NewRoom(), "web")).Message);
        Assert.Equal(2, server.Questions.Count);
    }

    [Fact]
    public async Task Nothing_is_locked_while_a_server_thinks()
    {
        using var ground = new NetworkGround();
        Create(ground);
        using var asked = new ManualResetEventSlim();
        using var other = new ManualResetEventSlim();
        using var server = new FakeDhcpServer(ground.Outside, question =>
        {
            asked.Set();
            other.Wait(20_000);
            return [question.Yes(Given)];
        });
        NetworkRoom room = ground.NewRoom();
        Task<Endpoint> slow = Task.Run(() => Attach(ground, room, "web"));
        Assert.True(asked.Wait(20_000));
        // What needs the lock for itself: the join of another container.
        using (new EndpointStore(ground.Roots).Lock(exclusive: true)) other.Set();
        Assert.Equal(Given, $"{(await slow).Address}");
    }

    [Fact]
    public void What_the_server_says_cannot_be_asked_for()
    {
        using var ground = new NetworkGround();
        NetworkRequest request = Request();
        Refused(request with { Subnets = ["198.51.100.0/24"] }, "subnets, gateways and other addresses are what");
        Refused(request with { HasIpv6 = true }, "the IPAM driver dhcp gives IPv4 addresses and no others");
        Refused(request with { Options = [] }, "the IPAM driver dhcp needs a parent interface");
        Refused(request with { Driver = "bridge", Options = [] }, "the IPAM driver dhcp is for macvlan networks");
        Refused(request with { Driver = "ipvlan" }, "the IPAM driver dhcp is for macvlan networks");
        Create(ground);
        using var server = new FakeDhcpServer(ground.Outside, question => [question.Yes(Given)]);
        Assert.Equal("network lan gives no address of choice: its DHCP server says which",
            Assert.Throws<UsageException>(() => ground.Attach(ground.NewRoom(), "web",
                [new EndpointSettings("lan") { Ipv4Address = Given }])).Message);

        void Refused(NetworkRequest asked, string message) => Assert.StartsWith(message, Assert.Throws<UsageException>(
            () => ground.Host.Do(() => ground.Module.Create(asked))).Message);
    }

    internal static NetworkRequest Request() =>
        new("lan") { Driver = "macvlan", UsesDhcp = true, Options = { ["parent"] = "eth0" } };

    internal static NetworkRecord Create(NetworkGround ground) =>
        ground.Host.Do(() => ground.Module.Create(Request()));

    internal static Endpoint Attach(NetworkGround ground, NetworkRoom room, string id) =>
        ground.Attach(room, id, [new EndpointSettings("lan")])[0];

    private static Process Udhcpd(NetworkGround ground, string directory)
    {
        File.WriteAllText(directory + "/leases", "");
        File.WriteAllText(directory + "/conf", $"""
            start 198.51.100.60
            end 198.51.100.62
            interface eth0
            lease_file {directory}/leases
            pidfile {directory}/pid
            option subnet 255.255.255.0
            option router 198.51.100.2
            option dns 198.51.100.3
            option domain example.org
            option lease 600

            """);
        var start = new ProcessStartInfo("busybox", ["udhcpd", "-f", directory + "/conf"])
        {
            RedirectStandardError = true,
        };
        Process server = ground.Outside.Do(() => Process.Start(start)!);
        // It says so when it listens.
        Assert.Contains("started", server.StandardError.ReadLine());
        _ = server.StandardError.ReadToEndAsync();
        return server;
    }
}
