using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skiff.System.Tests;

/// <summary>A DNS server on the host's address that knows the IPv4 address of one name.</summary>
internal sealed class OneNameServer : IDisposable
{
    /// <summary>Where it is.</summary>
    public const string Address = "192.0.2.10";

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Parse(Address), 53));

    public OneNameServer(string name, string address) => _ = Task.Run(async () =>
    {
        byte[] known = [.. name.Split('.').SelectMany(label =>
            Encoding.ASCII.GetBytes(label).Prepend((byte)label.Length)), 0, 0, 1, 0, 1];
        byte[] value = IPAddress.Parse(address).GetAddressBytes();
        while (true)
        {
            UdpReceiveResult question = await _socket.ReceiveAsync();
            byte[] message = question.Buffer;
            int end = Array.IndexOf(message, (byte)0, 12) + 5;
            bool isKnown = Encoding.ASCII.GetString(message[12..end]).ToLowerInvariant()
                == Encoding.ASCII.GetString(known);
            // Flags QR, RD, RA, and NXDOMAIN; counts; the question; a pointer to its name, A, IN, 60 s, 4 bytes.
            byte[] answer = [message[0], message[1], 0x81, (byte)(isKnown ? 0x80 : 0x83), 0, 1,
                0, (byte)(isKnown ? 1 : 0), 0, 0, 0, 0, .. message[12..end],
                .. isKnown ? (byte[])[0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, .. value] : []];
            await _socket.SendAsync(answer, question.RemoteEndPoint);
        }
    });

    public void Dispose() => _socket.Dispose();
}
