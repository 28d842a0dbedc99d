using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Skiff.Agent.Monitor;
using Skiff.Agent.Monitor.Proxy;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Tests.Monitor.Proxy;

/// <summary>A proxy in a loop with a thread of its own, and a server on 127.0.0.1 that it leads to.</summary>
internal sealed class ProxyGround : IDisposable
{
    private readonly ConcurrentQueue<Action> _work = [];
    private readonly EventLoop _loop = new();
    private readonly Fd _wake = Files.EventFd();
    private readonly Thread _thread;
    private int _idleCount;

    public ProxyGround(int most = 100, bool listens = true)
    {
        Proxy = new LoopbackProxy(_loop, most);
        Server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (listens) Server.Listen();
        Port = FreePort();
        _loop.Watch(_wake, EpollEvents.EPOLLIN, _ =>
        {
            Files.TryRead(_wake, new byte[8], out int _);
            while (_work.TryDequeue(out Action? action)) action();
        });
        _thread = new Thread(() => _loop.Run(() => _idleCount++, 100, 100));
        _thread.Start();
        Assert.Empty(Do(() => Proxy.Refresh([Leading(Port)])));
    }

    public LoopbackProxy Proxy { get; }

    public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ushort Port { get; }

    public int IdleCount => Volatile.Read(ref _idleCount);

    public int Count => Do(() => Proxy.Count);

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

    public T Do<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Enqueue(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        Files.WriteAll(_wake, BitConverter.GetBytes(1L));
        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Waits until all connections are over; nothing of a proxy that has forgotten one ends this.</summary>
    public void WaitForNone()
    {
        for (int i = 0; Count > 0; i++)
        {
            Assert.True(i < 600, $"{Count} connections are left");
            Thread.Sleep(100);
        }
    }

    public void Dispose()
    {
        Do(() =>
        {
            Proxy.Dispose();
            _loop.End();
            return 0;
        });
        _thread.Join();
        _loop.Dispose();
        _wake.Dispose();
        Server.Dispose();
    }
}
