using System.Net;
using System.Net.Sockets;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Netlink;

public class PacketSocketTests
{
    [Fact]
    public void Of_all_packets_those_for_the_port_come_and_what_is_sent_arrives() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE);
        (Fd ns, NetlinkSocket inside) = FreshNetwork.Another();
        using (ns)
        using (inside)
        {
            using var batch = new NetlinkBatch();
            Links.AddVeth(batch, new VethPair { Name = "eth0", PeerName = "eth0", PeerNamespace = ns });
            Links.Set(batch, "eth0", new LinkChange { Up = true });
            socket.Execute(batch);
            LinkInfo own = Links.Find(socket, "eth0")!.Value, far = Links.Find(inside, "eth0")!.Value;
            Give(socket, own.Index, "192.0.2.1");
            Give(inside, far.Index, "192.0.2.2");
            using PacketSocket packets = PacketSocket.Open(own.Index, 68);
            using Socket udp = In(ns, () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            udp.Bind(new IPEndPoint(IPAddress.Any, 67));
            foreach (int port in (int[])[69, 68, 4420])
                udp.SendTo([(byte)port], new IPEndPoint(IPAddress.Parse("192.0.2.1"), port));

            byte[] buffer = new byte[100];
            Assert.Equal(PollEvents.POLLIN, Files.Poll(packets.Fd, PollEvents.POLLIN, 10_000));
            Assert.Equal(Errno.None, packets.TryReceive(buffer, out int count, out MacAddress from));
            Assert.Equal((29, (byte)0x45, (byte)68, far.Mac), (count, buffer[0], buffer[28], from));
            Assert.Equal(Errno.EAGAIN, packets.TryReceive(buffer, out _, out _));

            // The same one back: the header's sum stays what it is, and UDP's is left out.
            byte[] packet = buffer[..29];
            (packet[15], packet[19], packet[21], packet[23]) = (packet[19], packet[15], 68, 67);
            (packet[26], packet[27]) = (0, 0);
            Assert.Equal(Errno.None, packets.TrySend(packet, far.Mac));
            udp.ReceiveTimeout = 10_000;
            Assert.Equal(1, udp.Receive(buffer));
            Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => PacketSocket.Open(999, 68)).Errno);
        }
    });

    private static void Give(NetlinkSocket socket, int link, string address)
    {
        using var batch = new NetlinkBatch();
        Links.Set(batch, link, new LinkChange { Up = true });
        Addresses.Add(batch, link, IPAddress.Parse(address), 24);
        socket.Execute(batch);
    }

    private static Socket In(Fd ns, Func<Socket> open)
    {
        using (new NetNamespaceScope(ns)) return open();
    }
}
