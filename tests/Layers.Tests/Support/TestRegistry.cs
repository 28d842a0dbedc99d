using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Support;

/// <summary>One request as the registry saw it.</summary>
public sealed record Request(string Method, string Path, Dictionary<string, string> Headers)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);

    public byte[] Bytes { get; init; } = [];

    public string Body => Encoding.UTF8.GetString(Bytes);
}

/// <summary>One answer; <see cref="BreakAfter"/> cuts the connection after so many body bytes, StallMs waits there
/// first, Reset makes it a reset. Raw replaces all of it, Endless repeats a chunked body until nobody listens.
/// </summary>
public sealed class Answer
{
    public int Status { get; init; } = 200;
    public byte[] Body { get; init; } = [];
    public long? ContentLength { get; init; }
    public int? BreakAfter { get; init; }
    public int StallMs { get; init; }
    public int StallBeforeHeadMs { get; init; }
    public bool Reset { get; init; }
    public byte[]? Raw { get; init; }
    public bool Chunked { get; init; }
    public bool Endless { get; init; }
    public List<(string Name, string Value)> Headers { get; } = [];

    public Answer With(string name, string value)
    {
        Headers.Add((name, value));
        return this;
    }

    public static Answer Text(int status, string body) =>
        new() { Status = status, Body = Encoding.UTF8.GetBytes(body) };
}

/// <summary>
/// A registry on a loopback port that answers as told: manifests and blobs by path, Range, and whatever
/// <see cref="Intercept"/> wants to go wrong. Closes everything on disposal.
/// </summary>
public sealed class TestRegistry : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, (string Type, byte[] Bytes)> _content = new();
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2? _certificate;

    public TestRegistry(bool tls = false)
        : this(tls ? SelfSigned() : null)
    {
    }

    public TestRegistry(X509Certificate2? certificate)
    {
        _certificate = certificate;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Over TLS: whom a client has to be certified by; null: nobody asks.</summary>
    public X509Certificate2? ClientAuthority { get; init; }

    /// <summary>127.0.0.1:PORT.</summary>
    public string Host => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>All requests so far.</summary>
    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>Answers in the registry's place when it returns something.</summary>
    public Func<Request, Answer?>? Intercept { get; set; }

    /// <summary>Cuts the connection after so many bytes of a request's body, which then is what has come; null: all of
    /// it is taken.</summary>
    public Func<Request, int?>? CutBodyAfter { get; set; }

    /// <summary>Whether Range is honoured.</summary>
    public bool Ranges { get; set; } = true;

    public Digest AddBlob(string repository, byte[] bytes)
    {
        Digest digest = Sha(bytes);
        _content[$"/v2/{repository}/blobs/{digest}"] = ("application/octet-stream", bytes);
        return digest;
    }

    public Digest AddManifest(string repository, string? tag, string mediaType, byte[] bytes)
    {
        Digest digest = Sha(bytes);
        _content[$"/v2/{repository}/manifests/{digest}"] = (mediaType, bytes);
        if (tag is not null) _content[$"/v2/{repository}/manifests/{tag}"] = (mediaType, bytes);
        return digest;
    }

    /// <summary>Puts other bytes under a path, which then lies about its digest.</summary>
    public void Forge(string path, string mediaType, byte[] bytes) => _content[path] = (mediaType, bytes);

    public int CountOf(string part) => Requests.Count(r => r.Path.Contains(part, StringComparison.Ordinal));

    public static Digest Sha(byte[] bytes) => Digest.FromBytes(SHA256.HashData(bytes));

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        foreach (Socket socket in _sockets) socket.Dispose();
    }

    private SslServerAuthenticationOptions TlsOptions() => new()
    {
        ServerCertificate = _certificate,
        ClientCertificateRequired = ClientAuthority is not null,
        RemoteCertificateValidationCallback = (_, client, _, _) =>
            ClientAuthority is null || client?.Issuer == ClientAuthority.Subject,
    };

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=nobody", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                // Head and body are written one after the other.
                socket.NoDelay = true;
                _sockets.Add(socket);
                _ = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using var connection = new NetworkStream(socket, ownsSocket: true);
            using Stream stream = _certificate is null ? connection : new SslStream(connection);
            if (stream is SslStream tls) await tls.AuthenticateAsServerAsync(TlsOptions());
            while (await ReadHeadAsync(stream) is { } head)
            {
                int? most = CutBodyAfter?.Invoke(head);
                Request request = head with { Bytes = await ReadBodyAsync(stream, head, most ?? int.MaxValue) };
                Requests.Enqueue(request);
                Answer answer = Intercept?.Invoke(request) ?? Serve(request);
                if (most is not null) socket.Close(0);
                bool goesOn = await WriteAsync(stream, answer, _stop.Token);
                if (answer.Reset) socket.Close(0);
                if (!goesOn || request["Connection"] == "close") return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException
            or OperationCanceledException or AuthenticationException)
        {
        }
    }

    private static async Task<byte[]> ReadBodyAsync(Stream stream, Request head, int most)
    {
        if (head["Content-Length"] is { } length)
        {
            byte[] body = new byte[Math.Min(most, int.Parse(length, CultureInfo.InvariantCulture))];
            await stream.ReadExactlyAsync(body);
            return body;
        }
        var bytes = new List<byte>();
        while (head["Transfer-Encoding"] == "chunked" && bytes.Count < most)
        {
            byte[] piece = new byte[int.Parse(await ReadLineAsync(stream), NumberStyles.HexNumber)];
            await stream.ReadExactlyAsync(piece);
            bytes.AddRange(piece);
            await ReadLineAsync(stream);
            if (piece.Length == 0) break;
        }
        return [.. bytes.Take(most)];
    }

    private static async Task<string> ReadLineAsync(Stream stream)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            line.Append((char)one[0]);
        }
        return line.ToString()[..^2];
    }

    private static async Task<Request?> ReadHeadAsync(Stream stream)
    {
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (!(head.Count >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n'))
        {
            if (await stream.ReadAsync(one) == 0) return null;
            head.Add(one[0]);
            if (head.Count == 1 && one[0] == 0x16) return null; // A TLS hello.
        }
        string[] lines = Encoding.ASCII.GetString(head.ToArray()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.Skip(1)) headers[line[..line.IndexOf(':')]] =
            line[(line.IndexOf(':') + 1)..].Trim();
        return new Request(first[0], first[1], headers);
    }

    private Answer Serve(Request request)
    {
        if (!_content.TryGetValue(request.Path, out var found))
        {
            string code = request.Path.Contains("/manifests/") ? "manifest unknown" : "blob unknown to registry";
            return Answer.Text(404, $$"""{"errors":[{"code":"UNKNOWN","message":"{{code}}"}]}""");
        }
        if (Ranges && request["Range"] is { } range)
        {
            int start = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            return new Answer { Status = 206, Body = found.Bytes[start..] }
                .With("Content-Range", $"bytes {start}-{found.Bytes.Length - 1}/{found.Bytes.Length}");
        }
        return new Answer { Body = found.Bytes }.With("Content-Type", found.Type);
    }

    private static async Task<bool> WriteAsync(Stream stream, Answer answer, CancellationToken stop)
    {
        if (answer.StallBeforeHeadMs > 0) await Task.Delay(answer.StallBeforeHeadMs, stop);
        if (answer.Raw is { } raw)
        {
            await stream.WriteAsync(raw, stop);
            return false;
        }
        var head = new StringBuilder($"HTTP/1.1 {answer.Status} Status\r\n");
        head.Append(answer.Chunked ? "Transfer-Encoding: chunked\r\n"
            : $"Content-Length: {answer.ContentLength ?? answer.Body.Length}\r\n");
        foreach ((string name, string value) in answer.Headers) head.Append($"{name}: {value}\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\n"), stop);
        byte[] body = answer.Body[..(answer.BreakAfter ?? answer.Body.Length)];
        while (answer.Endless) await stream.WriteAsync(Chunk(body), stop);
        if (answer.Chunked) body = [.. Chunk(body), .. "0\r\n\r\n"u8];
        await stream.WriteAsync(body, stop);
        if (answer.StallMs > 0) await Task.Delay(answer.StallMs, stop);
        return answer.BreakAfter is null
            && (answer.ContentLength is null || answer.ContentLength == answer.Body.Length);
    }

    private static byte[] Chunk(byte[] bytes) =>
        [.. Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"), .. bytes, .. "\r\n"u8];
}
