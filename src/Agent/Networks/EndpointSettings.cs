using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>
/// What a container asks of one network (EndpointSettings of the Engine API), durable with its record.
/// </summary>
/// <param name="Network">The network's name or id, as the user gave it.</param>
internal sealed record EndpointSettings(string Network)
{
    /// <summary><c>--ip</c>; null takes the next free one.</summary>
    public string? Ipv4Address { get; init; }

    /// <summary><c>--ip6</c>, likewise.</summary>
    public string? Ipv6Address { get; init; }

    /// <summary><c>--link-local-ip</c>: further addresses of the interface, of 169.254.0.0/16 or fe80::/10.</summary>
    public string[] LinkLocalAddresses { get; init; } = [];

    /// <summary><c>--mac-address</c>; null derives one from the address.</summary>
    public string? MacAddress { get; init; }

    /// <summary><c>--network-alias</c>: further names in the network's DNS.</summary>
    public string[] Aliases { get; init; } = [];

    /// <summary>The network with the highest one has the container's default route.</summary>
    public int GatewayPriority { get; init; }

    /// <summary><c>driver-opt</c>.</summary>
    public Dictionary<string, string> DriverOptions { get; init; } = [];

    /// <summary>Nothing but the name is asked for.</summary>
    public bool IsPlain => this is
    {
        Ipv4Address: null, Ipv6Address: null, MacAddress: null, GatewayPriority: 0,
        LinkLocalAddresses.Length: 0, Aliases.Length: 0, DriverOptions.Count: 0,
    };

    /// <summary>Writes one as an item of a list.</summary>
    public void WriteTo(JsonText w)
    {
        w.WriteStartObject();
        Write(w, "Network", Network);
        Write(w, "IPv4Address", Ipv4Address);
        Write(w, "IPv6Address", Ipv6Address);
        Write(w, "LinkLocalIPs", LinkLocalAddresses);
        Write(w, "MacAddress", MacAddress);
        Write(w, "Aliases", Aliases);
        Write(w, "GwPriority", GatewayPriority);
        Write(w, "DriverOpts", DriverOptions);
        w.WriteEndObject();
    }

    /// <summary>Reads it again.</summary>
    public static EndpointSettings Read(JsonElement e) => new(Text(e, "Network"))
    {
        Ipv4Address = TextOrNull(e, "IPv4Address"),
        Ipv6Address = TextOrNull(e, "IPv6Address"),
        LinkLocalAddresses = Texts(e, "LinkLocalIPs"),
        MacAddress = TextOrNull(e, "MacAddress"),
        Aliases = Texts(e, "Aliases"),
        GatewayPriority = (int)Number(e, "GwPriority"),
        DriverOptions = Pairs(e, "DriverOpts"),
    };
}
