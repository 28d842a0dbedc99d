using System.Net;

namespace Skiff.Interop.Netlink;

/// <summary>A unicast route of the main table.</summary>
/// <param name="Destination">The network; 0.0.0.0/0 or ::/0 for the default route.</param>
/// <param name="Gateway">The next hop; null when directly reachable.</param>
/// <param name="LinkIndex">The outgoing interface; 0 when it has several.</param>
public readonly record struct RouteInfo(IPNetwork Destination, IPAddress? Gateway, int LinkIndex);
