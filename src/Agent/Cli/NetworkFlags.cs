using System.Net;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Cli;

/// <summary>What the flags about the network have to do with each other, in docker's words.</summary>
internal static class NetworkFlags
{
    private const string Undefined = "This would result in undefined behavior";

    private static readonly (string Option, string Problem)[] s_notShared =
    [
        ("hostname", "conflicting options: hostname and the network mode"),
        ("link", $"conflicting options: container type network can't be used with links. {Undefined}"),
        ("dns", "conflicting options: dns and the network mode"),
        ("add-host", "conflicting options: custom host-to-IP mapping and the network mode"),
        ("mac-address", "conflicting options: mac-address and the network mode"),
        ("publish", "conflicting options: port publishing and the container type network mode"),
        ("publish-all", "conflicting options: port publishing and the container type network mode"),
        ("expose", "conflicting options: port exposing and the container type network mode"),
    ];

    private static readonly (string Option, string Problem)[] s_notOnBridge =
    [
        ("network-alias", "network-scoped alias is supported only for containers in user defined networks"),
        ("ip6", "--ip6 is not supported: the networks of this version have IPv4 addresses only"),
        ("link-local-ip", "--link-local-ip is not supported: it is for user defined networks"),
    ];

    /// <summary>The value of <c>--network</c>, once everything beside it fits.</summary>
    /// <exception cref="UsageException">Something contradicts it, or is malformed.</exception>
    public static string Read(ParsedArguments a)
    {
        string network = a.Value("network") ?? a.Value("net") ?? "";
        NetworkMode mode = NetworkMode.Parse(network);
        if (mode.Kind == NetworkModeKind.Container) Refuse(a, s_notShared);
        if (mode.Kind == NetworkModeKind.Host && a.Has("link"))
            throw new UsageException(
                $"conflicting options: host type networking can't be used with links. {Undefined}", 125);
        Refuse(a, s_notOnBridge);
        if (a.Value("ip") is { } ip && !IsIpv4(ip))
            throw a.Invalid("ip", ip, $"invalid IPv4 address: {ip}");
        if (a.Value("mac-address") is { } mac && !MacAddress.TryParse(mac, out _))
            throw a.Invalid("mac-address", mac, $"invalid MAC address: {mac}");
        foreach (string server in a.Values("dns"))
            if (!IPAddress.TryParse(server, out _)) throw a.Invalid("dns", server, $"{server} is not an ip address");
        foreach (string port in a.Values("publish")) PortMapping.Parse(port);
        foreach (string entry in a.Values("add-host")) HostsFile.ParseExtra(entry);
        return mode.ToString();
    }

    /// <summary>The values of <c>--expose</c>: PORT[-PORT][/PROTOCOL].</summary>
    /// <exception cref="UsageException">One is no port.</exception>
    public static string[] Exposed(ParsedArguments a) => [.. a.Values("expose").Select(port =>
    {
        PortSyntax.ParseExposed(port);
        return port.Contains('/') ? port : port + "/tcp";
    })];

    // IPAddress takes 1 and 1.2 for addresses, too.
    private static bool IsIpv4(string text) => text.AsSpan().Count('.') == 3 && IPAddress.TryParse(text, out _);

    private static void Refuse(ParsedArguments a, (string Option, string Problem)[] rows)
    {
        foreach (var (option, problem) in rows)
            if (a.Has(option) && a.Value(option) != "false")
                throw new UsageException(problem, 125);
    }
}
