using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// What differs in the table between the two versions of IP: the names of sets, and where addresses are.
/// </summary>
internal sealed class RulesetFamily
{
    private const byte NFPROTO_IPV4 = 2, NFPROTO_IPV6 = 10;

    private RulesetFamily(bool ipv6) => (IsIpv6, Suffix) = (ipv6, ipv6 ? "6" : "");

    /// <summary>IPv4.</summary>
    public static RulesetFamily Ipv4 { get; } = new(ipv6: false);

    /// <summary>IPv6.</summary>
    public static RulesetFamily Ipv6 { get; } = new(ipv6: true);

    /// <summary>Both.</summary>
    public static RulesetFamily[] All { get; } = [Ipv4, Ipv6];

    /// <summary>Which one it is.</summary>
    public bool IsIpv6 { get; }

    /// <summary>What the names of its sets have behind.</summary>
    public string Suffix { get; }

    /// <summary>NFPROTO_*.</summary>
    public byte Number => IsIpv6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

    /// <summary>The type of its addresses.</summary>
    public NftDataType AddressType => IsIpv6 ? NftDataType.Ipv6Address : NftDataType.Ipv4Address;

    /// <summary>Bytes of an address.</summary>
    public int AddressSize => IsIpv6 ? 16 : 4;

    /// <summary>Registers of 4 bytes that an address takes.</summary>
    public int AddressRegisters => AddressSize / 4;

    /// <summary>Where the header has the source (RFC 791, RFC 8200).</summary>
    public int SourceOffset => IsIpv6 ? 8 : 12;

    /// <summary>Where the header has the destination.</summary>
    public int DestinationOffset => IsIpv6 ? 24 : 16;

    /// <summary>The set of subnets whose containers leave by the host's address.</summary>
    public string Subnets => "subnets" + Suffix;

    /// <summary>The set of who may reach published ports of networks that say so.</summary>
    public string Allowed => "allowed" + Suffix;

    /// <summary>The set or map of one way to publish.</summary>
    public string NameOf(RulesetMap map) => map switch
    {
        RulesetMap.AnyAddress => "ports",
        RulesetMap.OneAddress => "address_ports",
        _ => "reachable",
    } + Suffix;

    /// <summary>Whether an address is of it.</summary>
    public bool Has(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 == IsIpv6;

    /// <summary>The container's address.</summary>
    public IPAddress? AddressOf(Endpoint endpoint) => IsIpv6 ? endpoint.Ipv6Address : endpoint.Address;

    /// <summary>How a port is published; without a port of the host's only the container's address has it.</summary>
    public RulesetMap MapOf(PortMapping port) => port.HostPort == 0 ? RulesetMap.Reachable
        : port.HostAddress.Equals(IsIpv6 ? IPAddress.IPv6Any : IPAddress.Any) ? RulesetMap.AnyAddress
        : RulesetMap.OneAddress;

    /// <summary>Writes the key of an element; returns its length.</summary>
    public int WriteKey(Span<byte> key, RulesetMap map, PortMapping port, IPAddress inside)
    {
        key.Clear();
        int at = 0;
        if (map != RulesetMap.AnyAddress)
            (map == RulesetMap.Reachable ? inside : port.HostAddress).TryWriteBytes(key, out at);
        key[at] = (byte)port.Protocol;
        ushort number = map == RulesetMap.Reachable ? port.ContainerPort : port.HostPort;
        BinaryPrimitives.WriteUInt16BigEndian(key[(at + 4)..], number);
        return at + 8;
    }

    /// <summary>Writes where a map's element leads; returns its length.</summary>
    public int WriteValue(Span<byte> value, PortMapping port, IPAddress inside)
    {
        value.Clear();
        inside.TryWriteBytes(value, out int at);
        BinaryPrimitives.WriteUInt16BigEndian(value[at..], port.ContainerPort);
        return at + 4;
    }
}
