using System.Globalization;
using System.Net;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

/// <summary>
/// Docker's <c>-p [[ip:][hostPort]:]containerPort[/protocol]</c>; ports may be ranges, an IPv6 address stands in
/// brackets. A host range for one container port is a choice, otherwise both ranges have the same length.
/// </summary>
internal static class PortSyntax
{
    /// <summary>Reads one value of <c>-p</c>.</summary>
    public static List<PortMapping> Parse(string text)
    {
        (string rest, PortProtocol protocol) = SplitProtocol(text);
        (IPAddress address, string host, string container) = SplitParts(text, rest);
        (ushort containerStart, ushort containerEnd) = ParseRange(container, "containerPort");
        (ushort hostStart, ushort hostEnd) = host.Length == 0 ? default : ParseRange(host, "hostPort");
        int count = containerEnd - containerStart + 1;
        bool choice = count == 1 && hostEnd > hostStart;
        if (hostStart != 0 && !choice && hostEnd - hostStart != containerEnd - containerStart)
            throw new UsageException($"invalid ranges specified for container and host Ports: {container} and {host}");

        var mappings = new List<PortMapping>(count);
        for (int i = 0; i < count; i++)
        {
            var first = (ushort)(hostStart == 0 ? 0 : hostStart + i);
            ushort last = choice ? hostEnd : first;
            mappings.Add(new PortMapping(protocol, (ushort)(containerStart + i), address, first, last));
        }
        return mappings;
    }

    /// <summary>Reads <c>80/tcp</c> or <c>80-90/udp</c> (<c>--expose</c>, image configuration).</summary>
    public static (ushort First, ushort Last, PortProtocol Protocol) ParseExposed(string text)
    {
        (string ports, PortProtocol protocol) = SplitProtocol(text);
        (ushort first, ushort last) = ParseRange(ports, "containerPort");
        return (first, last, protocol);
    }

    private static (string Ports, PortProtocol Protocol) SplitProtocol(string text)
    {
        int slash = text.IndexOf('/');
        if (slash < 0) return (text, PortProtocol.Tcp);
        ReadOnlySpan<char> name = text.AsSpan(slash + 1);
        string rest = text[..slash];
        if (name.IsEmpty || name.Equals("tcp", StringComparison.OrdinalIgnoreCase)) return (rest, PortProtocol.Tcp);
        if (name.Equals("udp", StringComparison.OrdinalIgnoreCase)) return (rest, PortProtocol.Udp);
        if (name.Equals("sctp", StringComparison.OrdinalIgnoreCase)) return (rest, PortProtocol.Sctp);
        throw new UsageException($"invalid proto: {name}");
    }

    private static (IPAddress Address, string Host, string Container) SplitParts(string whole, string rest)
    {
        int colon = rest.LastIndexOf(':');
        string container = rest[(colon + 1)..];
        if (container.Length == 0) throw new UsageException($"no port specified: {whole}<empty>");
        if (colon < 0) return (IPAddress.Any, "", container);
        string front = rest[..colon];
        int hostColon = front.LastIndexOf(':');
        if (hostColon < 0) return (IPAddress.Any, front, container);
        return (ParseAddress(front[..hostColon]), front[(hostColon + 1)..], container);
    }

    private static IPAddress ParseAddress(string text)
    {
        if (text.Length == 0) return IPAddress.Any;
        bool brackets = text[0] == '[' && text[^1] == ']';
        string bare = brackets ? text[1..^1] : text;
        // IPAddress reads 1 and 1.2 as addresses too; Docker doesn't.
        bool shaped = brackets ? bare.Contains(':') : bare.AsSpan().Count('.') == 3;
        if (!shaped || !IPAddress.TryParse(bare, out IPAddress? address))
            throw new UsageException($"invalid IP address: {text}");
        return address;
    }

    private static (ushort First, ushort Last) ParseRange(string text, string what)
    {
        int dash = text.IndexOf('-');
        string firstText = dash < 0 ? text : text[..dash];
        string lastText = dash < 0 ? text : text[(dash + 1)..];
        if (!TryPort(firstText, out ushort first) || !TryPort(lastText, out ushort last) || last < first)
            throw new UsageException($"invalid {what}: {text}");
        if (first == 0 && (what == "containerPort" || last != 0)) throw new UsageException($"invalid {what}: {text}");
        return (first, last);
    }

    private static bool TryPort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
}
