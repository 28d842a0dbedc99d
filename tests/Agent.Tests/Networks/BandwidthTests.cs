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

    [Fact]
    public void All_containers_of_a_network_share_its_limits_but_not_with_each_other()
    {
        using var ground = new NetworkGround();
        NetworkRecord network = ground.Host.Do(() => ground.Module.Create(new NetworkRequest("slow")
        {
            Options = new() { [Bandwidth.TotalIngressKey] = "8M", [Bandwidth.TotalEgressKey] = "8mbit" },
        }));
        string bridge = ground.Module.BridgeOf(network), table = new NetworkNames(ground.Roots).Table;
        NetworkRoom one = ground.NewRoom(), two = ground.NewRoom();
        Endpoint first = ground.Attach(one, "a", [new EndpointSettings("slow")])[0];
        Endpoint second = ground.Attach(two, "b", [new EndpointSettings("slow")])[0];
        Assert.Contains(": root refcnt 2 rate 8Mbit burst 64Kb", Limit(ground.Host, bridge));
        string Rule() => ground.Host.Do(() => FreshNetwork.Output("nft", "list", "chain", "inet", table,
            "egress_" + bridge));
        string rule = Rule();
        Assert.Contains($"type filter hook ingress device \"{bridge}\" priority filter; policy accept;", rule);
        Assert.Matches(@"limit rate over (1000000 bytes|976 kbytes)/second burst 64 kbytes drop", rule);

        // Each alone would be through in a second and a half.
        var outside = new Endpoint { ContainerId = "", NetworkId = "", NetworkName = "", HostVeth = "",
            Address = System.Net.IPAddress.Parse("198.51.100.2") };
        Assert.InRange(SecondsOf(() => SecondsToSend(one, ground.Outside, outside, 2_000_000, 98),
            () => SecondsToSend(two, ground.Outside, outside, 2_000_000)), 2.5, 120);
        Assert.InRange(SecondsOf(() => SecondsToSend(ground.Host, one, first, 2_000_000),
            () => SecondsToSend(ground.Host, two, second, 2_000_000)), 3, 120);
        // Eight seconds' worth that none of them hears of.
        long before = SentBy(ground.Host, bridge);
        SecondsToSend(one, two, second, 8_000_000);
        Assert.InRange(SentBy(ground.Host, bridge) - before, 0, 1_000_000);

        // Whoever takes the table or the bridge away has not lifted them.
        ground.Host.Do(() => FreshNetwork.Output("nft", "flush", "ruleset"));
        ground.Attach(ground.NewRoom(), "c", [new EndpointSettings("slow")]);
        Assert.Equal(rule, Rule());
        ground.Host.Do(() => FreshNetwork.Output("ip", "link", "delete", bridge));
        ground.Attach(ground.NewRoom(), "d", [new EndpointSettings("slow")]);
        Assert.Equal(rule, Rule());
        Assert.Contains(" rate 8Mbit ", Limit(ground.Host, bridge));
        foreach (string id in (string[])["a", "b", "c", "d"]) ground.Host.Do(() => ground.Module.Detach(id, true));
        ground.Host.Do(() => ground.Module.Remove(network));
        Assert.DoesNotContain("egress_", ground.Host.Do(() => FreshNetwork.Output("nft", "list", "ruleset")));
    }

    [Fact]
    public void A_bridge_that_was_there_is_without_a_limit_when_its_network_has_gone()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => FreshNetwork.Output("ip", "link", "add", "br7", "type", "bridge"));
        NetworkRecord network = ground.Host.Do(() => ground.Module.Create(new NetworkRequest("slow")
        {
            Options = new()
            {
                [BridgeOptions.NameKey] = "br7", [Bandwidth.TotalIngressKey] = "8M", [Bandwidth.TotalEgressKey] = "8M",
            },
        }));
        ground.Attach(ground.NewRoom(), "a", [new EndpointSettings("slow")]);
        Assert.Contains(" rate 8Mbit ", Limit(ground.Host, "br7"));
        ground.Host.Do(() => ground.Module.Detach("a", deleteLink: true));
        ground.Host.Do(() => ground.Module.Remove(network));
        Assert.StartsWith("qdisc noqueue 0: root", Limit(ground.Host, "br7"));
        Assert.DoesNotContain("br7", ground.Host.Do(() => FreshNetwork.Output("nft", "list", "ruleset")));
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

    private static double SecondsOf(params Func<double>[] actions)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Task.WaitAll(Array.ConvertAll(actions, action => Task.Run(action)));
        return clock.Elapsed.TotalSeconds;
    }

    private static long SentBy(NetworkRoom room, string link) => long.Parse(room.Do(() =>
        FreshNetwork.Output("tc", "-s", "qdisc", "show", "dev", link)).Split("Sent ")[1].Split(' ')[0]);

    private static double SecondsToSend(NetworkRoom from, NetworkRoom to, Endpoint end, int bytes, int port = 99)
    {
        using Socket listener = to.Do(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.IPv6Any, port));
        listener.Listen();
        using Socket sender = from.Do(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        sender.Connect(end.Address!, port);
        using Socket receiver = listener.Accept();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Task sending = Task.Run(() => sender.Send(new byte[bytes]));
        byte[] buffer = new byte[100_000];
        for (int left = bytes; left > 0;) left -= receiver.Receive(buffer);
        sending.GetAwaiter().GetResult();
        return clock.Elapsed.TotalSeconds;
    }
}
