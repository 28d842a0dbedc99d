using System.Net;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// An address on a link with stations that the engine does not know: asks whether one of them has it, tells them that
/// it is taken, and hears of others who have it (RFC 5227; for IPv6 as duplicate address detection does, RFC 4862).
/// </summary>
internal sealed class AddressClaim : IDisposable
{
    private readonly PacketSocket _socket;
    private readonly MacAddress _own;

    private AddressClaim(PacketSocket socket, MacAddress own, IPAddress address) =>
        (_socket, _own, Address) = (socket, own, address);

    /// <summary>
    /// Begins to listen on a link of the calling thread's network namespace; null when the kernel has no packet
    /// sockets.
    /// </summary>
    public static AddressClaim? TryOpen(in LinkInfo link, IPAddress address)
    {
        try
        {
            return new AddressClaim(PacketSocket.OpenFor(link.Index, address), link.Mac, address);
        }
        catch (LinuxException e) when (e.Errno == Errno.EAFNOSUPPORT)
        {
            return null;
        }
    }

    /// <summary>The address.</summary>
    public IPAddress Address { get; }

    /// <summary>Readable when there is something for <see cref="Hear"/>.</summary>
    public Fd Fd => _socket.Fd;

    /// <summary>Asks whether somebody has it.</summary>
    public Errno Ask() => _socket.TrySend(NeighbourMessages.Ask(_own, Address, out MacAddress to), to);

    /// <summary>Tells everybody who has it.</summary>
    public Errno Tell() => _socket.TrySend(NeighbourMessages.Tell(_own, Address, out MacAddress to), to);

    /// <summary>Takes what has been received; true when somebody else has it, or wants it.</summary>
    public bool Hear(out MacAddress other)
    {
        Span<byte> buffer = stackalloc byte[NeighbourMessages.MaxBytes];
        bool isHeard = false;
        other = default;
        while (_socket.TryReceive(buffer, out int count, out MacAddress from) == Errno.None)
            if (NeighbourMessages.TryRead(buffer[..count], from, Address, out MacAddress mac) && mac != _own)
                (isHeard, other) = (true, mac);
        return isHeard;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
