using System.Net.Sockets;

namespace Skiff.Layers.Registry;

/// <summary>Connections as registries are talked to.</summary>
internal static class RegistryConnection
{
    // tcp(7): TCP_NOTSENT_LOWAT, which .NET has no name for.
    private const int TcpNotSentLowAt = 25;
    private const int NotSentBytes = 128 << 10;

    /// <summary>
    /// Connects. The kernel takes no more bytes than the connection can send soon: megabytes in its buffer would take
    /// minutes on a slow link, in which an upload looks stalled, and would be sent again after a break.
    /// </summary>
    public static async ValueTask<Stream> OpenAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpNotSentLowAt, BitConverter.GetBytes(NotSentBytes));
            await socket.ConnectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
