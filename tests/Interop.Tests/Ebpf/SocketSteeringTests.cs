using System.Net;
using System.Net.Sockets;
using Skiff.Interop.Ebpf;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Ebpf;

/// <summary>Sockets that get what is sent to an address and a port which they are not bound to.</summary>
public sealed class SocketSteeringTests : IDisposable
{
    private const ushort Port = 53;

    private static readonly IPAddress s_address = IPAddress.Parse("127.0.0.11");
    private static readonly IPEndPoint s_end = new(s_address, Port);

    private readonly NetNamespace _namespace = NetNamespace.Create();

    public SocketSteeringTests()
    {
        using var batch = new NetlinkBatch();
        Links.Set(batch, 1, new LinkChange { Up = true }, "lo");
        _namespace.Rtnetlink.Execute(batch);
    }

    public void Dispose() => _namespace.Dispose();

    [Fact]
    public void Datagrams_reach_the_socket_and_answers_seem_to_come_from_there()
    {
        using var inside = new NetNamespaceScope(_namespace.Fd);
        using Steered steered = Attach();
        // Somebody else has the port.
        using var owner = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        owner.Bind(new IPEndPoint(IPAddress.Any, Port));
        using Socket client = Client(SocketType.Dgram);
        Span<byte> source = stackalloc byte[4];
        s_address.TryWriteBytes(source, out _);
        var batch = new DatagramBatch(4, 100,
            new DatagramPeer(BitConverter.ToUInt32(source), (ushort)IPAddress.HostToNetworkOrder((short)Port)));
        Assert.Equal(Errno.None, InternetSocket.TryOpenRaw(out Fd? raw));
        using (raw)
        {
            client.Send("one"u8);
            client.Send("two"u8);
            Assert.Equal(Errno.None, batch.TryReceive(steered.Udp, out int count));
            Assert.Equal(2, count);
            for (int i = 0; i < count; i++)
            {
                batch.Message(i).CopyTo(batch.ReplySpace);
                batch.Queue(batch.Peer(i), 3);
            }
            batch.Flush(raw!);
            batch.SendLong(raw!, batch.Peer(0), new byte[DatagramBatch.LongReplyOffset + 30_000]);
            Assert.Equal(Errno.EAGAIN, batch.TryReceive(steered.Udp, out _));
        }
        Assert.Equal(["one", "two"], [Receive(client, 3), Receive(client, 3)]);
        Assert.Equal(30_000, Receive(client, 30_000).Length);
        Assert.Equal(0, owner.Available);
        // Other addresses are the owner's.
        client.Connect(IPAddress.Loopback, Port);
        client.Send("three"u8);
        Assert.True(owner.Poll(5_000_000, SelectMode.SelectRead));
    }

    [Fact]
    public void Connections_reach_the_socket_until_the_end()
    {
        using var inside = new NetNamespaceScope(_namespace.Fd);
        using (Steered steered = Attach())
        {
            using Socket client = Client(SocketType.Stream);
            Assert.Equal(s_end, client.RemoteEndPoint);
            Assert.Equal(Errno.None, InternetSocket.TryAccept(steered.Tcp, out Fd? connection));
            using (connection) Files.WriteAll(connection!, "hello"u8);
            Assert.Equal("hello", Receive(client, 5));
            Assert.NotEqual(Port, InternetSocket.LocalPort(steered.Tcp));
        }
        Assert.Equal(SocketError.ConnectionRefused,
            Assert.Throws<SocketException>(() => Client(SocketType.Stream)).SocketErrorCode);
    }

    [Fact]
    public void Another_process_may_take_over_while_the_first_one_is_there()
    {
        using var inside = new NetNamespaceScope(_namespace.Fd);
        Steered first = Attach();
        using Steered second = Attach();
        first.Dispose();
        using Socket client = Client(SocketType.Stream);
        Assert.Equal(Errno.None, InternetSocket.TryAccept(second.Tcp, out Fd? connection));
        connection!.Dispose();
    }

    [Fact]
    public void A_wrong_socket_is_an_error()
    {
        Fd wrong = _namespace.Fd;
        Errno errno = SocketSteering.TryAttach(_namespace.Fd, s_address, Port, wrong, wrong, out var steering);
        Assert.NotEqual(Errno.None, errno);
        Assert.Null(steering);
    }

    [Fact]
    public void Sockets_for_loops_do_not_wait()
    {
        using var inside = new NetNamespaceScope(_namespace.Fd);
        // Nobody is there: UDP learns it from the first packet, TCP from the connection.
        Assert.Equal(Errno.None, InternetSocket.TryBegin(IPAddress.Loopback, 9, isTcp: false, out Fd? udp));
        using (udp)
        {
            Files.TryWrite(udp!, "x"u8, out _);
            Assert.Equal(Errno.ECONNREFUSED, Files.TryRead(udp!, new byte[10], out _));
        }
        Assert.Equal(Errno.None, InternetSocket.TryBegin(IPAddress.Loopback, 9, isTcp: true, out Fd? refused));
        using (refused) Assert.Equal(Errno.ECONNREFUSED, Files.TryWrite(refused!, "x"u8, out _));
        Assert.Equal(Errno.ENETUNREACH,
            InternetSocket.TryBegin(IPAddress.Parse("192.0.2.1"), 9, isTcp: false, out Fd? none));
        Assert.Null(none);
        Assert.Equal(Errno.None, InternetSocket.TryBind(s_address, 1053, isTcp: true, out Fd? tcp));
        using (tcp)
        {
            Assert.Equal(1053, InternetSocket.LocalPort(tcp!));
            Assert.Equal(Errno.EAGAIN, InternetSocket.TryAccept(tcp!, out _));
            Assert.Equal(Errno.EADDRINUSE, InternetSocket.TryBind(s_address, 1053, isTcp: true, out _));
        }
    }

    [Fact]
    public void Scope_ends_where_it_began()
    {
        string Current() => new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
        string before = Current();
        using (new NetNamespaceScope(_namespace.Fd)) Assert.NotEqual(before, Current());
        Assert.Equal(before, Current());
    }

    [Fact]
    public void Message_longer_than_there_is_room_for_is_empty()
    {
        using var inside = new NetNamespaceScope(_namespace.Fd);
        Assert.Equal(Errno.None, InternetSocket.TryBind(IPAddress.Loopback, 1054, isTcp: false, out Fd? socket));
        using Socket client = Client(SocketType.Dgram);
        client.Connect(IPAddress.Loopback, 1054);
        client.Send(new byte[11]);
        client.Send(new byte[10]);
        var batch = new DatagramBatch(4, 10);
        using (socket)
        {
            Assert.Equal(Errno.None, batch.TryReceive(socket!, out int count));
            Assert.Equal((2, 0, 10), (count, batch.Message(0).Length, batch.Message(1).Length));
            batch.Queue(batch.Peer(1), 2);
            batch.Flush(socket!);
        }
        Assert.Equal(2, Receive(client, 2).Length);
    }

    private Steered Attach()
    {
        Assert.Equal(Errno.None, InternetSocket.TryBind(s_address, 0, isTcp: false, out Fd? udp));
        Assert.Equal(Errno.None, InternetSocket.TryBind(s_address, 0, isTcp: true, out Fd? tcp));
        Assert.Equal(Errno.None,
            SocketSteering.TryAttach(_namespace.Fd, s_address, Port, udp!, tcp!, out SocketSteering? steering));
        return new Steered(udp!, tcp!, steering!);
    }

    private static Socket Client(SocketType type)
    {
        var socket = new Socket(AddressFamily.InterNetwork, type,
            type == SocketType.Dgram ? ProtocolType.Udp : ProtocolType.Tcp) { ReceiveTimeout = 5000 };
        socket.Connect(s_end);
        return socket;
    }

    private static string Receive(Socket client, int bytes)
    {
        byte[] buffer = new byte[bytes + 1];
        return System.Text.Encoding.ASCII.GetString(buffer, 0, client.Receive(buffer));
    }

    private sealed record Steered(Fd Udp, Fd Tcp, SocketSteering Steering) : IDisposable
    {
        public void Dispose()
        {
            Steering.Dispose();
            Udp.Dispose();
            Tcp.Dispose();
        }
    }
}
