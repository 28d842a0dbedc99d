using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Skiff.Agent.Tests.Networks.Policies;

/// <summary>A server whose connections stay, and send back what comes.</summary>
internal sealed class Echo(TcpListener listener) : IDisposable
{
    private static int s_token;

    private readonly ConcurrentBag<Socket> _connections = [];

    public static Echo Start(NetworkRoom room, int port) => room.Do(() =>
    {
        var listener = new TcpListener(IPAddress.Any, port);
        listener.Start();
        var echo = new Echo(listener);
        _ = Task.Run(async () =>
        {
            while (true) _ = echo.Serve(await listener.AcceptSocketAsync());
        });
        return echo;
    });

    /// <summary>Sends something that nobody asked for by all connections.</summary>
    public void Push()
    {
        foreach (Socket socket in _connections) socket.Send([0]);
    }

    /// <summary>Whether something still comes back by a connection.</summary>
    public static bool IsAlive(Socket socket)
    {
        socket.ReceiveTimeout = 2000;
        // What was pushed, or asked before, may come first.
        byte token = (byte)(1 + Interlocked.Increment(ref s_token) % 255);
        byte[] one = [token];
        try
        {
            socket.Send(one);
            do
                if (socket.Receive(one) == 0) return false;
            while (one[0] != token);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.TimedOut)
        {
            return false;
        }
    }

    public void Dispose() => listener.Dispose();

    private async Task Serve(Socket socket)
    {
        _connections.Add(socket);
        byte[] buffer = new byte[100];
        while (await socket.ReceiveAsync(buffer) is > 0 and var length)
            await socket.SendAsync(buffer.AsMemory(0, length));
    }
}
