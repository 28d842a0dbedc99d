using System.Net;

namespace Skiff.Agent.Networks;

/// <summary>One published port: connections to the host's port go to the container's.</summary>
/// <param name="Protocol">The transport.</param>
/// <param name="ContainerPort">The port inside.</param>
/// <param name="HostAddress">The host's address; 0.0.0.0 for every one.</param>
/// <param name="HostPort">The host's port; 0 lets the engine choose one.</param>
/// <param name="HostPortEnd">The last port that may be chosen; equal to <paramref name="HostPort"/> when there is no
/// choice.</param>
internal sealed record PortMapping(
    PortProtocol Protocol, ushort ContainerPort, IPAddress HostAddress, ushort HostPort, ushort HostPortEnd)
{
    /// <summary><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</summary>
    public string ProtocolName => NameOf(Protocol);

    /// <summary><c>0.0.0.0:8080</c>, IPv6 in brackets.</summary>
    public string HostText => new IPEndPoint(HostAddress, HostPort).ToString();

    /// <summary><c>0.0.0.0:8080-&gt;80/tcp</c>, as <c>docker ps</c> shows it.</summary>
    public override string ToString() => $"{HostText}->{ContainerPort}/{ProtocolName}";

    /// <summary>Reads one value of <c>-p</c>; a range gives several mappings.</summary>
    public static List<PortMapping> Parse(string text) => PortSyntax.Parse(text);

    /// <summary>The name of a protocol.</summary>
    public static string NameOf(PortProtocol protocol) => protocol switch
    {
        PortProtocol.Tcp => "tcp",
        PortProtocol.Udp => "udp",
        _ => "sctp",
    };
}
