using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

/// <summary>
/// A network namespace with a thread that lives in it; sockets made there stay there, whoever uses them.
/// </summary>
internal sealed class NetworkRoom : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Task _thread;

    public NetworkRoom()
    {
        _thread = Task.Factory.StartNew(
            () => FreshNetwork.Run(() =>
            {
                foreach (Action action in _work.GetConsumingEnumerable()) action();
            }),
            TaskCreationOptions.LongRunning);
        Namespace = NetNamespace.Open(Do(() => Files.Open("/proc/thread-self/ns/net", OpenFlags.O_RDONLY)));
    }

    public NetNamespace Namespace { get; }

    public NetlinkSocket Route => Namespace.Rtnetlink;

    public T Do<T>(Func<T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(function());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task.GetAwaiter().GetResult();
    }

    public void Do(Action action) => Do(() =>
    {
        action();
        return 0;
    });

    /// <summary>A TCP server that answers every connection with who called, until the result is disposed.</summary>
    public IDisposable Serve(int port, IPAddress? address = null) => Do(() =>
    {
        var listener = new TcpListener(address ?? IPAddress.Any, port);
        if (address?.AddressFamily == AddressFamily.InterNetworkV6) listener.Server.DualMode = false;
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                var caller = (IPEndPoint)client.Client.RemoteEndPoint!;
                await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{caller.Address}"));
            }
        });
        return listener;
    });

    /// <summary>Connects from here; the server's answer, or the error's name.</summary>
    public string Fetch(string address, int port)
    {
        AddressFamily family = IPAddress.Parse(address).AddressFamily;
        using Socket socket = Do(() => new Socket(family, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            using var limit = new CancellationTokenSource(1500);
            socket.ConnectAsync(IPAddress.Parse(address), port, limit.Token).AsTask().GetAwaiter().GetResult();
            // It is connected: what does not let it through has told so by now.
            socket.ReceiveTimeout = 20_000;
            byte[] buffer = new byte[100];
            return System.Text.Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
        }
        catch (OperationCanceledException)
        {
            return "no answer";
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode.ToString();
        }
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.GetAwaiter().GetResult();
        Namespace.Dispose();
    }
}
