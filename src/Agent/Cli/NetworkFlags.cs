using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Agent.Volumes;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Cli;

/// <summary>What the flags about the network ask for, and what they have to do with each other.</summary>
/// <param name="Mode">The value of <c>--network</c>.</param>
/// <param name="IpAddress">The address that it is to have; null for any.</param>
/// <param name="MacAddress">Likewise.</param>
internal sealed record NetworkFlags(string Mode, string? IpAddress, string? MacAddress)
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

    private const string NoAliases =
        "--network-alias: network-scoped aliases are only supported for user-defined networks";

    private const string NoIpv6 = "--ip6 is not supported: the networks of this version have IPv4 addresses only";
    private const string NoLinkLocal = "--link-local-ip is not supported: it is for user defined networks";

    private static readonly (string Option, string Problem)[] s_notOnBridge =
        [("network-alias", NoAliases), ("ip6", NoIpv6), ("link-local-ip", NoLinkLocal)];

    /// <summary>Everything about the network, once all of it fits.</summary>
    /// <exception cref="UsageException">Something contradicts something else, or is malformed.</exception>
    public static NetworkFlags Read(ParsedArguments a)
    {
        NetworkFlags asked = Asked([.. a.Values("network"), .. a.Values("net")]);
        asked = asked with
        {
            IpAddress = asked.IpAddress ?? Given(a, "ip"), MacAddress = asked.MacAddress ?? Given(a, "mac-address"),
        };
        NetworkMode mode = NetworkMode.Parse(asked.Mode);
        if (mode.Kind == NetworkModeKind.Container) Refuse(a, s_notShared);
        if (mode.Kind == NetworkModeKind.Host && a.Has("link"))
            throw new UsageException(
                $"conflicting options: host type networking can't be used with links. {Undefined}", 125);
        Refuse(a, s_notOnBridge);
        CheckAddresses(asked, mode.Kind);
        foreach (string server in a.Values("dns"))
            if (!AddressText.IsAddress(server))
                throw a.Invalid("dns", server, $"IP address is not correctly formatted: {server}");
        foreach (string domain in a.Values("dns-search"))
            if (!AddressText.IsDomain(domain)) throw a.Invalid("dns-search", domain, $"{domain} is not a valid domain");
        foreach (string port in a.Values("publish")) Named("publish", port, () => PortMapping.Parse(port));
        foreach (string entry in a.Values("add-host")) HostsFile.ParseExtra(entry);
        if (mode.Kind == NetworkModeKind.Host && a.Has("publish"))
            Output.Error("WARNING: Published ports are discarded when using host network mode");
        return asked with { Mode = mode.ToString() };

        void Named(string option, string value, Action parse)
        {
            try
            {
                parse();
            }
            catch (UsageException e)
            {
                throw a.Invalid(option, value, e.Message);
            }
        }
    }

    /// <summary>The values of <c>--expose</c>, PORT[-PORT][/PROTOCOL], one for each port.</summary>
    /// <exception cref="UsageException">One is no port.</exception>
    public static string[] Exposed(ParsedArguments a)
    {
        var ports = new List<string>();
        foreach (string text in a.Values("expose"))
        {
            try
            {
                var (first, last, protocol) = PortSyntax.ParseExposed(text);
                for (int port = first; port <= last; port++) ports.Add($"{port}/{PortMapping.NameOf(protocol)}");
            }
            catch (UsageException e)
            {
                throw new UsageException($"invalid range format for --expose: {text}, error: {e.Message}", 125);
            }
        }
        return [.. ports.Distinct()];
    }

    // A container is on one network, whose name may stand among other words about it: name=NAME,ip=ADDRESS.
    private static NetworkFlags Asked(List<string> values)
    {
        if (values.Count == 0) return new NetworkFlags("", null, null);
        if (values.Count > 1)
            throw new UsageException(values.Distinct().Count() < values.Count
                ? $"network \"{values[^1]}\" is specified multiple times"
                : $"--network {values[^1]}: a container of this version is on one network");
        string text = values[0];
        if (text.Length == 0) throw new UsageException("--network: no name set for network", 125);
        if (!text.Contains('=')) return new NetworkFlags(text, null, null);
        var asked = new NetworkFlags("", null, null);
        foreach (string field in MountSyntax.Fields(text)) asked = asked.With(field, text);
        return asked.Mode.Length > 0 ? asked : throw Invalid(text, "network name/id is not specified");
    }

    private NetworkFlags With(string field, string text)
    {
        int equals = field.IndexOf('=');
        if (equals < 0) throw Invalid(text, $"invalid key/value pair in network option: {field}");
        string value = field[(equals + 1)..].Trim();
        return field[..equals].Trim().ToLowerInvariant() switch
        {
            "name" => this with { Mode = value },
            "ip" => this with { IpAddress = value },
            "mac-address" => this with { MacAddress = value },
            "alias" => throw new UsageException(NoAliases, 125),
            "ip6" => throw new UsageException(NoIpv6, 125),
            "link-local-ip" => throw new UsageException(NoLinkLocal, 125),
            "driver-opt" or "gw-priority" => throw Invalid(text, $"{field[..equals]} is not supported"),
            var key => throw Invalid(text, $"invalid field key {key}"),
        };
    }

    private static void CheckAddresses(NetworkFlags asked, NetworkModeKind kind)
    {
        if (asked.IpAddress is { } ip && !AddressText.IsIpv4(ip))
            throw new UsageException($"invalid argument \"{ip}\" for \"--ip\" flag: invalid IPv4 address: {ip}", 125);
        if (asked.IpAddress is not null && kind != NetworkModeKind.Network)
            throw new UsageException("--ip: user specified IP address is supported on networks with addresses of "
                + "their own only", 125);
        if (asked.MacAddress is { } mac && !Skiff.Interop.Netlink.MacAddress.TryParse(mac, out _))
            throw new UsageException(
                $"invalid argument \"{mac}\" for \"--mac-address\" flag: {mac} is not a valid mac address", 125);
    }

    private static string? Given(ParsedArguments a, string option) =>
        a.Value(option) is { Length: > 0 } value ? value : null;

    private static UsageException Invalid(string text, string problem) =>
        new($"invalid argument \"{text}\" for \"--network\" flag: {problem}", 125);

    private static void Refuse(ParsedArguments a, (string Option, string Problem)[] rows)
    {
        foreach (var (option, problem) in rows)
            if (a.Has(option) && a.Value(option) != "false")
                throw new UsageException(problem, 125);
    }
}
