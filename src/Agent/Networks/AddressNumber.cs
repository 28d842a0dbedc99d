using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Skiff.Agent.Networks;

/// <summary>
/// Counts in the addresses of a network. Of an IPv6 network that has more, the first 2^64 are counted.
/// </summary>
internal static class AddressNumber
{
    /// <summary>The address so many behind the network's first.</summary>
    public static IPAddress At(IPNetwork network, ulong offset)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        if (bytes.Length == 4) return ToAddress(Of(network.BaseAddress) + (uint)offset);
        Span<byte> low = bytes.AsSpan(8);
        // The low half of a network's first address is 0 where the offset needs more of it than the prefix leaves.
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) + offset);
        return new IPAddress(bytes);
    }

    /// <summary>How far the network's last address is behind its first.</summary>
    public static ulong LastOf(IPNetwork network)
    {
        bool isIpv6 = network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        int free = (isIpv6 ? 128 : 32) - network.PrefixLength;
        return free >= 64 ? ulong.MaxValue : (1UL << free) - 1;
    }

    /// <summary>The network's last address.</summary>
    public static byte[] LastAddressOf(IPNetwork network)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        for (int bit = network.PrefixLength; bit < bytes.Length * 8; bit++) bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        return bytes;
    }

    /// <summary>The address behind the network's last.</summary>
    public static byte[] EndOf(IPNetwork network)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        // One more in the last bit of the prefix.
        int bit = network.PrefixLength - 1;
        int carry = 0x80 >> (bit % 8);
        for (int i = bit / 8; i >= 0 && carry > 0; i--, carry = carry > 0xff ? 1 : 0)
            bytes[i] = (byte)(carry += bytes[i]);
        return bytes;
    }

    /// <summary>An IPv4 address as a number, the first byte being the highest.</summary>
    public static uint Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    /// <summary>The IPv4 address of that number.</summary>
    public static IPAddress ToAddress(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
