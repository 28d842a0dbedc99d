using System.Net;
using System.Net.Sockets;

namespace Skiff.System.Tests;

/// <summary>
/// Between the binary and the registry: counts what the registry answers, and holds it back after a number of bytes
/// until told otherwise.
/// </summary>
public sealed class HoldingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _registryPort;
    private long _passed, _limit;

    /// <summary>Begins to listen; nothing is held back yet.</summary>
    public HoldingProxy(int registryPort)
    {
        (_registryPort, _limit) = (registryPort, long.MaxValue);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Bytes of answers that have passed, heads included.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>Lets pass so many bytes in all, those that have passed included.</summary>
    public void HoldAfter(long bytes) => Interlocked.Exchange(ref _limit, bytes);

    /// <summary>
    /// Whether the client has read all that has passed: a slow one leaves up to net.ipv4.tcp_rmem in its socket, which
    /// is 32 MiB on newer kernels.
    /// </summary>
    public bool IsRead() => File.ReadLines("/proc/net/tcp").Skip(1)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(socket => socket[1].EndsWith($":{Port:X4}", StringComparison.Ordinal)
            || socket[2].EndsWith($":{Port:X4}", StringComparison.Ordinal))
        .All(socket => socket[4] == "00000000:00000000");

    /// <inheritdoc/>
    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var registry = new TcpClient();
        using (client)
        {
            try
            {
                await registry.ConnectAsync(IPAddress.Loopback, _registryPort);
                Task asking = client.GetStream().CopyToAsync(registry.GetStream());
                await Task.WhenAny(asking, AnswerAsync(registry.GetStream(), client.GetStream()));
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // One of them has gone, as is the purpose of some tests.
            }
        }
    }

    private async Task AnswerAsync(Stream from, Stream to)
    {
        byte[] piece = new byte[64 << 10];
        int count;
        while ((count = await from.ReadAsync(piece)) > 0)
        {
            while (Passed + count > Interlocked.Read(ref _limit)) await Task.Delay(10);
            await to.WriteAsync(piece.AsMemory(0, count));
            Interlocked.Add(ref _passed, count);
        }
    }
}
