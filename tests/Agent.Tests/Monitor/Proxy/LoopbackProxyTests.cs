using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Skiff.Agent.Monitor.Proxy;

namespace Skiff.Agent.Tests.Monitor.Proxy;

/// <summary>The host's [::1] in front of a container's ports, with real sockets on both sides.</summary>
public class LoopbackProxyTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Each_direction_ends_by_itself(bool clientFirst)
    {
        using var ground = new ProxyGround();
        (Socket client, Socket served) = ground.Pair();
        using var _ = client;
        using var __ = served;
        (Socket first, Socket second) = clientFirst ? (client, served) : (served, client);
        first.Send("question"u8);
        first.Shutdown(SocketShutdown.Send);
        Assert.Equal("question", Rest(second));
        for (int i = 0; i < 3; i++)
        {
            second.Send("answer"u8);
            Assert.Equal("answer", Text(first, 6));
        }
        Assert.Equal(1, ground.Count);
        second.Shutdown(SocketShutdown.Send);
        Assert.Equal("", Rest(first));
        ground.WaitForNone();
    }

    [Fact]
    public async Task Much_goes_both_ways_at_once_and_arrives_as_it_was()
    {
        using var ground = new ProxyGround();
        (Socket client, Socket served) = ground.Pair();
        using var _ = client;
        using var __ = served;
        byte[] up = RandomNumberGenerator.GetBytes(40_000_000), down = RandomNumberGenerator.GetBytes(30_000_001);
        Task[] sending = [Task.Run(() => Send(client, up)), Task.Run(() => Send(served, down))];
        Task<byte[]> hears = Task.Run(() => Hash(served)), sees = Task.Run(() => Hash(client));
        await Task.WhenAll(sending);
        Assert.Equal(SHA256.HashData(up), await hears);
        Assert.Equal(SHA256.HashData(down), await sees);
        ground.WaitForNone();
    }

    [Fact]
    public void Who_does_not_read_stops_who_sends_and_keeps_nobody_busy()
    {
        using var ground = new ProxyGround();
        (Socket client, Socket served) = ground.Pair();
        using var _ = client;
        using var __ = served;
        // The server is done; the client is, too, when its bytes are: hang-ups everywhere, and still bytes to move.
        served.Shutdown(SocketShutdown.Send);
        Assert.Equal("", Rest(client));
        client.SendTimeout = 1000;
        long sent = 0;
        byte[] block = new byte[100_000];
        SocketException full = Assert.Throws<SocketException>(() =>
        {
            while (sent < 1_000_000_000) sent += client.Send(block);
        });
        Assert.Equal(SocketError.TimedOut, full.SocketErrorCode);
        client.Shutdown(SocketShutdown.Send);
        int before = ground.Thread.IdleCount;
        Assert.Equal(1, ground.Count); // Something has happened, so it is told when nothing does any more.
        for (int i = 0; ground.Thread.IdleCount == before; i++)
        {
            Assert.True(i < 600, "the loop is never idle");
            Thread.Sleep(100);
        }
        // The last call may have sent a part of its block.
        Assert.InRange(Count(served), sent, sent + block.Length);
        ground.WaitForNone();
    }

    [Fact]
    public void A_connection_that_is_refused_or_cut_off_is_so_for_the_other_side()
    {
        using (var closed = new ProxyGround(listens: false))
        {
            using Socket refused = closed.Connect();
            Assert.Equal(SocketError.ConnectionReset, ErrorOf(refused));
            closed.WaitForNone();
        }
        using var ground = new ProxyGround();
        foreach (bool byClient in (bool[])[true, false])
        {
            (Socket client, Socket served) = ground.Pair();
            (Socket cut, Socket other) = byClient ? (client, served) : (served, client);
            cut.LingerState = new LingerOption(true, 0);
            cut.Dispose();
            Assert.Equal(SocketError.ConnectionReset, ErrorOf(other));
            other.Dispose();
        }
        ground.WaitForNone();
    }

    [Fact]
    public void More_connections_than_there_may_be_wait_their_turn()
    {
        using var ground = new ProxyGround(most: 2);
        Socket[] clients = [ground.Connect(), ground.Connect(), ground.Connect()];
        Socket[] served = [ground.Server.Accept(), ground.Server.Accept()];
        clients[2].Send("third"u8);
        Assert.Equal(2, ground.Count);
        Assert.False(ground.Server.Poll(500_000, SelectMode.SelectRead));
        clients[0].Dispose();
        Assert.Equal("", Rest(served[0]));
        served[0].Dispose();
        using Socket third = ground.Server.Accept();
        Assert.Equal("third", Text(third, 5));
        foreach (Socket socket in (Socket[])[.. clients, .. served]) socket.Dispose();
    }

    [Fact]
    public void Ports_come_and_go_and_connections_stay_and_what_somebody_has_is_left_to_them()
    {
        using var ground = new ProxyGround();
        (Socket client, Socket served) = ground.Pair();
        using var _ = client;
        using var __ = served;
        using var other = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        other.Listen();
        ProxiedPort taken = ground.Leading((ushort)((IPEndPoint)other.LocalEndPoint!).Port);
        Assert.Equal([taken], ground.Thread.Do(() => ground.Proxy.Refresh([taken])));
        Assert.Equal(SocketError.ConnectionRefused,
            Assert.Throws<SocketException>(() => ground.Connect()).SocketErrorCode);
        client.Send("still"u8);
        Assert.Equal("still", Text(served, 5));
        Assert.Empty(ground.Thread.Do(() => ground.Proxy.Refresh([ground.Leading(ground.Port)])));
        (Socket again, Socket there) = ground.Pair();
        again.Dispose();
        there.Dispose();
    }

    [Fact]
    public void Its_end_cuts_all_connections_off()
    {
        var ground = new ProxyGround();
        (Socket client, Socket served) = ground.Pair();
        using var _ = client;
        using var __ = served;
        client.Send("unread"u8);
        ground.Dispose();
        Assert.Equal(SocketError.ConnectionReset, ErrorOf(client));
    }

    private static SocketError ErrorOf(Socket socket) =>
        Assert.Throws<SocketException>(() => Rest(socket)).SocketErrorCode;

    private static void Send(Socket socket, byte[] bytes)
    {
        for (int at = 0; at < bytes.Length;) at += socket.Send(bytes, at, bytes.Length - at, SocketFlags.None);
        socket.Shutdown(SocketShutdown.Send);
    }

    private static byte[] Hash(Socket socket)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[70_000];
        for (int count; (count = socket.Receive(buffer)) > 0;) hash.AppendData(buffer, 0, count);
        return hash.GetHashAndReset();
    }

    private static long Count(Socket socket)
    {
        byte[] buffer = new byte[70_000];
        long all = 0;
        for (int count; (count = socket.Receive(buffer)) > 0;) all += count;
        return all;
    }

    private static string Text(Socket socket, int length)
    {
        byte[] buffer = new byte[length];
        for (int at = 0; at < length;)
            at += socket.Receive(buffer, at, length - at, SocketFlags.None) is > 0 and var count ? count
                : throw new EndOfStreamException();
        return Encoding.ASCII.GetString(buffer);
    }

    private static string Rest(Socket socket)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[100];
        for (int count; (count = socket.Receive(buffer)) > 0;) text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        return text.ToString();
    }
}
