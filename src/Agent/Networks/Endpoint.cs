using System.Globalization;
using System.Net;
using System.Text.Json;
using Skiff.Agent.Dhcp;
using Skiff.Agent.Manager;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>
/// A container's place in a network, as remembered among its others in RUNROOT/networks/endpoints/CONTAINERID.json.
/// </summary>
internal sealed record Endpoint
{
    /// <summary>64 hexadecimal digits, others with each attachment.</summary>
    public string Id { get; init; } = "";

    /// <summary>The container.</summary>
    public required string ContainerId { get; init; }

    /// <summary>The network.</summary>
    public required string NetworkId { get; init; }

    /// <summary>The network's name.</summary>
    public required string NetworkName { get; init; }

    /// <summary>The container's IPv4 address; null in a network without.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Bits of the network part of <see cref="Address"/>.</summary>
    public int PrefixLength { get; init; }

    /// <summary>
    /// The default route's next hop; null without a way out, all zeros when that is the interface itself.
    /// </summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The container's IPv6 address; null in a network without.</summary>
    public IPAddress? Ipv6Address { get; init; }

    /// <summary>Bits of the network part of <see cref="Ipv6Address"/>.</summary>
    public int Ipv6PrefixLength { get; init; }

    /// <summary>As <see cref="Gateway"/>.</summary>
    public IPAddress? Ipv6Gateway { get; init; }

    /// <summary>Further addresses that nothing routes.</summary>
    public IReadOnlyList<IPAddress> LinkLocalAddresses { get; init; } = [];

    /// <summary>The Ethernet address of the container's interface.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>The interface inside.</summary>
    public string InterfaceName { get; init; } = "eth0";

    /// <summary>The interface outside, a port of the bridge; empty when nothing of it is outside.</summary>
    public required string HostVeth { get; init; }

    /// <summary>Whether the interface inside hangs on one of the host's itself.</summary>
    public bool IsDirect => HostVeth.Length == 0;

    /// <summary>Whether hosts that the engine does not know are on the interface's link.</summary>
    public bool HasNeighbours { get; init; }

    /// <summary>
    /// What an interface of that kind is called while it is made: up to Linux 6.13 no interface of the host may be
    /// called so, and the host has an eth0.
    /// </summary>
    public string FirstName => "sk" + Id[..12];

    /// <summary>What a DHCP server has given; null where the engine gives the addresses.</summary>
    public DhcpLease? Lease { get; init; }

    /// <summary>The endpoint with the highest one has the default route.</summary>
    public int GatewayPriority { get; init; }

    /// <summary>Whether the container's IPv4 default route goes here.</summary>
    public bool IsGateway { get; init; }

    /// <summary>Whether its IPv6 default route does.</summary>
    public bool IsIpv6Gateway { get; init; }

    /// <summary>The published ports with definite host ports.</summary>
    public IReadOnlyList<PortMapping> Ports { get; init; } = [];

    /// <summary>What the container is called in the network's DNS, its own name first.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The container's own name.</summary>
    public string ContainerName { get; init; } = "";

    /// <summary>The container's labels, which policies select by.</summary>
    public Dictionary<string, string> Labels { get; init; } = [];

    /// <summary>Bytes a second that the container may receive here; 0 for no limit.</summary>
    public long IngressBytesPerSecond { get; init; }

    /// <summary>Bytes a second that it may send here.</summary>
    public long EgressBytesPerSecond { get; init; }

    /// <summary>Sysctls of the interface, for when it is made; no record has them.</summary>
    public string Sysctls { get; init; } = "";

    /// <summary>The address of the default route's next hop; null when there is none.</summary>
    public IPAddress? NextHop(bool ipv6) => (ipv6 ? Ipv6Gateway : Gateway) is { } hop
        && !hop.Equals(IPAddress.Any) && !hop.Equals(IPAddress.IPv6Any) ? hop : null;

    /// <summary>Who it is to DHCP servers.</summary>
    public DhcpIdentity DhcpIdentity => new(Mac, Names.Count > 0 ? Names[0] : "");

    /// <summary>Its addresses.</summary>
    public IEnumerable<IPAddress> Addresses => new[] { Address, Ipv6Address }.OfType<IPAddress>();

    /// <summary>Whether it is that of a container without root, whose network is pasta's and has no record.</summary>
    public bool IsRootless => NetworkId.Length == 0;

    /// <summary>Whether it is what became of these settings, whose network may be named by its id.</summary>
    public bool IsOf(EndpointSettings settings) => IsRootless || NetworkName == settings.Network
        || (settings.Network.Length > 0 && NetworkId.StartsWith(settings.Network, StringComparison.Ordinal));

    /// <summary>Writes it as an item of a list.</summary>
    public void WriteTo(JsonText w)
    {
        w.WriteStartObject();
        Write(w, "id", Id);
        Write(w, "containerId", ContainerId);
        Write(w, "networkId", NetworkId);
        Write(w, "networkName", NetworkName);
        Write(w, "address", Address?.ToString());
        Write(w, "prefixLength", PrefixLength);
        Write(w, "gateway", Gateway?.ToString());
        Write(w, "ipv6Address", Ipv6Address?.ToString());
        Write(w, "ipv6PrefixLength", Ipv6PrefixLength);
        Write(w, "ipv6Gateway", Ipv6Gateway?.ToString());
        Write(w, "linkLocalAddresses", [.. LinkLocalAddresses.Select(address => address.ToString())]);
        Write(w, "mac", Mac.ToString());
        Write(w, "interfaceName", InterfaceName);
        Write(w, "hostVeth", HostVeth);
        Write(w, "hasNeighbours", HasNeighbours);
        Lease?.WriteTo(w, "lease");
        Write(w, "gatewayPriority", GatewayPriority);
        Write(w, "isGateway", IsGateway);
        Write(w, "isIpv6Gateway", IsIpv6Gateway);
        Write(w, "ports", [.. Ports.Select(port => $"{port.HostText}:{port.ContainerPort}/{port.ProtocolName}")]);
        Write(w, "names", Names);
        Write(w, "containerName", ContainerName);
        Write(w, "labels", Labels);
        Write(w, "ingressBytesPerSecond", IngressBytesPerSecond);
        Write(w, "egressBytesPerSecond", EgressBytesPerSecond);
        w.WriteEndObject();
    }

    /// <summary>
    /// Reads it again; <see cref="JsonException"/> or <see cref="FormatException"/> when it is damaged.
    /// </summary>
    public static Endpoint Read(JsonElement e) => Text(e, "containerId").Length == 0
        ? throw new JsonException("an endpoint record without container")
        : new Endpoint
        {
            Id = Text(e, "id"),
            ContainerId = Text(e, "containerId"),
            NetworkId = Text(e, "networkId"),
            NetworkName = Text(e, "networkName"),
            Address = AddressOf(e, "address"),
            PrefixLength = (int)Number(e, "prefixLength"),
            Gateway = AddressOf(e, "gateway"),
            Ipv6Address = AddressOf(e, "ipv6Address"),
            Ipv6PrefixLength = (int)Number(e, "ipv6PrefixLength"),
            Ipv6Gateway = AddressOf(e, "ipv6Gateway"),
            LinkLocalAddresses = Array.ConvertAll(Texts(e, "linkLocalAddresses"), IPAddress.Parse),
            Mac = ParseMac(Text(e, "mac")),
            InterfaceName = Text(e, "interfaceName"),
            HostVeth = Text(e, "hostVeth"),
            HasNeighbours = Flag(e, "hasNeighbours"),
            Lease = DhcpLease.Read(e, "lease"),
            GatewayPriority = (int)Number(e, "gatewayPriority"),
            IsGateway = Flag(e, "isGateway"),
            IsIpv6Gateway = Flag(e, "isIpv6Gateway"),
            Ports = [.. Texts(e, "ports").SelectMany(PortMapping.Parse)],
            Names = Texts(e, "names"),
            ContainerName = Text(e, "containerName"),
            Labels = Pairs(e, "labels"),
            IngressBytesPerSecond = Number(e, "ingressBytesPerSecond"),
            EgressBytesPerSecond = Number(e, "egressBytesPerSecond"),
        };

    private static IPAddress? AddressOf(JsonElement e, string name) =>
        TextOrNull(e, name) is { } text ? IPAddress.Parse(text) : null;

    private static MacAddress ParseMac(string text) => MacAddress.TryParse(text, out MacAddress mac)
        ? mac
        : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"no MAC address: {text}"));
}
