using System.Text.Json;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli;

internal static partial class InspectJson
{
    /// <summary>A network (Engine API NetworkInspect).</summary>
    /// <param name="engine">Has the containers' names.</param>
    /// <param name="network">The network.</param>
    public static byte[] OfNetwork(Engine engine, NetworkRecord network) =>
        Write(w => WriteNetwork(w, engine, network));

    /// <summary>The same.</summary>
    /// <param name="w">Takes it.</param>
    /// <param name="engine">Has the containers' names; null leaves them out, as lists of networks do.</param>
    /// <param name="network">The network.</param>
    public static void WriteNetwork(Utf8JsonWriter w, Engine? engine, NetworkRecord network)
    {
        w.WriteStartObject();
        w.WriteString("Name", network.Name);
        w.WriteString("Id", network.Id);
        w.WriteString("Created", Time(network.Created));
        w.WriteString("Scope", network.Scope);
        w.WriteString("Driver", network.Driver);
        w.WriteBoolean("EnableIPv4", network.HasIpv4);
        w.WriteBoolean("EnableIPv6", network.Has(ipv6: true));
        WriteIpam(w, network);
        w.WriteBoolean("Internal", network.IsInternal);
        w.WriteBoolean("Attachable", network.IsAttachable);
        w.WriteBoolean("Ingress", false);
        w.WriteStartObject("ConfigFrom");
        w.WriteString("Network", "");
        w.WriteEndObject();
        w.WriteBoolean("ConfigOnly", false);
        w.WriteStartObject("Containers");
        if (engine is not null) WriteMembers(w, engine, network);
        w.WriteEndObject();
        WritePairs(w, "Options", network.Options);
        WritePairs(w, "Labels", network.Labels);
        w.WriteEndObject();
    }

    private static void WriteIpam(Utf8JsonWriter w, NetworkRecord network)
    {
        w.WriteStartObject("IPAM");
        w.WriteString("Driver", network.UsesDhcp ? "dhcp" : "default");
        w.WriteNull("Options");
        w.WriteStartArray("Config");
        foreach (AddressPool pool in network.Pools)
        {
            w.WriteStartObject();
            w.WriteString("Subnet", pool.Subnet.ToString());
            if (pool.Range is { } range) w.WriteString("IPRange", range.ToString());
            if (pool.Gateway is { } gateway) w.WriteString("Gateway", gateway.ToString());
            if (pool.Auxiliary.Count > 0) WritePairs(w, "AuxiliaryAddresses", pool.Auxiliary.ToDictionary(
                pair => pair.Key, pair => pair.Value.ToString()));
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter w, Engine engine, NetworkRecord network)
    {
        foreach (Endpoint end in engine.Networks.Endpoints().Where(end => end.NetworkId == network.Id)
            .OrderBy(end => end.ContainerId, StringComparer.Ordinal))
        {
            w.WriteStartObject(end.ContainerId);
            w.WriteString("Name", engine.Containers.TryRead(end.ContainerId)?.Name ?? "");
            w.WriteString("EndpointID", end.Id);
            w.WriteString("MacAddress", end.Mac.ToString());
            w.WriteString("IPv4Address", end.Address is { } address ? $"{address}/{end.PrefixLength}" : "");
            w.WriteString("IPv6Address", end.Ipv6Address is { } ipv6 ? $"{ipv6}/{end.Ipv6PrefixLength}" : "");
            w.WriteEndObject();
        }
    }

    private static void WriteNetwork(Utf8JsonWriter w, Engine engine, ContainerConfig c, ContainerState s)
    {
        Endpoint[] ends = s.Pid > 0 ? engine.Networks.EndpointsOf(c.Id) : [];
        w.WriteStartObject("NetworkSettings");
        WriteEmpty(w, "Bridge", "SandboxID", "SandboxKey");
        WritePorts(w, c, s.Pid > 0 ? [.. ends.SelectMany(end => end.Ports)] : null);
        // Of the default bridge alone, as with Docker.
        Endpoint? first = ends.FirstOrDefault(end => end.IsRootless
            || end.NetworkName == NetworkNames.DefaultNetwork);
        WriteEndpoint(w, first, first is null ? null : c.Attachments[0].MacAddress);
        WriteNetworks(w, c, ends);
        w.WriteEndObject();
    }

    /// <summary>The field Networks of NetworkSettings.</summary>
    public static void WriteNetworks(Utf8JsonWriter w, ContainerConfig c, Endpoint[] ends)
    {
        w.WriteStartObject("Networks");
        if (c.NetworkMode is "host" or "none") WriteAttachment(w, new EndpointSettings(c.NetworkMode), null);
        foreach (EndpointSettings settings in c.Attachments)
            WriteAttachment(w, settings, ends.FirstOrDefault(end => end.IsOf(settings)));
        w.WriteEndObject();
    }

    private static void WriteAttachment(Utf8JsonWriter w, EndpointSettings settings, Endpoint? end)
    {
        w.WriteStartObject(end?.NetworkName ?? settings.Network);
        WriteIpamConfig(w, settings);
        w.WriteNull("Links");
        WriteStringsOrNull(w, "Aliases", settings.Aliases);
        if (settings.DriverOptions.Count > 0) WritePairs(w, "DriverOpts", settings.DriverOptions);
        else w.WriteNull("DriverOpts");
        w.WriteNumber("GwPriority", settings.GatewayPriority);
        w.WriteString("NetworkID", end?.NetworkId ?? "");
        WriteEndpoint(w, end, settings.MacAddress);
        WriteStringsOrNull(w, "DNSNames", end?.Names ?? []);
        w.WriteEndObject();
    }

    private static void WriteIpamConfig(Utf8JsonWriter w, EndpointSettings settings)
    {
        if (settings is { Ipv4Address: null, Ipv6Address: null, LinkLocalAddresses.Length: 0 })
        {
            w.WriteNull("IPAMConfig");
            return;
        }
        w.WriteStartObject("IPAMConfig");
        if (settings.Ipv4Address is { } ip) w.WriteString("IPv4Address", ip);
        if (settings.Ipv6Address is { } ip6) w.WriteString("IPv6Address", ip6);
        if (settings.LinkLocalAddresses.Length > 0) WriteStrings(w, "LinkLocalIPs", settings.LinkLocalAddresses);
        w.WriteEndObject();
    }

    private static void WriteEndpoint(Utf8JsonWriter w, Endpoint? end, string? mac)
    {
        w.WriteString("EndpointID", end?.Id ?? "");
        w.WriteString("Gateway", end?.NextHop(ipv6: false)?.ToString() ?? "");
        w.WriteString("IPAddress", end?.Address?.ToString() ?? "");
        w.WriteNumber("IPPrefixLen", end?.PrefixLength ?? 0);
        w.WriteString("IPv6Gateway", end?.NextHop(ipv6: true)?.ToString() ?? "");
        w.WriteString("GlobalIPv6Address", end?.Ipv6Address?.ToString() ?? "");
        w.WriteNumber("GlobalIPv6PrefixLen", end?.Ipv6PrefixLength ?? 0);
        w.WriteString("MacAddress", end?.Mac.ToString() ?? mac ?? "");
    }

    private static void WriteEmpty(Utf8JsonWriter w, params ReadOnlySpan<string> names)
    {
        foreach (string name in names) w.WriteString(name, "");
    }

    // {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}; exposed ports that are not published have null.
    private static void WritePorts(Utf8JsonWriter w, ContainerConfig c, PortMapping[]? published)
    {
        w.WriteStartObject("Ports");
        foreach (var group in (published ?? []).GroupBy(port => $"{port.ContainerPort}/{port.ProtocolName}")
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            w.WriteStartArray(group.Key);
            foreach (PortMapping port in group)
            {
                w.WriteStartObject();
                w.WriteString("HostIp", port.HostAddress.ToString());
                w.WriteString("HostPort", $"{port.HostPort}");
                w.WriteEndObject();
            }
            w.WriteEndArray();
        }
        foreach (string exposed in c.ExposedPorts)
            if (published?.Any(port => $"{port.ContainerPort}/{port.ProtocolName}" == exposed) == false)
                w.WriteNull(exposed);
        w.WriteEndObject();
    }
}
