using System.Net;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Monitor.Proxy;

/// <summary>A port of the host's [::1] that leads into the container.</summary>
/// <param name="HostPort">The port there.</param>
/// <param name="Address">The container's address, of either version of IP.</param>
/// <param name="ContainerPort">Its port.</param>
/// <param name="IsAsked">Whether IPv6 was asked for: otherwise the port is published on all IPv4 addresses.</param>
internal sealed record ProxiedPort(ushort HostPort, IPAddress Address, ushort ContainerPort, bool IsAsked)
{
    /// <summary>
    /// Those of a container: TCP ports that are published on [::], on [::1], or, where it has no IPv6 address, on all
    /// IPv4 addresses, as <c>localhost</c> is ::1 to many a client.
    /// </summary>
    public static List<ProxiedPort> Of(IEnumerable<Endpoint> endpoints)
    {
        var ports = new List<ProxiedPort>();
        foreach (Endpoint end in endpoints)
            foreach (PortMapping port in end.Ports)
                if (Of(end, port) is { } found) Add(ports, found);
        return ports;
    }

    private static void Add(List<ProxiedPort> ports, ProxiedPort found)
    {
        int index = ports.FindIndex(other => other.HostPort == found.HostPort);
        if (index < 0) ports.Add(found);
        else if (found.IsAsked) ports[index] = found;
    }

    private static ProxiedPort? Of(Endpoint end, PortMapping port)
    {
        // Without a port of the host's the container's own address has it.
        if (port.Protocol != PortProtocol.Tcp || port.HostPort == 0) return null;
        bool ipv6 = port.HostAddress.Equals(IPAddress.IPv6Any) || port.HostAddress.Equals(IPAddress.IPv6Loopback);
        if (!ipv6 && !port.HostAddress.Equals(IPAddress.Any)) return null;
        return (ipv6 ? end.Ipv6Address : end.Address) is { } address
            ? new ProxiedPort(port.HostPort, address, port.ContainerPort, ipv6) : null;
    }
}
