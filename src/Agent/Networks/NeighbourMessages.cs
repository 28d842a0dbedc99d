using System.Buffers.Binary;
using System.Net;
using Skiff.Agent.Dhcp;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// What stations of a link tell each other of their addresses: ARP (RFC 826, RFC 5227) and neighbour discovery (RFC
/// 4861, RFC 4862). Messages begin behind the Ethernet header.
/// </summary>
internal static class NeighbourMessages
{
    /// <summary>Room for any that is made or read here.</summary>
    public const int MaxBytes = 128;

    private const int ArpBytes = 28, HeaderBytes = 40, SolicitationBytes = 24, AdvertisementBytes = 32;
    private const byte Request = 1, Icmpv6 = 58, Solicitation = 135, Advertisement = 136, LastHopLimit = 255;
    private const uint Override = 0x2000_0000;

    private static readonly MacAddress s_broadcast = new(0xffff_ffff_ffff);

    /// <summary>Asks whether somebody has an address, as one who has none.</summary>
    /// <param name="own">Who asks.</param>
    /// <param name="address">The address.</param>
    /// <param name="to">Whom it is for.</param>
    public static byte[] Ask(MacAddress own, IPAddress address, out MacAddress to)
    {
        to = s_broadcast;
        byte[] wanted = address.GetAddressBytes();
        if (wanted.Length == 4) return Arp(own, default, wanted);
        // All whose addresses end in the same three bytes listen there.
        byte[] group = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, .. wanted[13..]];
        to = GroupMac(group);
        return Summed(Neighbour(new byte[16], group, SolicitationBytes, Solicitation, wanted));
    }

    /// <summary>Tells everybody that an address has this Ethernet address, whatever they know of it.</summary>
    /// <param name="own">Who has it.</param>
    /// <param name="address">The address.</param>
    /// <param name="to">Whom it is for.</param>
    public static byte[] Tell(MacAddress own, IPAddress address, out MacAddress to)
    {
        to = s_broadcast;
        byte[] given = address.GetAddressBytes();
        if (given.Length == 4) return Arp(own, given, given);
        byte[] group = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        byte[] message = Neighbour(given, group, AdvertisementBytes, Advertisement, given);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(HeaderBytes + 4), Override);
        (message[64], message[65]) = (2, 1); // Target link-layer address, 8 bytes.
        own.CopyTo(message.AsSpan(66));
        to = GroupMac(group);
        return Summed(message);
    }

    /// <summary>Who has an address, or wants it as well, by what was received; false when it says nothing of that.
    /// </summary>
    /// <param name="message">What was received.</param>
    /// <param name="from">Whose frame it was.</param>
    /// <param name="address">The address.</param>
    /// <param name="who">Who it is.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, MacAddress from, IPAddress address, out MacAddress who)
    {
        ReadOnlySpan<byte> wanted = address.GetAddressBytes();
        who = from;
        if (wanted.Length == 4)
        {
            if (message.Length < ArpBytes || !message[..6].SequenceEqual((ReadOnlySpan<byte>)[0, 1, 8, 0, 6, 4]))
                return false;
            who = MacAddress.FromBytes(message[8..]);
            bool isFromNobody = !message[14..18].ContainsAnyExcept((byte)0);
            return message[(isFromNobody ? 24 : 14)..][..4].SequenceEqual(wanted);
        }
        // Routers take one from a hop limit, so what comes from elsewhere has another.
        return message.Length >= HeaderBytes + SolicitationBytes && message[6] == Icmpv6 && message[7] == LastHopLimit
            && message.Slice(48, 16).SequenceEqual(wanted) && (message[HeaderBytes] == Advertisement
            || message[HeaderBytes] == Solicitation && !message[8..24].ContainsAnyExcept((byte)0));
    }

    private static byte[] Arp(MacAddress own, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> target)
    {
        byte[] message = new byte[ArpBytes];
        ((ReadOnlySpan<byte>)[0, 1, 8, 0, 6, 4, 0, Request]).CopyTo(message);
        own.CopyTo(message.AsSpan(8));
        sender.CopyTo(message.AsSpan(14));
        target.CopyTo(message.AsSpan(24));
        return message;
    }

    private static byte[] Neighbour(byte[] source, byte[] group, int bytes, byte type, byte[] target)
    {
        byte[] message = new byte[HeaderBytes + bytes];
        (message[0], message[5], message[6], message[7]) = (0x60, (byte)bytes, Icmpv6, LastHopLimit);
        source.CopyTo(message, 8);
        group.CopyTo(message, 24);
        message[HeaderBytes] = type;
        target.CopyTo(message, 48);
        return message;
    }

    // RFC 4443 2.3: over the addresses, the length, the protocol, and the message.
    private static byte[] Summed(byte[] message)
    {
        uint pseudo = (uint)(message.Length - HeaderBytes) + Icmpv6;
        BinaryPrimitives.WriteUInt16BigEndian(
            message.AsSpan(HeaderBytes + 2), DhcpRequest.Fold(pseudo + DhcpRequest.Sum(message.AsSpan(8))));
        return message;
    }

    private static MacAddress GroupMac(ReadOnlySpan<byte> group) =>
        new(0x3333_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(group[12..]));
}
