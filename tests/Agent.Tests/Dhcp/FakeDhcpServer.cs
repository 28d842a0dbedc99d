using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Skiff.Agent.Dhcp;
using Skiff.Agent.Tests.Networks;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Tests.Dhcp;

/// <summary>A DHCP server that says what a test wants it to; it remembers what it was asked.</summary>
internal sealed class FakeDhcpServer : IDisposable
{
    private readonly Socket _socket;
    private readonly Thread _thread;
    private readonly Func<Question, AnswerPacket?[]> _answer;

    /// <param name="room">Where it listens, on eth0.</param>
    /// <param name="answer">What is answered; null answers nothing.</param>
    public FakeDhcpServer(NetworkRoom room, Func<Question, AnswerPacket?[]> answer)
    {
        _answer = answer;
        _socket = room.Do(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.EnableBroadcast = true;
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
            socket.SetRawSocketOption(1, 25, [.. "eth0\0"u8]); // SO_BINDTODEVICE
            socket.Bind(new IPEndPoint(IPAddress.Any, 67));
            return socket;
        });
        _thread = new Thread(Serve);
        _thread.Start();
    }

    public BlockingCollection<Question> Questions { get; } = [];

    /// <summary>The next question; fails when none comes.</summary>
    public Question Next() => Questions.TryTake(out Question? question, 20_000) ? question
        : throw new TimeoutException("nobody asked");

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
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                SocketFlags flags = SocketFlags.None;
                int count = _socket.ReceiveMessageFrom(
                    buffer, 0, buffer.Length, ref flags, ref from, out IPPacketInformation packet);
                var question = new Question(buffer[..count], packet.Address, ((IPEndPoint)from).Address);
                AnswerPacket?[] answers = _answer(question);
                Questions.Add(question);
                foreach (AnswerPacket? answer in answers)
                    if (answer is not null)
                        _socket.SendTo(answer.Message(), new IPEndPoint(IPAddress.Broadcast, 68));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>What a client has asked, and to whom it sent that.</summary>
    internal sealed record Question(byte[] Message, IPAddress To, IPAddress From)
    {
        public DhcpMessageType Type => (DhcpMessageType)Option(53)![0];

        public bool IsForEverybody => To.Equals(IPAddress.Broadcast);

        public IPAddress Own => new(Message.AsSpan(12, 4));

        public MacAddress Mac => MacAddress.FromBytes(Message.AsSpan(28));

        public byte[]? Option(byte code)
        {
            for (int at = 240; Message[at] != 255; at += 2 + Message[at + 1])
                if (Message[at] == code) return Message[(at + 2)..(at + 2 + Message[at + 1])];
            return null;
        }

        /// <summary>An answer to it.</summary>
        public AnswerPacket Answer(byte type, string address, int seconds = 3600)
        {
            AnswerPacket answer = AnswerPacket.Of(type, address).With(54, 198, 51, 100, 2).With(3, 198, 51, 100, 2)
                .With(51, 0, 0, (byte)(seconds >> 8), (byte)seconds);
            answer.Transaction = BinaryPrimitives.ReadUInt32BigEndian(Message.AsSpan(4));
            answer.Station = Mac;
            return answer;
        }

        /// <summary>What an obliging server says: offers the address, and confirms it.</summary>
        public AnswerPacket? Yes(string address, int seconds = 3600) => Type switch
        {
            DhcpMessageType.Discover => Answer(2, address, seconds),
            DhcpMessageType.Request => Answer(5, address, seconds),
            _ => null,
        };
    }
}
