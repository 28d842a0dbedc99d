using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Skiff.Agent.Dns;

namespace Skiff.Agent.Tests.Dns;

/// <summary>Many clients, slow ones, and ones that never take what they asked for.</summary>
public class DnsLoadTests
{
    private const string First = "127.1.0.1";
    private const int ClientCount = 1000;

    private static readonly DnsOptions s_one = new() { Servers = [IPAddress.Parse(First)] };
    private static readonly IPEndPoint s_resolver = new(IPAddress.Parse("127.0.0.11"), 53);

    private static void Run(Action<DnsGround> test) =>
        DnsGround.Run(s_one, new FakeNames().Add("web", "172.18.0.2")
            .Add("huge", [.. Enumerable.Range(0, 4000).Select(i => $"10.{i / 250}.{i % 250}.2")])
            .Add("many", [.. Enumerable.Range(0, 2000).Select(i => $"10.{i / 250}.{i % 250}.1")]), test);

    [Fact]
    public void A_thousand_clients_at_once_all_get_their_own_answer() => Run(ground =>
    {
        using var server = new FakeServer(First, q =>
        {
            Thread.Sleep(100);
            int number = int.Parse(q.Name[1..5]);
            return q.Addresses(0, $"10.1.{number / 250}.{number % 250}");
        });
        Socket[] clients = Clients(ground);
        for (int i = 0; i < ClientCount; i++) clients[i].Send(QueryOf($"c{i:0000}.example", i));
        byte[] buffer = new byte[1500];
        for (int i = 0; i < ClientCount; i++)
        {
            int count = clients[i].Receive(buffer);
            Assert.Equal((i >> 8, i & 255), (buffer[0], buffer[1]));
            Assert.Equal(0, buffer[3] & 15);
            Assert.Equal([10, 1, (byte)(i / 250), (byte)(i % 250)], buffer[(count - 4)..count]);
            clients[i].Dispose();
        }
        Assert.Equal(0, ground.Do(() => ground.Server.Pending));
    });

    [Fact]
    public void Names_of_containers_are_answered_while_a_thousand_clients_wait_for_nobody() => Run(ground =>
    {
        using var silent = new FakeServer(First, _ => null);
        Socket[] clients = Clients(ground);
        for (int i = 0; i < ClientCount; i++) clients[i].Send(QueryOf($"c{i:0000}.example", i));
        var watch = Stopwatch.StartNew();
        Assert.Equal(["172.18.0.2"], ground.Short("web"));
        Assert.InRange(watch.ElapsedMilliseconds, 0, 4000);
        // Some may have been lost on their way, but those that wait are bounded, and so are sockets.
        Assert.InRange(ground.Do(() => ground.Server.Pending), 200, 1024);
        Assert.InRange(DnsGround.SocketsTo(First), 100, 256);
        foreach (Socket client in clients) client.Dispose();
        // Clients that have gone leave nothing, once nobody has answered for five seconds.
        Assert.True(SpinWait.SpinUntil(
            () => ground.Do(() => ground.Server.Pending) == 0 && DnsGround.SocketsTo(First) == 0, 60_000));
    });

    [Fact]
    public void Slow_connections_are_bounded_and_hold_up_nobody() => Run(ground =>
    {
        Socket[] slow = [.. Enumerable.Range(0, 200).Select(_ => Connect(ground))];
        foreach (Socket client in slow) client.Send([0]);
        Assert.Equal(["172.18.0.2"], ground.Short("+tcp", "web"));
        Assert.InRange(ground.Do(() => ground.Server.Connections), 1, 64);
        Assert.True(SpinWait.SpinUntil(() => ground.Do(() => ground.Server.Connections) == 0, 60_000));
        // They were told.
        foreach (Socket client in slow)
        {
            client.ReceiveTimeout = 5000;
            try
            {
                Assert.Equal(0, client.Receive(new byte[1]));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
            }
            client.Dispose();
        }
    });

    [Fact]
    public void Messages_of_a_connection_come_in_any_pieces() => Run(ground =>
    {
        using var server = new FakeServer(First, q => q.Addresses(60, "192.0.2.1"));
        using Socket client = Connect(ground);
        client.NoDelay = true;
        client.ReceiveTimeout = 5000;
        byte[] three = [.. Framed(QueryOf("web", 1)), .. Framed(QueryOf("x.example", 2)), .. Framed(QueryOf("web", 3))];
        foreach (byte b in three) client.Send([b]);
        client.Send(three);
        int[] ids = [.. Enumerable.Range(0, 6).Select(_ => ReceiveFramed(client)).Select(m => m[0] << 8 | m[1])];
        Assert.Equal([1, 1, 2, 2, 3, 3], ids.Order());
    });

    [Theory]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 1, 2, 3 })]
    [InlineData(new byte[] { 0, 12, 0, 1, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0 })]
    public void Connection_with_rubbish_is_ended(byte[] rubbish) => Run(ground =>
    {
        using Socket client = Connect(ground);
        client.ReceiveTimeout = 5000;
        client.Send(rubbish);
        try
        {
            Assert.Equal(0, client.Receive(new byte[10]));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
        Assert.Equal(0, ground.Do(() => ground.Server.Connections));
    });

    [Fact]
    public void Client_that_takes_nothing_gets_no_memory() => Run(ground =>
    {
        const int Questions = 500_000;
        using Socket client = Connect(ground);
        client.SendTimeout = 300;
        byte[] query = Framed(QueryOf("many", 7));
        long sent = 0;
        try
        {
            // 32 kB for each: gigabytes, if it were up to the client.
            for (int i = 0; i < Questions; i++) sent += client.Send(query);
        }
        catch (SocketException)
        {
        }
        Assert.Equal(["172.18.0.2"], ground.Short("web"));
        GC.Collect();
        Assert.True(ground.Do(() => GC.GetTotalMemory(forceFullCollection: true)) < 64 << 20);
        Assert.InRange(sent, 1, (Questions - 1) * query.Length);
    });

    [Fact]
    public void Client_that_takes_slowly_gets_everything() => Run(ground =>
    {
        using Socket client = Connect(ground);
        client.ReceiveTimeout = 5000;
        byte[] query = Framed(QueryOf("many", 7));
        for (int i = 0; i < 300; i++) client.Send(query);
        Thread.Sleep(500);
        for (int i = 0; i < 300; i++)
        {
            byte[] message = ReceiveFramed(client);
            Assert.Equal(2000, message[6] << 8 | message[7]);
        }
    });

    [Fact]
    public void Questions_behind_an_answer_that_waits_to_be_taken_get_theirs_afterwards() => Run(ground =>
    {
        byte[] query = Framed(QueryOf("huge", 7));
        // How much the kernel takes is its own affair: one of these counts has the last questions wait.
        for (int count = 10; count <= 80; count += 2)
        {
            using Socket client = Connect(ground, receiveBytes: 4096);
            client.ReceiveTimeout = 5000;
            // All in one piece, so that nothing comes later that would wake anybody.
            client.Send([.. Enumerable.Repeat(query, count).SelectMany(bytes => bytes)]);
            Thread.Sleep(30);
            for (int i = 0; i < count; i++) Assert.True(ReceiveFramed(client).Length > 60_000);
        }
    });

    [Fact]
    public void Local_and_remembered_answers_allocate_nothing() => Run(ground =>
    {
        using var server = new FakeServer(First, q => q.Addresses(300, "192.0.2.1"));
        Assert.Equal(["192.0.2.1"], ground.Short("x.example"));
        using var client = ground.InContainer(() => Udp());
        byte[] local = QueryOf("web", 1), remembered = QueryOf("x.example", 2), buffer = new byte[1500];
        void Ask()
        {
            client.Send(local);
            client.Receive(buffer);
            client.Send(remembered);
            client.Receive(buffer);
        }
        for (int i = 0; i < 100; i++) Ask();
        long before = ground.AllocatedBytes;
        for (int i = 0; i < 2000; i++) Ask();
        // The test's own names take 56 bytes or so, for a string each.
        Assert.InRange((ground.AllocatedBytes - before) / 4000.0, 0, 60);
        Assert.Equal(1, server.UdpCount);
    });

    private static Socket[] Clients(DnsGround ground) => ground.InContainer(() =>
        Enumerable.Range(0, ClientCount).Select(_ => Udp()).ToArray());

    private static Socket Udp()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.ReceiveTimeout = 9000;
        socket.Connect(s_resolver);
        return socket;
    }

    private static Socket Connect(DnsGround ground, int? receiveBytes = null) => ground.InContainer(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBytes is { } bytes) socket.ReceiveBufferSize = bytes;
        socket.Connect(s_resolver);
        return socket;
    });

    private static byte[] QueryOf(string name, int id) =>
    [
        (byte)(id >> 8), (byte)id,
        .. MessageBytes.Join(MessageBytes.Header(0x0100), MessageBytes.Question(MessageBytes.Name(name)))[2..],
    ];

    private static byte[] Framed(byte[] message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];

    private static byte[] ReceiveFramed(Socket client)
    {
        byte[] length = Receive(client, 2);
        return Receive(client, length[0] << 8 | length[1]);
    }

    private static byte[] Receive(Socket client, int bytes)
    {
        byte[] buffer = new byte[bytes];
        for (int done = 0; done < bytes;)
        {
            int count = client.Receive(buffer, done, bytes - done, SocketFlags.None);
            Assert.NotEqual(0, count);
            done += count;
        }
        return buffer;
    }
}
