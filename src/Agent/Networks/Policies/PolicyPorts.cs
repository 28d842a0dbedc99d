using System.Globalization;
using System.Net.Sockets;

namespace Skiff.Agent.Networks.Policies;

/// <summary>Ports, or a range of them.</summary>
/// <param name="Protocol">IPPROTO_TCP, _UDP or _SCTP.</param>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
internal sealed record PolicyPorts(byte Protocol, ushort First, ushort Last)
{
    /// <summary>IPPROTO_SCTP.</summary>
    public const byte Sctp = 132;

    /// <summary>Whether it has this one.</summary>
    public bool Has(byte protocol, ushort port) => protocol == Protocol && port >= First && port <= Last;

    /// <summary>The number of a protocol; null of one without ports.</summary>
    public static byte? NumberOf(string protocol) => protocol.ToUpperInvariant() switch
    {
        "TCP" => (byte)ProtocolType.Tcp,
        "UDP" => (byte)ProtocolType.Udp,
        "SCTP" => Sctp,
        _ => null,
    };

    /// <summary>What a protocol is called; its number when it has no name here.</summary>
    public static string NameOf(byte protocol) => protocol switch
    {
        (byte)ProtocolType.Icmp => "icmp",
        (byte)ProtocolType.Tcp => "tcp",
        (byte)ProtocolType.Udp => "udp",
        (byte)ProtocolType.IcmpV6 => "icmpv6",
        Sctp => "sctp",
        _ => protocol.ToString(CultureInfo.InvariantCulture),
    };
}
