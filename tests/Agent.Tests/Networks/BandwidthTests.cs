using System.Net.Sockets;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

public class BandwidthTests
{
    [Fact]
    public void Each_container_of_a_network_has_its_limits_and_an_endpoint_may_have_others()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => ground.Module.Create(new NetworkRequest("slow")
        {
            Options = new() { [Bandwidth.IngressKey] = "80M", [Bandwidth.EgressKey] = "8mbit" },
        }));
        NetworkRoom room = ground.NewRoom(), other = ground.NewRoom(), plain = ground.NewRoom();
        Endpoint end = ground.Attach(room, "a", [new EndpointSettings("slow")])[0];
        Endpoint own = ground.Attach(other, "b", [new EndpointSettings("slow")
        {
            DriverOptions = new() { [Bandwidth.EgressKey] = "10G" },
        }])[0];
        Endpoint free = ground.Attach(plain, "c");
        Assert.Contains(": root refcnt 2 rate 80Mbit burst 10", Limit(ground.Host, end.HostVeth));
        Assert.Contains(" root refcnt 2 rate 8Mbit burst 64Kb", Limit(room, "eth0"));
        Assert.Contains(" rate 80Mbit ", Limit(ground.Host, own.HostVeth));
        Assert.Contains(" rate 10Gbit ", Limit(other, "eth0"));
        Assert.DoesNotContain("tbf", Limit(ground.Host, free.HostVeth) + Limit(plain, "eth0"));
        // Two seconds' worth, but for the bucket, does not come in one.
        Assert.InRange(SecondsToSend(room, other, own, 2_000_000), 1.5, 60);
        ground.Host.Do(() => ground.Module.Detach("a", deleteLink: true));
    }

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("1.5M")]
    [InlineData("-1")]
    [InlineData("7999")]
    [InlineData("1001G")]
    [InlineData("99999999999999999999")]
    [InlineData("10Mbyte")]
    public void What_is_no_limit_is_refused(string text)
    {
        using var ground = new NetworkGround();
        Assert.StartsWith("invalid value for " + Bandwidth.EgressKey, Assert.Throws<UsageException>(() =>
            ground.Host.Do(() => ground.Module.Create(new NetworkRequest("slow")
            {
                Options = new() { [Bandwidth.EgressKey] = text },
            }))).Message);
        NetworkRoom room = ground.NewRoom();
        Assert.StartsWith("invalid value for " + Bandwidth.EgressKey, Assert.Throws<UsageException>(() =>
            ground.Attach(room, "a", [new EndpointSettings("bridge")
            {
                DriverOptions = new() { [Bandwidth.EgressKey] = text },
            }])).Message);
        Assert.Empty(ground.State());
    }

    private static string Limit(NetworkRoom room, string link) =>
        room.Do(() => FreshNetwork.Output("tc", "qdisc", "show", "dev", link));

    private static double SecondsToSend(NetworkRoom from, NetworkRoom to, Endpoint end, int bytes)
    {
        using Socket listener = to.Do(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.IPv6Any, 99));
        listener.Listen();
        using Socket sender = from.Do(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        sender.Connect(end.Address!, 99);
        using Socket receiver = listener.Accept();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Task sending = Task.Run(() => sender.Send(new byte[bytes]));
        byte[] buffer = new byte[100_000];
        for (int left = bytes; left > 0;) left -= receiver.Receive(buffer);
        sending.GetAwaiter().GetResult();
        return clock.Elapsed.TotalSeconds;
    }
}
