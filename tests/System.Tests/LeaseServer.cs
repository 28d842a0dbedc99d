using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Skiff.Agent.Tests.Dhcp;
using Skiff.Interop.Netlink;

namespace Skiff.System.Tests;

/// <summary>
/// A DHCP server for 198.51.100.0/24: it gives each station an address for a short time, and renews it, until it has
/// <see cref="Turn">turned</see>.
/// </summary>
internal sealed class LeaseServer : IDisposable
{
    /// <summary>Its own address.</summary>
    public const string Address = "198.51.100.2";

    private readonly Socket _socket;
    private readonly Thread _thread;
    private readonly Dictionary<MacAddress, int> _stations = [];
    private volatile LeaseTurn _turn;

    /// <param name="link">An interface of the host that has its address.</param>
    public LeaseServer(string link)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { EnableBroadcast = true };
        _socket.SetRawSocketOption(1, 25, [.. global::System.Text.Encoding.ASCII.GetBytes(link), 0]); // SO_BINDTODEVICE
        _socket.Bind(new IPEndPoint(IPAddress.Any, 67));
        _thread = new Thread(Serve);
        _thread.Start();
    }

    /// <summary>What a station has after the turn that had the other address before.</summary>
    public static string SecondOf(string first) => $"198.51.100.{int.Parse(first.Split('.')[3]) + 100}";

    /// <summary>From now on nobody keeps the first address; the second one is for long.</summary>
    public void Turn(LeaseTurn turn) => _turn = turn;

    public void Dispose()
    {
        _socket.Dispose();
        _thread.Join();
    }

    private void Serve()
    {
        byte[] buffer = new byte[1500];
        while (true)
        {
            try
            {
                int count = _socket.Receive(buffer);
                if (Answer(buffer.AsSpan(0, count)) is { } answer)
                    _socket.SendTo(answer.Message(), new IPEndPoint(IPAddress.Broadcast, 68));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    // RFC 2131, table 3: who has an address and renews it says so in ciaddr.
    private AnswerPacket? Answer(ReadOnlySpan<byte> question)
    {
        LeaseTurn turn = _turn;
        byte type = TypeOf(question);
        if (type is not (1 or 3) || turn == LeaseTurn.Silent) return null;
        var mac = MacAddress.FromBytes(question[28..]);
        if (!_stations.TryGetValue(mac, out int number)) _stations[mac] = number = _stations.Count;
        string first = $"198.51.100.{10 + number}", renewed = $"{new IPAddress(question.Slice(12, 4))}";
        bool isRefused = turn == LeaseTurn.Refuses && renewed == first;
        byte[] seconds = turn == LeaseTurn.None ? [0, 12] : [14, 16];
        AnswerPacket answer = AnswerPacket.Of(isRefused ? (byte)6 : type == 1 ? (byte)2 : (byte)5,
                isRefused ? "0.0.0.0" : turn == LeaseTurn.None ? first : SecondOf(first))
            .With(54, 198, 51, 100, 2).With(3, 198, 51, 100, 2).With(51, [0, 0, .. seconds]);
        answer.Transaction = BinaryPrimitives.ReadUInt32BigEndian(question[4..]);
        answer.Station = mac;
        return answer;
    }

    private static byte TypeOf(ReadOnlySpan<byte> question)
    {
        int at = 240;
        while (question[at] != 53) at += 2 + question[at + 1];
        return question[at + 2];
    }
}
