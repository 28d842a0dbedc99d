using System.Net;
using System.Net.Sockets;

namespace Skiff.Agent.Tests.Networks.Policies;

/// <summary>A server whose connections stay, and send back what comes.</summary>
internal sealed class Echo(TcpListener listener) : IDisposable
{
    public static Echo Start(NetworkRoom room, int port) => room.Do(() =>
    {
        var listener = new TcpListener(IPAddress.Any, port);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true) _ = Serve(await listener.AcceptSocketAsync());
        });
        return new Echo(listener);
    });

    /// <summary>Whether something still comes back by a connection.</summary>
    public static bool IsAlive(Socket socket)
    {
        socket.ReceiveTimeout = 2000;
        byte[] one = [1];
        try
        {
            socket.Send(one);
            return socket.Receive(one) == 1;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.TimedOut)
        {
            return false;
        }
    }

    public void Dispose() => listener.Dispose();

    private static async Task Serve(Socket socket)
    {
        byte[] buffer = new byte[100];
        while (await socket.ReceiveAsync(buffer) is > 0 and var length) await socket.SendAsync(buffer.AsMemory(0, length));
    }
}
