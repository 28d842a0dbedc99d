using System.Buffers.Binary;
using System.Net;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Dhcp;

/// <summary>Writes what a client sends (RFC 2131 section 4.4.1, table 5), from the IPv4 header on.</summary>
internal static class DhcpRequest
{
    /// <summary>The most bytes that one has.</summary>
    public const int MaxBytes = 576; // What everybody has to take (RFC 2131 section 2).

    private const int IpBytes = 20, UdpBytes = 8, FixedBytes = 236;
    private const byte Udp = 17, BootRequest = 1, Ethernet = 1, EthernetBytes = 6, TimeToLive = 64;

    /// <summary>Writes one; returns its length.</summary>
    /// <param name="packet">Gets it; <see cref="MaxBytes"/> at least.</param>
    /// <param name="type">Its kind.</param>
    /// <param name="xid">What the answer has to repeat.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="own">The address that the client has; null when it has none.</param>
    /// <param name="wanted">The one that it takes of an offer; null when it takes none.</param>
    /// <param name="server">Whom it is for; null for all.</param>
    /// <param name="isUnicast">Whether it is sent to the server alone.</param>
    public static int Write(
        Span<byte> packet, DhcpMessageType type, uint xid, DhcpIdentity who, IPAddress? own, IPAddress? wanted,
        IPAddress? server, bool isUnicast)
    {
        packet[..MaxBytes].Clear();
        Span<byte> message = packet[(IpBytes + UdpBytes)..MaxBytes];
        (message[0], message[1], message[2]) = (BootRequest, Ethernet, EthernetBytes);
        BinaryPrimitives.WriteUInt32BigEndian(message[4..], xid);
        own?.TryWriteBytes(message[12..], out _);
        who.Mac.CopyTo(message[28..]);
        BinaryPrimitives.WriteUInt32BigEndian(message[FixedBytes..], DhcpReply.Cookie);
        int length = FixedBytes + 4;
        Put(message, ref length, DhcpOption.MessageType, [(byte)type]);
        Span<byte> identifier = stackalloc byte[1 + EthernetBytes];
        identifier[0] = Ethernet;
        who.Mac.CopyTo(identifier[1..]);
        Put(message, ref length, DhcpOption.ClientIdentifier, identifier);
        if (wanted is not null) Put(message, ref length, DhcpOption.RequestedAddress, wanted.GetAddressBytes());
        // One that wants its lease to go on names no server (RFC 2131 section 4.3.2).
        if (server is not null && own is null || type == DhcpMessageType.Release)
            Put(message, ref length, DhcpOption.ServerIdentifier, server!.GetAddressBytes());
        if (type != DhcpMessageType.Release)
        {
            if (who.HostName is { Length: > 0 } name) Put(message, ref length, DhcpOption.HostName, name);
            Put(message, ref length, DhcpOption.ParameterRequestList, [1, 3, 6, 15, 51, 54, 58, 59]);
        }
        message[length++] = (byte)DhcpOption.End;
        // BOOTP relays may drop shorter ones (RFC 1542 section 2.1).
        length = Math.Max(length, 300);
        WriteHeaders(packet, length, own ?? IPAddress.Any, isUnicast ? server! : IPAddress.Broadcast);
        return IpBytes + UdpBytes + length;
    }

    private static void Put(Span<byte> message, ref int length, DhcpOption option, scoped ReadOnlySpan<byte> value)
    {
        message[length] = (byte)option;
        message[length + 1] = (byte)value.Length;
        value.CopyTo(message[(length + 2)..]);
        length += 2 + value.Length;
    }

    private static void WriteHeaders(Span<byte> packet, int length, IPAddress from, IPAddress to)
    {
        Span<byte> udp = packet[IpBytes..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, DhcpReply.ClientPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], DhcpReply.ServerPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(UdpBytes + length));
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(IpBytes + UdpBytes + length));
        packet[9] = Udp;
        from.TryWriteBytes(packet[12..], out _);
        to.TryWriteBytes(packet[16..], out _);
        // UDP sums up the addresses, its protocol and its length as well (RFC 768).
        uint pseudo = Sum(packet[12..20]) + Udp + (uint)(UdpBytes + length);
        ushort sum = Fold(pseudo + Sum(udp[..(UdpBytes + length)]));
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], sum == 0 ? (ushort)0xffff : sum);
        packet[8] = TimeToLive;
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Fold(Sum(packet[..IpBytes])));
    }

    /// <summary>The sum of RFC 1071, not yet folded: of 64 KiB at most.</summary>
    internal static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i + 1 < bytes.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        return bytes.Length % 2 == 0 ? sum : sum + (uint)(bytes[^1] << 8);
    }

    /// <summary>What is written as the checksum; 0 over bytes that hold a right one.</summary>
    internal static ushort Fold(uint sum)
    {
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
