using System.Net;
using System.Net.Sockets;
using System.Text;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Manager;

/// <summary>
/// Answers <c>GET /metrics</c> in the agent's loop, one request a connection (RFC 9112). It sleeps until somebody asks;
/// whoever is slow keeps nobody waiting, and is sent away after some seconds.
/// </summary>
internal sealed class MetricsServer : IDisposable
{
    private const int MaxConnections = 16;
    private const int MaxRequestBytes = 8 << 10;
    private const int TimeoutMs = 5000;
    private const string UnixPrefix = "unix:";

    private readonly Socket _listener;
    private readonly string? _path;
    private readonly Func<string> _metrics;
    private readonly List<Connection> _connections = [];
    private EventLoop? _loop;

    private sealed class Connection(Socket socket)
    {
        public Socket Socket { get; } = socket;
        public Fd Fd { get; } = Fd.Borrow((int)socket.Handle);
        public byte[] Request { get; } = new byte[MaxRequestBytes];
        public int Received { get; set; }
        public ReadOnlyMemory<byte> Answer { get; set; }
        public bool IsAnswered { get; set; }
        public LoopTimer? Timer { get; set; }
    }

    private MetricsServer(Socket listener, string? path, Func<string> metrics) =>
        (_listener, _path, _metrics) = (listener, path, metrics);

    /// <summary>Listens.</summary>
    /// <param name="address"><c>ADDRESS:PORT</c>, or <c>unix:PATH</c>, which root alone can connect to.</param>
    /// <param name="metrics">Makes the text for each request.</param>
    /// <exception cref="UsageException">No such address, or somebody has it.</exception>
    public static MetricsServer Listen(string address, Func<string> metrics)
    {
        Check(address);
        string? path = PathOf(address);
        EndPoint place = path is null ? IPEndPoint.Parse(address) : new UnixDomainSocketEndPoint(path);
        if (path is not null) Files.TryUnlinkAt(Fd.Cwd, path);
        var listener = new Socket(
            place.AddressFamily, SocketType.Stream, path is null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            listener.Blocking = false;
            listener.Bind(place);
            if (path is not null) Files.TryChmodAt(Fd.Cwd, path, 0x180);
            listener.Listen(MaxConnections);
            return new MetricsServer(listener, path, metrics);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new UsageException($"cannot serve metrics at {address}: {e.Message}");
        }
    }

    /// <summary>Tells whether it can be an address.</summary>
    /// <exception cref="UsageException">It cannot.</exception>
    public static void Check(string address)
    {
        // A port has to be named: without one it would be any.
        if (PathOf(address) is null && (!IPEndPoint.TryParse(address, out IPEndPoint? end) || end.Port == 0)) throw new
            UsageException($"bad --metrics \"{address}\": expected ADDRESS:PORT with a numeric address, or unix:PATH");
    }

    /// <summary>Begins to answer.</summary>
    public void Start(EventLoop loop)
    {
        _loop = loop;
        loop.Watch(Fd.Borrow((int)_listener.Handle), EpollEvents.EPOLLIN, _ => Accept());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Connection connection in _connections) connection.Socket.Dispose();
        _listener.Dispose();
        if (_path is not null) Files.TryUnlinkAt(Fd.Cwd, _path);
    }

    private static string? PathOf(string address) =>
        address.StartsWith(UnixPrefix, StringComparison.Ordinal) ? address[UnixPrefix.Length..] : null;

    private void Accept()
    {
        Socket socket;
        try
        {
            socket = _listener.Accept();
        }
        catch (SocketException)
        {
            return; // It went away before we came.
        }
        socket.Blocking = false;
        if (_connections.Count == MaxConnections) Close(_connections[0]);
        var connection = new Connection(socket);
        _connections.Add(connection);
        connection.Timer = _loop!.After(TimeoutMs, () => Close(connection));
        _loop.Watch(connection.Fd, EpollEvents.EPOLLIN, _ => Step(connection));
    }

    private void Step(Connection connection)
    {
        if (connection.IsAnswered) Drain(connection);
        else if (connection.Answer.IsEmpty) Receive(connection);
        else Send(connection);
    }

    private void Receive(Connection connection)
    {
        int count = connection.Socket.Receive(
            connection.Request.AsSpan(connection.Received), SocketFlags.None, out SocketError error);
        if (error is SocketError.WouldBlock or SocketError.Interrupted) return;
        connection.Received += count;
        ReadOnlySpan<byte> request = connection.Request.AsSpan(0, connection.Received);
        bool isWhole = request.IndexOf("\r\n\r\n"u8) >= 0;
        if (error != SocketError.Success || count == 0) Close(connection);
        else if (isWhole || connection.Received == MaxRequestBytes)
        {
            connection.Answer = isWhole ? AnswerTo(request) : Answer("431 Request Header Fields Too Large", "");
            _loop!.Rewatch(connection.Fd, EpollEvents.EPOLLOUT);
        }
    }

    private void Send(Connection connection)
    {
        int count = connection.Socket.Send(connection.Answer.Span, SocketFlags.None, out SocketError error);
        if (error is SocketError.WouldBlock or SocketError.Interrupted) return;
        connection.Answer = connection.Answer[count..];
        if (error != SocketError.Success) Close(connection);
        else if (connection.Answer.IsEmpty)
        {
            connection.IsAnswered = true;
            connection.Socket.Shutdown(SocketShutdown.Send);
            _loop!.Rewatch(connection.Fd, EpollEvents.EPOLLIN);
        }
    }

    // To close what the other side still writes to would reset the connection, and the answer with it.
    private void Drain(Connection connection)
    {
        int count = connection.Socket.Receive(connection.Request, SocketFlags.None, out SocketError error);
        if (count == 0 && error is not (SocketError.WouldBlock or SocketError.Interrupted)) Close(connection);
    }

    private void Close(Connection connection)
    {
        if (!_connections.Remove(connection)) return;
        _loop!.Cancel(connection.Timer);
        _loop.Forget(connection.Fd);
        connection.Socket.Dispose();
    }

    private byte[] AnswerTo(ReadOnlySpan<byte> request)
    {
        string line = Encoding.ASCII.GetString(request[..request.IndexOf("\r\n"u8)]);
        string[] words = line.Split(' ');
        if (words.Length != 3 || !words[2].StartsWith("HTTP/1.", StringComparison.Ordinal))
            return Answer("400 Bad Request", "");
        if (words[0] is not ("GET" or "HEAD")) return Answer("405 Method Not Allowed", "", "Allow: GET, HEAD\r\n");
        string path = words[1].Split('?')[0];
        if (path != "/metrics") return Answer("404 Not Found", "metrics are at /metrics\n");
        try
        {
            return Answer("200 OK", _metrics(), isHead: words[0] == "HEAD");
        }
        catch (Exception e) when (e is LinuxException or UsageException or Skiff.Layers.Oci.ImageException)
        {
            return Answer("500 Internal Server Error", e.Message + "\n");
        }
    }

    private static byte[] Answer(string status, string text, string headers = "", bool isHead = false)
    {
        byte[] body = Encoding.UTF8.GetBytes(text);
        string head = $"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            + $"Content-Length: {body.Length}\r\n{headers}Connection: close\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. isHead ? [] : body];
    }
}
