using System.Net;
using System.Net.Sockets;

namespace Skiff.Agent.Tests.Networks.Policies;

/// <summary>A server that sends every datagram back.</summary>
internal sealed class Datagrams : IDisposable
{
    private readonly Socket _socket;
    private readonly IPEndPoint _address;

    public Datagrams(NetworkRoom room, string address, int port)
    {
        _address = new IPEndPoint(IPAddress.Parse(address), port);
        _socket = room.Do(() => new Socket(SocketType.Dgram, ProtocolType.Udp));
        _socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        _ = Task.Run(() =>
        {
            EndPoint from = new IPEndPoint(IPAddress.IPv6Any, 0);
            byte[] buffer = new byte[10];
            while (true) _socket.SendTo(buffer, 0, _socket.ReceiveFrom(buffer, ref from), SocketFlags.None, from);
        });
    }

    /// <summary>Whether one from here comes back.</summary>
    public bool Answers(NetworkRoom room)
    {
        using Socket socket = room.Do(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.ReceiveTimeout = 1500;
        byte[] one = [1];
        socket.SendTo(one, _address);
        try
        {
            return socket.Receive(one) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose() => _socket.Dispose();
}
