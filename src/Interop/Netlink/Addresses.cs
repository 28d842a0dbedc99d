using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Skiff.Interop.Netlink;

/// <summary>RTM_*ADDR of rtnetlink(7). Errnos to expect: EEXIST on Add, EADDRNOTAVAIL on Delete, ENODEV.</summary>
public static class Addresses
{
    private const int HeaderSize = 8; // struct ifaddrmsg

    /// <summary>
    /// Gives the link an address. IPv4 gets the broadcast address of its prefix; IPv6 skips duplicate detection, so
    /// that it can be used at once.
    /// </summary>
    public static void Add(NetlinkBatch batch, int linkIndex, IPAddress address, int prefixLength)
    {
        const NetlinkFlags flags = NetlinkFlags.NLM_F_CREATE | NetlinkFlags.NLM_F_EXCL;
        Begin(batch, Rtnetlink.RTM_NEWADDR, flags, linkIndex, address, prefixLength);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            batch.PutUInt32(Rtnetlink.IFA_FLAGS, Rtnetlink.IFA_F_NODAD);
        else if (prefixLength < 31)
            PutBroadcast(batch, address, prefixLength);
    }

    /// <summary>Takes an address away.</summary>
    public static void Delete(NetlinkBatch batch, int linkIndex, IPAddress address, int prefixLength) =>
        Begin(batch, Rtnetlink.RTM_DELADDR, NetlinkFlags.None, linkIndex, address, prefixLength);

    /// <summary>All addresses of the socket's namespace.</summary>
    public static List<AddressInfo> List(NetlinkSocket socket)
    {
        using var batch = new NetlinkBatch();
        batch.Begin(Rtnetlink.RTM_GETADDR, NetlinkFlags.NLM_F_DUMP, "RTM_GETADDR");
        batch.Reserve(HeaderSize);
        return socket.Dump<AddressInfo>(batch, static (m, ref rows) =>
        {
            if (Read(m) is { } row) rows.Add(row);
        });
    }

    private static void Begin(
        NetlinkBatch batch, ushort type, NetlinkFlags flags, int linkIndex, IPAddress address, int prefixLength)
    {
        batch.Begin(type, flags, type == Rtnetlink.RTM_NEWADDR ? "RTM_NEWADDR" : "RTM_DELADDR");
        Span<byte> header = batch.Reserve(HeaderSize);
        header[0] = Family(address);
        header[1] = (byte)prefixLength;
        MemoryMarshal.Write(header[4..], linkIndex);
        batch.PutAddress(Rtnetlink.IFA_LOCAL, address);
        batch.PutAddress(Rtnetlink.IFA_ADDRESS, address);
    }

    private static void PutBroadcast(NetlinkBatch batch, IPAddress address, int prefixLength)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        for (int bit = prefixLength; bit < 32; bit++) bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        batch.Put(Rtnetlink.IFA_BROADCAST, bytes);
    }

    internal static AddressInfo? Read(NetlinkMessage message)
    {
        ReadOnlySpan<byte> header = message.Payload;
        IPAddress? local = null;
        IPAddress? address = null;
        uint flags = header[2];
        NetlinkAttributes attributes = message.Attributes(HeaderSize);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Rtnetlink.IFA_LOCAL) local = new IPAddress(attributes.Value);
            if (attributes.Type == Rtnetlink.IFA_ADDRESS) address = new IPAddress(attributes.Value);
            if (attributes.Type == Rtnetlink.IFA_FLAGS) flags = attributes.UInt32;
        }
        // On point-to-point links IFA_ADDRESS is the other side, and IPv6 has no IFA_LOCAL otherwise.
        return (local ?? address) is { } own
            ? new AddressInfo(MemoryMarshal.Read<int>(header[4..]), own, header[1],
                (flags & Rtnetlink.IFA_F_DADFAILED) != 0)
            : null;
    }

    internal static byte Family(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? Rtnetlink.AF_INET6 : Rtnetlink.AF_INET;
}
