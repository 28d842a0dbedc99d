using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Skiff.Agent.Tests.Dns;

/// <summary>
/// A name server of the test's: it gives to each question what the test says, by UDP and TCP, and counts.
/// </summary>
internal sealed class FakeServer : IDisposable
{
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<Question, byte[]?> _answer;
    private int _udpCount, _tcpCount;

    /// <summary>Listens on port 53; to be made on a thread of the right namespace.</summary>
    /// <param name="address">A loopback address.</param>
    /// <param name="answer">Called on any thread; null stays silent.</param>
    public FakeServer(string address, Func<Question, byte[]?> answer)
    {
        _answer = answer;
        var end = new IPEndPoint(IPAddress.Parse(address), 53);
        _udp.Bind(end);
        _tcp.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _tcp.Bind(end);
        _tcp.Listen();
        Start(ServeUdp);
        Start(() =>
        {
            while (true)
            {
                Socket client = _tcp.Accept();
                Start(() => ServeTcp(client));
            }
        });
    }

    public int UdpCount => _udpCount;

    public int TcpCount => _tcpCount;

    /// <summary>All questions in the order in which they came.</summary>
    public ConcurrentQueue<Question> Questions { get; } = new();

    public void Dispose()
    {
        _udp.Dispose();
        _tcp.Dispose();
    }

    private void ServeUdp()
    {
        byte[] buffer = new byte[65536];
        while (true)
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            int count = _udp.ReceiveFrom(buffer, ref from);
            Interlocked.Increment(ref _udpCount);
            byte[] message = buffer[..count];
            var port = ((IPEndPoint)from).Port;
            // Slow answers to one must not hold up others.
            Start(() =>
            {
                var question = new Question(message, IsTcp: false, port);
                Questions.Enqueue(question);
                if (_answer(question) is { } answer) _udp.SendTo(answer, from);
            });
        }
    }

    private void ServeTcp(Socket client)
    {
        using (client)
            while (true)
            {
                byte[] length = Receive(client, 2);
                byte[] message = Receive(client, length[0] << 8 | length[1]);
                Interlocked.Increment(ref _tcpCount);
                var question = new Question(message, IsTcp: true, 0);
                Questions.Enqueue(question);
                if (_answer(question) is not { } answer) continue;
                client.Send([(byte)(answer.Length >> 8), (byte)answer.Length, .. answer]);
            }
    }

    private static byte[] Receive(Socket client, int bytes)
    {
        byte[] buffer = new byte[bytes];
        for (int done = 0; done < bytes;)
        {
            int count = client.Receive(buffer, done, bytes - done, SocketFlags.None);
            if (count == 0) throw new SocketException((int)SocketError.ConnectionReset);
            done += count;
        }
        return buffer;
    }

    private static void Start(Action work) => new Thread(() =>
    {
        try
        {
            work();
        }
        catch (SocketException)
        {
        }
        catch (ObjectDisposedException)
        {
        }
    }, 256 << 10) { IsBackground = true }.Start();
}
