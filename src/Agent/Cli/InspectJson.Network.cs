using System.Text.Json;
using Skiff.Agent.Containers;

namespace Skiff.Agent.Cli;

internal static partial class InspectJson
{
    private static void WriteNetwork(Utf8JsonWriter w, ContainerConfig c, ContainerState s)
    {
        w.WriteStartObject("NetworkSettings");
        WriteEmpty(w, "Bridge", "SandboxID", "SandboxKey");
        WritePorts(w, c, s.Endpoint);
        WriteEndpoint(w, c, s.Endpoint);
        w.WriteStartObject("Networks");
        w.WriteStartObject(s.Endpoint?.Network ?? c.NetworkMode);
        if (c.IpAddress is { } address)
        {
            w.WriteStartObject("IPAMConfig");
            w.WriteString("IPv4Address", address);
            w.WriteEndObject();
        }
        else w.WriteNull("IPAMConfig");
        foreach (string none in (ReadOnlySpan<string>)["Links", "Aliases", "DriverOpts", "DNSNames"]) w.WriteNull(none);
        WriteEmpty(w, "NetworkID");
        WriteEndpoint(w, c, s.Endpoint);
        w.WriteEndObject();
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void WriteEndpoint(Utf8JsonWriter w, ContainerConfig c, EndpointState? end)
    {
        WriteEmpty(w, "EndpointID");
        w.WriteString("Gateway", end?.Gateway ?? "");
        w.WriteString("IPAddress", end?.IpAddress ?? "");
        w.WriteNumber("IPPrefixLen", end?.PrefixLength ?? 0);
        WriteEmpty(w, "IPv6Gateway", "GlobalIPv6Address");
        w.WriteNumber("GlobalIPv6PrefixLen", 0);
        w.WriteString("MacAddress", end?.MacAddress ?? c.MacAddress ?? "");
    }

    private static void WriteEmpty(Utf8JsonWriter w, params ReadOnlySpan<string> names)
    {
        foreach (string name in names) w.WriteString(name, "");
    }

    // {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}; exposed ports that are not published have null.
    private static void WritePorts(Utf8JsonWriter w, ContainerConfig c, EndpointState? end)
    {
        string[] published = end?.Ports ?? [];
        w.WriteStartObject("Ports");
        foreach (var group in published.GroupBy(text => text[(text.IndexOf("->", StringComparison.Ordinal) + 2)..])
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            w.WriteStartArray(group.Key);
            foreach (string text in group) WriteBinding(w, text[..text.IndexOf("->", StringComparison.Ordinal)]);
            w.WriteEndArray();
        }
        foreach (string port in c.ExposedPorts)
            if (end is not null && !published.Any(text => text.EndsWith("->" + port, StringComparison.Ordinal)))
                w.WriteNull(port);
        w.WriteEndObject();
    }

    private static void WriteBinding(Utf8JsonWriter w, string host)
    {
        int colon = host.LastIndexOf(':');
        w.WriteStartObject();
        w.WriteString("HostIp", host[..colon].Trim('[', ']'));
        w.WriteString("HostPort", host[(colon + 1)..]);
        w.WriteEndObject();
    }
}
