using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Skiff.Agent.Networks;

/// <summary>Addresses as numbers, to count in.</summary>
internal static class AddressNumber
{
    /// <summary>The address in the byte order of the machine.</summary>
    public static UInt128 Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        int length = address.AddressFamily == AddressFamily.InterNetworkV6 ? 16 : 4;
        address.TryWriteBytes(bytes[(16 - length)..], out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>The address of that number, of the family that <paramref name="like"/> has.</summary>
    public static IPAddress ToAddress(UInt128 number, IPNetwork like)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        bool isIpv6 = like.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        return new IPAddress(bytes[(isIpv6 ? 0 : 12)..]);
    }

    /// <summary>The first and the last address of a network.</summary>
    public static (UInt128 First, UInt128 Last) Ends(IPNetwork network)
    {
        int bits = network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        UInt128 first = Of(network.BaseAddress);
        int free = bits - network.PrefixLength;
        return (first, free == 128 ? UInt128.MaxValue : first + (UInt128.One << free) - 1);
    }
}
