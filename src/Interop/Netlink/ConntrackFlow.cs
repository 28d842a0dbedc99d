namespace Skiff.Interop.Netlink;

/// <summary>
/// An IPv4 connection as conntrack knows it. Addresses are numbers, the first byte being the highest.
/// </summary>
/// <param name="Protocol">IPPROTO_*.</param>
/// <param name="Source">Who began it.</param>
/// <param name="SourcePort">From which port.</param>
/// <param name="Destination">Whom they addressed.</param>
/// <param name="DestinationPort">At which port.</param>
/// <param name="Answerer">Who answers: differs from <paramref name="Destination"/> after destination NAT.</param>
public readonly record struct ConntrackFlow(
    byte Protocol, uint Source, ushort SourcePort, uint Destination, ushort DestinationPort, uint Answerer);
