using System.Net;
using System.Net.Sockets;
using Skiff.Interop.Netlink;

namespace Skiff.Interop.Tests.Netlink;

public class ConntrackTests
{
    private const string Rules = """
        table inet t {
            chain out { type filter hook output priority 0; ct state established accept; }
            chain nat { type nat hook output priority -100; meta nfproto ipv4 udp dport 7 dnat ip to 127.0.0.2:9; }
        }
        """;

    [Fact]
    public void The_kernels_text_and_its_messages_tell_of_the_same_flows() => FreshNetwork.Run(() =>
    {
        Assert.False(Conntrack.MayHave(_ => true));
        FreshNetwork.Output("ip", "link", "set", "lo", "up");
        FreshNetwork.Output("nft", Rules);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var tcp = new TcpClient("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        using var udp = new UdpClient(new IPEndPoint(IPAddress.Parse("127.0.0.5"), 0));
        udp.Send([1], "127.0.0.1", 7);
        using var udp6 = new UdpClient(AddressFamily.InterNetworkV6);
        udp6.Send([1], "::1", 9);

        var seen = new List<ConntrackFlow>();
        Assert.False(Conntrack.MayHave(flow =>
        {
            seen.Add(flow);
            return false;
        }));
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_NETFILTER);
        List<ConntrackFlow> found = Conntrack.Find(socket, flow => flow.Protocol is 6 or 17);
        Assert.Equal(3, found.Count);
        Assert.Equal(Texts(found), Texts(seen.FindAll(flow => flow.Protocol is 6 or 17)));
        Assert.Contains(found, flow => $"{flow.Destination}:{flow.DestinationPort}" == "127.0.0.1:7"
            && $"{flow.Answerer}:{flow.AnswererPort}" == "127.0.0.2:9");
        Assert.True(Conntrack.MayHave(flow => flow.Protocol == 6));
    });

    private static string[] Texts(List<ConntrackFlow> flows) =>
        [.. flows.Select(flow => $"{flow with { Tuple = [] }}").Order(StringComparer.Ordinal)];
}
