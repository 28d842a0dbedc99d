using System.Net;
using System.Net.Sockets;

namespace Skiff.Interop.Tests.Libc;

public class InternetSocketTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", true)]
    [InlineData("::1", false)]
    public void What_is_written_arrives(string text, bool isTcp)
    {
        IPAddress address = IPAddress.Parse(text);
        using var receiver = new Socket(address.AddressFamily, isTcp ? SocketType.Stream : SocketType.Dgram,
            isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(address, 0));
        if (isTcp) receiver.Listen();
        ushort port = (ushort)((IPEndPoint)receiver.LocalEndPoint!).Port;
        Assert.Equal(Errno.None, InternetSocket.TryConnect(address, port, isTcp, 1000, out Fd? socket));
        using (socket)
        {
            Files.WriteAll(socket!, "hello"u8);
            using Socket connection = isTcp ? receiver.Accept() : receiver;
            byte[] buffer = new byte[100];
            Assert.Equal(5, connection.Receive(buffer));
        }
    }

    [Theory]
    [InlineData("203.0.113.7", ProtocolType.Tcp)]
    [InlineData("203.0.113.7", ProtocolType.Udp)]
    [InlineData("2001:db8:7::7", ProtocolType.Tcp)]
    public void Port_of_an_address_that_is_not_there_yet_is_free(string text, ProtocolType protocol) =>
        Assert.Equal(Errno.None, PortProbe.TryBind((int)protocol, IPAddress.Parse(text), 40_000));

    [Fact]
    public void Nobody_there_is_an_error_and_a_full_connection_a_timeout()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ushort port = (ushort)((IPEndPoint)listener.LocalEndPoint!).Port;
        Assert.Equal(Errno.ECONNREFUSED, InternetSocket.TryConnect(IPAddress.Loopback, port, true, 1000, out _));
        listener.Listen();
        Assert.Equal(Errno.None, InternetSocket.TryConnect(IPAddress.Loopback, port, true, 200, out Fd? socket));
        using (socket)
        {
            Errno errno;
            do errno = Files.TryWrite(socket!, new byte[1 << 20], out _);
            while (errno == Errno.None);
            Assert.Equal(Errno.EAGAIN, errno);
        }
    }
}
