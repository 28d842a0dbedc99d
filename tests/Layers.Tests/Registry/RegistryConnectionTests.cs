using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Uploads;

namespace Skiff.Layers.Tests.Registry;

public sealed class RegistryConnectionTests : IDisposable
{
    private const int BlobBytes = 32 << 20;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task Kernel_takes_little_of_an_upload_that_the_registry_does_not_read()
    {
        _listener.Server.ReceiveBufferSize = 64 << 10;
        _listener.Start();
        string host = _listener.LocalEndpoint.ToString()!;
        using var client = new RegistryClient(host);
        using var stop = new CancellationTokenSource();
        long sentBytes = 0;
        Task upload = client.WriterFor(Reference.Parse($"{host}/a:v1")).UploadAsync(
            new Zeros(), null, null, null, bytes => Volatile.Write(ref sentBytes, bytes), stop.Token);
        using TcpClient connection = await _listener.AcceptTcpClientAsync();
        await ReadHeadAsync(connection.GetStream());
        await connection.GetStream().WriteAsync("HTTP/1.1 202 Go on\r\nLocation: /u\r\nContent-Length: 0\r\n\r\n"u8
            .ToArray());
        // The upload itself is never read.
        Assert.True(SpinWait.SpinUntil(() => connection.Available > 0, 30_000), "the upload has not begun");
        await Task.Delay(1_000);
        Assert.InRange(Volatile.Read(ref sentBytes), 0, 1 << 20);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload);
    }

    public void Dispose() => _listener.Dispose();

    private static async Task ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }
    }

    private sealed class Zeros : IUploadBody
    {
        public long? Length => BlobBytes;

        public long StartFor(long offset) => offset;

        public async Task WriteAsync(PipeWriter pipe, long start, CancellationToken cancellation)
        {
            byte[] piece = new byte[64 << 10];
            for (long at = start; at < BlobBytes; at += piece.Length) await pipe.WriteAsync(piece, cancellation);
        }
    }
}
