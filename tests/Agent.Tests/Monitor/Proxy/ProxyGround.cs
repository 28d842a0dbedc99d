using System.Net;
using System.Net.Sockets;
using Skiff.Agent.Monitor.Proxy;

namespace Skiff.Agent.Tests.Monitor.Proxy;

/// <summary>A proxy in a loop with a thread of its own, and a server on 127.0.0.1 that it leads to.</summary>
internal sealed class ProxyGround : IDisposable
{
    public ProxyGround(int most = 100, bool listens = true)
    {
        Proxy = new LoopbackProxy(Thread.Loop, most);
        Server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (listens) Server.Listen();
        Port = FreePort();
        Assert.Empty(Thread.Do(() => Proxy.Refresh([Leading(Port)])));
    }

    public LoopThread Thread { get; } = new();

    public LoopbackProxy Proxy { get; }

    public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ushort Port { get; }

    public int Count => Thread.Do(() => Proxy.Count);

    public ProxiedPort Leading(ushort port) => new(
        port, IPAddress.Loopback, (ushort)((IPEndPoint)Server.LocalEndPoint!).Port, IsAsked: true);

    public static ushort FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        return (ushort)((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveTimeout = 60_000, SendTimeout = 60_000,
        };
        socket.Connect(IPAddress.IPv6Loopback, Port);
        return socket;
    }

    public (Socket Client, Socket Served) Pair()
    {
        Socket client = Connect();
        Socket served = Server.Accept();
        (served.ReceiveTimeout, served.SendTimeout) = (60_000, 60_000);
        return (client, served);
    }

    /// <summary>Waits until all connections are over; nothing of a proxy that has forgotten one ends this.</summary>
    public void WaitForNone() => Thread.WaitFor(() => Proxy.Count == 0, "no connection is left");

    public void Dispose()
    {
        Thread.Do(Proxy.Dispose);
        Thread.Dispose();
        Server.Dispose();
    }
}
