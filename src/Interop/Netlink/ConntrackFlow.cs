using System.Net;
using System.Net.Sockets;

namespace Skiff.Interop.Netlink;

/// <summary>A connection as conntrack knows it.</summary>
/// <param name="Protocol">IPPROTO_*.</param>
/// <param name="Source">Who began it.</param>
/// <param name="SourcePort">From which port; 0 of a protocol without.</param>
/// <param name="Destination">Whom they addressed.</param>
/// <param name="DestinationPort">At which port.</param>
/// <param name="Answerer">Who answers: differs from <paramref name="Destination"/> after destination NAT.</param>
/// <param name="AnswererPort">From which port.</param>
/// <param name="Tuple">How the kernel names it.</param>
public sealed record ConntrackFlow(
    byte Protocol, IPAddress Source, ushort SourcePort, IPAddress Destination, ushort DestinationPort,
    IPAddress Answerer, ushort AnswererPort, byte[] Tuple)
{
    /// <summary>Of which version of IP it is.</summary>
    public bool IsIpv6 => Source.AddressFamily == AddressFamily.InterNetworkV6;
}
