using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skiff.Layers.Tests.Support;

/// <summary>
/// A proxy on a loopback port: whatever host it is asked for, it connects to one server of the test. As options'
/// <c>Proxy</c> it makes that server any host.
/// </summary>
public sealed class TestProxy : IWebProxy, IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _server;

    /// <param name="server">127.0.0.1:PORT.</param>
    public TestProxy(string server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>127.0.0.1:PORT.</summary>
    public string Host => _listener.LocalEndpoint.ToString()!;

    /// <summary>The heads of all requests.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>The Proxy-Authorization header to insist on, or null.</summary>
    public string? Login { get; init; }

    public ICredentials? Credentials { get; set; }

    public Uri? GetProxy(Uri destination) => new("http://" + Host);

    public bool IsBypassed(Uri host) => false;

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient mine = client, theirs = new();
        try
        {
            string head = await ReadHeadAsync(mine.GetStream());
            Heads.Enqueue(head);
            if (Login is not null && !head.Contains($"Proxy-Authorization: {Login}", StringComparison.Ordinal))
            {
                await SayAsync(mine, "407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0");
                return;
            }
            await theirs.ConnectAsync(IPEndPoint.Parse(_server));
            if (head.StartsWith("CONNECT ", StringComparison.Ordinal)) await SayAsync(mine, "200 OK");
            else await theirs.GetStream().WriteAsync(Encoding.ASCII.GetBytes(WithPath(head)));
            await Task.WhenAny(
                mine.GetStream().CopyToAsync(theirs.GetStream()), theirs.GetStream().CopyToAsync(mine.GetStream()));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
        }
    }

    private static Task SayAsync(TcpClient client, string text) =>
        client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {text}\r\n\r\n")).AsTask();

    // A proxy is asked for a URL, a server for a path; with one request a connection.
    private static string WithPath(string head)
    {
        string[] words = head.Split(' ', 3);
        return $"{words[0]} {new Uri(words[1]).PathAndQuery} {words[2]}";
    }

    private static async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!(head.Length > 4 && head.ToString(head.Length - 4, 4) == "\r\n\r\n"))
            head.Append(await stream.ReadAsync(one) == 1 ? (char)one[0] : throw new IOException("closed"));
        return head.ToString();
    }
}
