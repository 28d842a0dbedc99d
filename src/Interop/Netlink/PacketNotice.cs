using System.Buffers.Binary;
using System.Net;

namespace Skiff.Interop.Netlink;

/// <summary>A packet that a rule has logged: its IP header, and the ports where its protocol has some.</summary>
public sealed record PacketNotice
{
    private const int Ipv4HeaderSize = 20, Ipv6HeaderSize = 40;
    private const byte Tcp = 6, Udp = 17, Sctp = 132;

    /// <summary>What the rule says.</summary>
    public required string Prefix { get; init; }

    /// <summary>IPPROTO_*; of IPv6, what follows the first header.</summary>
    public byte Protocol { get; private init; }

    /// <summary>Who sent it.</summary>
    public required IPAddress Source { get; init; }

    /// <summary>To whom.</summary>
    public required IPAddress Destination { get; init; }

    /// <summary>To which port; null of a protocol without.</summary>
    public ushort? DestinationPort { get; private init; }

    /// <summary>Reads a notification; null when it is none of a packet of IP that is whole up to its ports.</summary>
    public static PacketNotice? TryRead(NetlinkMessage message)
    {
        if (message.Type != (Nftables.NFNL_SUBSYS_ULOG << 8 | Nftables.NFULNL_MSG_PACKET)) return null;
        string prefix = "";
        ReadOnlySpan<byte> packet = default;
        NetlinkAttributes attributes = message.Attributes(4); // struct nfgenmsg
        while (attributes.MoveNext())
            if (attributes.Type == Nftables.NFULA_PREFIX) prefix = attributes.String;
            else if (attributes.Type == Nftables.NFULA_PAYLOAD) packet = attributes.Value;
        return TryRead(prefix, packet);
    }

    /// <summary>Reads a packet (RFC 791, RFC 8200).</summary>
    public static PacketNotice? TryRead(string prefix, ReadOnlySpan<byte> packet)
    {
        int version = packet.IsEmpty ? 0 : packet[0] >> 4;
        bool isIpv6 = version == 6;
        if (!isIpv6 && version != 4 || packet.Length < (isIpv6 ? Ipv6HeaderSize : Ipv4HeaderSize)) return null;
        int header = isIpv6 ? Ipv6HeaderSize : (packet[0] & 0xF) * 4;
        byte protocol = packet[isIpv6 ? 6 : 9];
        bool hasPorts = protocol is Tcp or Udp or Sctp && packet.Length >= header + 4;
        return new PacketNotice
        {
            Prefix = prefix,
            Protocol = protocol,
            Source = new IPAddress(isIpv6 ? packet[8..24] : packet[12..16]),
            Destination = new IPAddress(isIpv6 ? packet[24..40] : packet[16..20]),
            DestinationPort = hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(packet[(header + 2)..]) : null,
        };
    }
}
