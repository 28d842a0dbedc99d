using System.Buffers.Binary;
using System.Net;

namespace Skiff.Agent.Dhcp;

/// <summary>
/// What a server has answered. Anybody on the network can send one, so nothing of it is used before all of it has been
/// looked at.
/// </summary>
internal sealed record DhcpReply
{
    /// <summary>Servers listen there.</summary>
    public const ushort ServerPort = 67;

    /// <summary>Clients do.</summary>
    public const ushort ClientPort = 68;

    /// <summary>What stands before the options (RFC 2131 section 3).</summary>
    internal const uint Cookie = 0x63825363;

    private const int IpBytes = 20, UdpBytes = 8, FixedBytes = 236, OptionsAt = FixedBytes + 4;
    private const byte Udp = 17, BootReply = 2, Ethernet = 1, EthernetBytes = 6;

    /// <summary>Offer, Ack or Nak.</summary>
    public required DhcpMessageType Type { get; init; }

    /// <summary>The server.</summary>
    public required IPAddress Server { get; init; }

    /// <summary>What it gives or offers; null with a Nak.</summary>
    public DhcpLease? Lease { get; init; }

    /// <summary>Its reason for a Nak; empty when it gives none.</summary>
    public string Message { get; init; } = "";

    /// <summary>Reads an answer, from its IPv4 header on.</summary>
    /// <param name="packet">The packet; what the link has added to it may follow.</param>
    /// <param name="who">Who has asked.</param>
    /// <param name="xid">What that question had.</param>
    /// <param name="reply">The answer; null when it is none, or not for that question.</param>
    /// <param name="problem">What is wrong with it; null also when it is for somebody else.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> packet, DhcpIdentity who, uint xid, out DhcpReply? reply, out string? problem)
    {
        reply = null;
        problem = null;
        if (!TryUnwrap(packet, out ReadOnlySpan<byte> message, out problem)) return false;
        if (message.Length < OptionsAt) return Refuse(out problem, "it is cut off");
        if (message[0] != BootReply || message[1] != Ethernet || message[2] != EthernetBytes)
            return Refuse(out problem, "it is no answer to an Ethernet station");
        // All answers on the link come here; most are somebody else's.
        if (BinaryPrimitives.ReadUInt32BigEndian(message[4..]) != xid
            || Interop.Netlink.MacAddress.FromBytes(message[28..]) != who.Mac) return false;
        if (BinaryPrimitives.ReadUInt32BigEndian(message[FixedBytes..]) != Cookie)
            return Refuse(out problem, "it has no options");
        var options = new DhcpOptions();
        if (!options.TryRead(message, OptionsAt)) return Refuse(out problem, "its options have no end");
        reply = options.ToReply(new IPAddress(message.Slice(16, 4)), out problem);
        return reply is not null;
    }

    private static bool TryUnwrap(ReadOnlySpan<byte> packet, out ReadOnlySpan<byte> message, out string? problem)
    {
        message = default;
        problem = "it is no whole IPv4 packet";
        if (packet.Length < IpBytes || packet[0] >> 4 != 4) return false;
        int header = (packet[0] & 15) * 4, total = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (header < IpBytes || total < header + UdpBytes || total > packet.Length) return false;
        // More fragments, or one behind the first.
        if ((BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3fff) != 0) return false;
        if (packet[9] != Udp || DhcpRequest.Fold(DhcpRequest.Sum(packet[..header])) != 0) return false;
        ReadOnlySpan<byte> udp = packet[header..total];
        int length = BinaryPrimitives.ReadUInt16BigEndian(udp[4..]);
        problem = "it is no whole UDP datagram from a server";
        if (length < UdpBytes || length > udp.Length) return false;
        if (BinaryPrimitives.ReadUInt16BigEndian(udp) != ServerPort
            || BinaryPrimitives.ReadUInt16BigEndian(udp[2..]) != ClientPort) return false;
        // UDP's checksum is not looked at: of a server on the same host, nobody has computed it.
        message = udp[UdpBytes..length];
        problem = null;
        return true;
    }

    private static bool Refuse(out string? problem, string text)
    {
        problem = text;
        return false;
    }
}
