using System.Net;
using System.Net.Sockets;
using System.Text;
using Skiff.Agent.Networks;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

public class NetworkTrafficTests
{
    [Fact]
    public void A_published_port_answers_from_everywhere()
    {
        using var ground = new NetworkGround();
        (NetworkRoom web, Endpoint endpoint) = ground.Attach("web", "8080:80");
        (NetworkRoom other, Endpoint otherEndpoint) = ground.Attach("other");
        using IDisposable server = web.Serve(80);

        Assert.Equal("198.51.100.2", ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal(NetworkGround.HostAddress, ground.Host.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal($"{endpoint.Gateway}", ground.Host.Fetch("127.0.0.1", 8080));
        Assert.Equal($"{endpoint.Gateway}", ground.Host.Fetch($"{endpoint.Address}", 80));
        Assert.Equal($"{otherEndpoint.Address}", other.Fetch($"{endpoint.Address}", 80));
        Assert.Equal($"{endpoint.Gateway}", other.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal($"{endpoint.Gateway}", other.Fetch($"{endpoint.Gateway}", 8080));
        Assert.Equal($"{endpoint.Gateway}", web.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal("127.0.0.1", web.Fetch("127.0.0.1", 80));
    }

    [Fact]
    public void Containers_reach_the_outside_with_the_hosts_address()
    {
        using var ground = new NetworkGround();
        (NetworkRoom room, Endpoint _) = ground.Attach("c");
        using IDisposable server = ground.Outside.Serve(80);
        Assert.Equal(NetworkGround.HostAddress, room.Fetch("198.51.100.2", 80));
    }

    [Fact]
    public void What_is_not_published_is_not_reachable_from_outside()
    {
        using var ground = new NetworkGround();
        (NetworkRoom web, Endpoint endpoint) = ground.Attach("web", "127.0.0.1:8081:81", "198.51.100.1:8082:82");
        using IDisposable server80 = web.Serve(80);
        using IDisposable server81 = web.Serve(81);
        using IDisposable server82 = web.Serve(82);
        // The outside machine knows the way to the bridge, which is what an attacker on the same wire can do.
        string subnet = ground.Module.Get("bridge").Pools[0].Subnet.ToString();
        ground.Outside.Do(() => FreshNetwork.Output("ip", "route", "add", subnet, "via", NetworkGround.HostAddress));

        Assert.Equal("no answer", ground.Outside.Fetch($"{endpoint.Address}", 80));
        Assert.Equal("198.51.100.2", ground.Outside.Fetch(NetworkGround.HostAddress, 8082));
        Assert.Equal("ConnectionRefused", ground.Outside.Fetch(NetworkGround.HostAddress, 8081));
        Assert.Equal($"{endpoint.Gateway}", ground.Host.Fetch("127.0.0.1", 8081));
        Assert.Equal("ConnectionRefused", ground.Host.Fetch("127.0.0.1", 8082));
    }

    [Fact]
    public void Containers_cannot_reach_what_the_host_serves_on_loopback()
    {
        using var ground = new NetworkGround();
        (NetworkRoom room, Endpoint endpoint) = ground.Attach("c");
        using IDisposable server = ground.Host.Serve(99, IPAddress.Loopback);
        // Inside, 127.0.0.0/8 is sent to the gateway instead of being kept: what a container with NET_ADMIN can do.
        room.Do(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/conf/eth0/route_localnet", "1");
            FreshNetwork.Output("ip", "address", "del", "127.0.0.1/8", "dev", "lo");
            FreshNetwork.Output("ip", "route", "add", "127.0.0.1", "via", $"{endpoint.Gateway}", "dev", "eth0");
        });
        Assert.Equal("no answer", room.Fetch("127.0.0.1", 99));
        Assert.Equal("127.0.0.1", ground.Host.Fetch("127.0.0.1", 99));
    }

    [Fact]
    public void A_flushed_ruleset_comes_back_with_the_next_container()
    {
        using var ground = new NetworkGround();
        (NetworkRoom web, Endpoint _) = ground.Attach("web", "8080:80");
        using IDisposable server = web.Serve(80);
        ground.Host.Do(() => FreshNetwork.Output("nft", "flush", "ruleset"));
        Assert.Equal("ConnectionRefused", ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        ground.Attach("next");
        Assert.Equal("198.51.100.2", ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
    }

    [Fact]
    public void Udp_flows_follow_the_container_that_has_the_port_now()
    {
        using var ground = new NetworkGround();
        (NetworkRoom first, Endpoint _) = ground.Attach("first", "5000:50/udp");
        using UdpClient firstServer = first.Do(() => new UdpClient(50));
        using UdpClient client = ground.Outside.Do(() => new UdpClient(4444));
        Assert.Equal("hello", Send(client, firstServer, "hello"));

        ground.Host.Do(() => ground.Module.Detach("first"));
        // The port belongs to nobody: this flow is noted as one to the host itself.
        client.Send("lost"u8, NetworkGround.HostAddress, 5000);
        (NetworkRoom second, Endpoint _) = ground.Attach("second", "5000:50/udp");
        using UdpClient secondServer = second.Do(() => new UdpClient(50));
        Assert.Equal("again", Send(client, secondServer, "again"));
        Assert.Equal(0, firstServer.Available);
    }

    private static string Send(UdpClient client, UdpClient server, string text)
    {
        client.Send(Encoding.ASCII.GetBytes(text), NetworkGround.HostAddress, 5000);
        server.Client.ReceiveTimeout = 2000;
        IPEndPoint? from = null;
        return Encoding.ASCII.GetString(server.Receive(ref from));
    }
}
