using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skiff.System.Tests;

/// <summary>
/// Between the binary and a registry: makes one thing go wrong with what carries the bytes of blobs, in either
/// direction, or with every kind of request once.
/// </summary>
public sealed class FaultProxy : IDisposable
{
    // Bytes of a blob that pass unharmed.
    private const int Sound = 60_000;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, long> _refused = new();
    private readonly IPEndPoint _server;
    private readonly LinkFault _fault;
    private readonly Lock _lock = new();
    private long _usedUntil;
    private int _faults, _early, _large;

    /// <param name="server">The registry, 127.0.0.1:PORT.</param>
    /// <param name="fault">What goes wrong.</param>
    public FaultProxy(string server, LinkFault fault)
    {
        (_server, _fault) = (IPEndPoint.Parse(server), fault);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Of all connections together, when it is slow.</summary>
    public int BytesPerSecond { get; init; } = 64_000;

    /// <summary>127.0.0.1:PORT.</summary>
    public string Host => _listener.LocalEndpoint.ToString()!;

    /// <summary>How often something has gone wrong.</summary>
    public int Faults => _faults;

    /// <summary>How often somebody did not wait as long as Retry-After said.</summary>
    public int Early => _early;

    /// <summary>How many blobs were on their way at once, those aside that are small.</summary>
    public int MostAtOnce { get; private set; }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Disposed.
        }
    }

    // One request a connection, so that nothing but its head has to be understood.
    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient mine = client, theirs = new();
        try
        {
            string head = await ReadHeadAsync(mine.GetStream());
            if (Refusal(head) is { } refusal)
            {
                await mine.GetStream().WriteAsync(Encoding.ASCII.GetBytes(refusal), _stop.Token);
                mine.Client.Shutdown(SocketShutdown.Send);
                await mine.GetStream().CopyToAsync(Stream.Null, _stop.Token);
                return;
            }
            await theirs.ConnectAsync(_server, _stop.Token);
            await theirs.GetStream().WriteAsync(
                Encoding.ASCII.GetBytes(head.Replace("\r\nHost:", "\r\nConnection: close\r\nHost:")), _stop.Token);
            bool isStalled = false;
            // The registry's end of the connection is gone in any case; a stall is when the client is not told.
            void Break()
            {
                isStalled = _fault == LinkFault.Stall;
                theirs.Client.Close(0);
                if (!isStalled) mine.Client.Close(0);
            }
            bool isUpload = head.StartsWith("PATCH ", StringComparison.Ordinal);
            bool isBlob = head.StartsWith("GET ", StringComparison.Ordinal) && head.Contains("/blobs/sha256:");
            Task asking = PumpAsync(mine, theirs, isUpload ? Break : null);
            Task answering = PumpAsync(theirs, mine, isBlob ? Break : null);
            // A connection that breaks while it asks gets no answer either.
            if (await Task.WhenAny(asking, answering) == asking && !isStalled) await asking;
            if (isStalled) await Task.Delay(Timeout.Infinite, _stop.Token);
            await answering;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException
            or ObjectDisposedException)
        {
            // Somebody has gone.
        }
    }

    // What has a way to break carries a blob's bytes.
    private async Task PumpAsync(TcpClient from, TcpClient to, Action? breaks)
    {
        byte[] piece = new byte[4 << 10];
        long passed = 0;
        int count;
        while ((count = await from.GetStream().ReadAsync(piece, _stop.Token)) > 0)
        {
            if (breaks is not null && passed <= Sound && passed + count > Sound) Count(1);
            passed += count;
            if (breaks is not null && _fault == LinkFault.Slow) await SlowDownAsync(count);
            if (breaks is not null && passed > Sound && IsFirst())
            {
                if (_fault == LinkFault.WrongBytes) piece[0] ^= 0xFF;
                else breaks();
            }
            await to.GetStream().WriteAsync(piece.AsMemory(0, count), _stop.Token);
        }
        if (breaks is not null && passed > Sound) Count(-1);
    }

    private void Count(int more)
    {
        lock (_lock) MostAtOnce = Math.Max(MostAtOnce, _large += more);
    }

    private bool IsFirst() => _fault is LinkFault.Stall or LinkFault.Cut or LinkFault.WrongBytes
        && Interlocked.CompareExchange(ref _faults, 1, 0) == 0;

    // All connections share one slow link, each piece in its turn.
    private Task SlowDownAsync(int bytes)
    {
        lock (_lock)
        {
            _faults++;
            long now = Stopwatch.GetTimestamp();
            _usedUntil = Math.Max(now, _usedUntil) + bytes * Stopwatch.Frequency / BytesPerSecond;
            return Task.Delay(Stopwatch.GetElapsedTime(now, _usedUntil), _stop.Token);
        }
    }

    private string? Refusal(string head)
    {
        if (_fault is not (LinkFault.TooManyRequests or LinkFault.ServerError)) return null;
        string request = head[..head.IndexOf(" HTTP/", StringComparison.Ordinal)];
        // An upload has a name of its own each time.
        int uploads = request.IndexOf("/uploads/", StringComparison.Ordinal);
        if (uploads > 0) request = request[..uploads];
        long now = Stopwatch.GetTimestamp();
        // Several uploads may begin at once, and only one of them is refused.
        if (!_refused.TryAdd(request, uploads > 0 ? 0 : now))
        {
            if (_fault == LinkFault.TooManyRequests && _refused[request] is > 0 and var then
                && Stopwatch.GetElapsedTime(then, now).TotalSeconds < 0.99) Interlocked.Increment(ref _early);
            _refused[request] = 0;
            return null;
        }
        Interlocked.Increment(ref _faults);
        return _fault == LinkFault.ServerError
            ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            : "HTTP/1.1 429 Slow down\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    }

    private async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!(head.Length > 4 && head.ToString(head.Length - 4, 4) == "\r\n\r\n"))
            head.Append(await stream.ReadAsync(one, _stop.Token) == 1 ? (char)one[0] : throw new IOException("closed"));
        return head.ToString();
    }
}
