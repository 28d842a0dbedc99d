using System.Net;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Dhcp;

/// <summary>
/// One conversation with servers, until one of them has given an address or refused it (RFC 2131 sections 3.1 and 4.4).
/// It sends when told and reads when there is something; when that is, its user knows.
/// </summary>
internal sealed class DhcpExchange : IDisposable
{
    private const int LongestPacket = 1500;

    private static readonly MacAddress s_everybody = new(0xffff_ffff_ffff);

    private readonly PacketSocket _socket;
    private readonly DhcpIdentity _who;
    private readonly DhcpLease? _own;
    private readonly byte[] _buffer = new byte[LongestPacket];
    private readonly uint _xid;
    private DhcpLease? _offer;
    private long _sentMs;

    private DhcpExchange(PacketSocket socket, DhcpIdentity who, DhcpLease? own)
    {
        (_socket, _who, _own) = (socket, who, own);
        Span<byte> xid = stackalloc byte[sizeof(uint)];
        RandomBytes.Fill(xid);
        _xid = BitConverter.ToUInt32(xid);
    }

    /// <summary>The socket, for polling; owned.</summary>
    public Fd Fd => _socket.Fd;

    /// <summary>What a server has given; null as long as none has.</summary>
    public DhcpLease? Lease { get; private set; }

    /// <summary>A server's refusal; null as long as there is none.</summary>
    public DhcpReply? Refusal { get; private set; }

    /// <summary>The server whose offer is being taken; null as long as there is none.</summary>
    public IPAddress? OfferedBy => _offer?.Server;

    /// <summary>What was wrong with the last answer that could not be used; null when there was none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Begins one on a link of the calling thread's network namespace; nothing is sent yet.</summary>
    /// <param name="linkIndex">The link; it has to be up before <see cref="Send"/>.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="own">The lease that is to go on; null asks for a new one.</param>
    /// <exception cref="LinuxException">ENODEV: there is no such link.</exception>
    public static DhcpExchange Begin(int linkIndex, DhcpIdentity who, DhcpLease? own) =>
        new(PacketSocket.Open(linkIndex, DhcpReply.ClientPort), who, own);

    /// <summary>Sends what is to be said now, once more if it has been said.</summary>
    /// <param name="toServer">Asks the lease's own server alone, not everybody.</param>
    public Errno Send(bool toServer = false)
    {
        Span<byte> packet = stackalloc byte[DhcpRequest.MaxBytes];
        bool discovers = _own is null && _offer is null;
        int length = DhcpRequest.Write(packet, discovers ? DhcpMessageType.Discover : DhcpMessageType.Request, _xid,
            _who, _own?.Address, _offer?.Address, _offer?.Server ?? _own?.Server, toServer);
        // The lease runs from the request that it answers, at the latest.
        _sentMs = System.Environment.TickCount64;
        return _socket.TrySend(packet[..length], toServer ? _own!.ServerMac : s_everybody);
    }

    /// <summary>
    /// Reads what is there. True: something has changed, either for good (<see cref="Lease"/>,
    /// <see cref="Refusal"/>) or so that it is to be sent what follows (<see cref="OfferedBy"/>).
    /// </summary>
    public bool Receive()
    {
        while (_socket.TryReceive(_buffer, out int count, out MacAddress from) == Errno.None)
        {
            if (!DhcpReply.TryRead(_buffer.AsSpan(0, count), _who, _xid, out DhcpReply? reply, out string? problem))
                Problem = problem ?? Problem;
            else if (Take(reply!, from)) return true;
        }
        return false;
    }

    /// <summary>Gives a lease back; nobody answers.</summary>
    public static void Release(int linkIndex, DhcpIdentity who, DhcpLease lease)
    {
        using DhcpExchange exchange = Begin(linkIndex, who, lease);
        Span<byte> packet = stackalloc byte[DhcpRequest.MaxBytes];
        int length = DhcpRequest.Write(packet, DhcpMessageType.Release, exchange._xid, who, lease.Address, null,
            lease.Server, isUnicast: true);
        exchange._socket.TrySend(packet[..length], lease.ServerMac);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private bool Take(DhcpReply reply, MacAddress from)
    {
        bool isOffer = reply.Type == DhcpMessageType.Offer;
        // The first offer is taken; what others say is not about it any more.
        if (isOffer != (_own is null && _offer is null)) return false;
        if (_offer is not null && !_offer.Server.Equals(reply.Server)) return false;
        if (isOffer) _offer = reply.Lease;
        else if (reply.Type == DhcpMessageType.Nak) Refusal = reply;
        else Lease = reply.Lease! with { ServerMac = from, BeganMs = _sentMs };
        return true;
    }
}
