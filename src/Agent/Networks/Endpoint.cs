using System.Globalization;
using System.Net;
using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>A container's place in a network, as remembered in RUNROOT/networks/endpoints/CONTAINERID.json.</summary>
internal sealed record Endpoint
{
    /// <summary>The container.</summary>
    public required string ContainerId { get; init; }

    /// <summary>The network.</summary>
    public required string NetworkId { get; init; }

    /// <summary>The network's name.</summary>
    public required string NetworkName { get; init; }

    /// <summary>The container's address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Bits of the network part of <see cref="Address"/>.</summary>
    public int PrefixLength { get; init; }

    /// <summary>The bridge's address: the container's default route.</summary>
    public required IPAddress Gateway { get; init; }

    /// <summary>The Ethernet address of the container's interface.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>The interface inside.</summary>
    public string InterfaceName { get; init; } = "eth0";

    /// <summary>The interface outside, a port of the bridge.</summary>
    public required string HostVeth { get; init; }

    /// <summary>The published ports with definite host ports.</summary>
    public IReadOnlyList<PortMapping> Ports { get; init; } = [];

    /// <summary>Further names in the network's DNS.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Writes the state file's content.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var json = new JsonText();
        json.WriteStartObject();
        json.WriteString("containerId", ContainerId);
        json.WriteString("networkId", NetworkId);
        json.WriteString("networkName", NetworkName);
        json.WriteString("address", Address.ToString());
        json.WriteNumber("prefixLength", PrefixLength);
        json.WriteString("gateway", Gateway.ToString());
        json.WriteString("mac", Mac.ToString());
        json.WriteString("interfaceName", InterfaceName);
        json.WriteString("hostVeth", HostVeth);
        json.WriteStartArray("ports");
        foreach (PortMapping port in Ports)
            json.WriteStringValue($"{port.HostText}:{port.ContainerPort}/{port.ProtocolName}");
        json.WriteEndArray();
        json.WriteStartArray("aliases");
        foreach (string alias in Aliases) json.WriteStringValue(alias);
        json.WriteEndArray();
        json.WriteEndObject();
        return json.Bytes;
    }

    /// <summary>
    /// Reads a state file; <see cref="JsonException"/> or <see cref="FormatException"/> when it is damaged.
    /// </summary>
    public static Endpoint FromJson(ReadOnlySpan<byte> content)
    {
        var endpoint = new Endpoint
        {
            ContainerId = "",
            NetworkId = "",
            NetworkName = "",
            Address = IPAddress.None,
            Gateway = IPAddress.None,
            HostVeth = "",
        };
        var json = new Utf8JsonReader(content);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            endpoint = With(endpoint, name, ref json);
        }
        if (endpoint.ContainerId.Length == 0) throw new JsonException("an endpoint record without container");
        return endpoint;
    }

    private static Endpoint With(Endpoint endpoint, string name, ref Utf8JsonReader json)
    {
        switch (name)
        {
            case "containerId": return endpoint with { ContainerId = json.GetString()! };
            case "networkId": return endpoint with { NetworkId = json.GetString()! };
            case "networkName": return endpoint with { NetworkName = json.GetString()! };
            case "address": return endpoint with { Address = IPAddress.Parse(json.GetString()!) };
            case "prefixLength": return endpoint with { PrefixLength = json.GetInt32() };
            case "gateway": return endpoint with { Gateway = IPAddress.Parse(json.GetString()!) };
            case "mac": return endpoint with { Mac = ParseMac(json.GetString()!) };
            case "interfaceName": return endpoint with { InterfaceName = json.GetString()! };
            case "hostVeth": return endpoint with { HostVeth = json.GetString()! };
            case "ports": return endpoint with { Ports = ReadPorts(ref json) };
            case "aliases": return endpoint with { Aliases = ReadStrings(ref json) };
            default:
                json.Skip();
                return endpoint;
        }
    }

    private static List<PortMapping> ReadPorts(ref Utf8JsonReader json)
    {
        var ports = new List<PortMapping>();
        foreach (string text in ReadStrings(ref json)) ports.AddRange(PortMapping.Parse(text));
        return ports;
    }

    private static List<string> ReadStrings(ref Utf8JsonReader json)
    {
        var strings = new List<string>();
        while (json.Read() && json.TokenType == JsonTokenType.String) strings.Add(json.GetString()!);
        return strings;
    }

    private static MacAddress ParseMac(string text) => MacAddress.TryParse(text, out MacAddress mac)
        ? mac
        : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"no MAC address: {text}"));
}
