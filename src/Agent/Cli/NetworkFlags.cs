using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Cli;

/// <summary>What the flags about the network ask for, and what they have to do with each other.</summary>
/// <param name="Mode">The value of <c>--network</c>, the first of several.</param>
/// <param name="Networks">What is asked of each network; null when nothing but the mode is.</param>
internal sealed record NetworkFlags(string Mode, EndpointSettings[]? Networks)
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

    // Flags that speak of the first network, and the words that may stand with a network's name instead.
    private static readonly (string Option, string What, Func<EndpointSettings, bool> IsSet)[] s_ofNetwork =
    [
        ("network-alias", "per-network alias", asked => asked.Aliases.Length > 0),
        ("ip", "per-network IPv4 address", asked => asked.Ipv4Address is not null),
        ("ip6", "per-network IPv6 address", asked => asked.Ipv6Address is not null),
        ("mac-address", "per-network MAC address", asked => asked.MacAddress is not null),
        ("link-local-ip", "per-network link-local IP addresses", asked => asked.LinkLocalAddresses.Length > 0),
    ];

    /// <summary>Everything about the network, once all of it fits.</summary>
    /// <exception cref="UsageException">Something contradicts something else, or is malformed.</exception>
    public static NetworkFlags Read(ParsedArguments a)
    {
        List<EndpointSettings> asked = Asked([.. a.Values("network"), .. a.Values("net")]);
        asked[0] = WithFlags(a, asked[0]);
        NetworkMode mode = NetworkMode.Parse(asked[0].Network);
        if (mode.Kind == NetworkModeKind.Container) Refuse(a, s_notShared);
        if (mode.Kind == NetworkModeKind.Host && a.Has("link"))
            throw new UsageException(
                $"conflicting options: host type networking can't be used with links. {Undefined}", 125);
        if (asked.Count > 1) CheckTogether(asked);
        foreach (EndpointSettings settings in asked) Check(settings, NetworkMode.Parse(settings.Network));
        foreach (string server in a.Values("dns"))
            if (!AddressText.IsAddress(server))
                throw a.Invalid("dns", server, $"IP address is not correctly formatted: {server}");
        foreach (string domain in a.Values("dns-search"))
            if (!AddressText.IsDomain(domain)) throw a.Invalid("dns-search", domain, $"{domain} is not a valid domain");
        foreach (string port in a.Values("publish")) Named("publish", port, () => PortMapping.Parse(port));
        foreach (string entry in a.Values("add-host")) HostsFile.ParseExtra(entry);
        if (mode.Kind == NetworkModeKind.Host && a.Has("publish"))
            Output.Error("WARNING: Published ports are discarded when using host network mode");
        asked[0] = asked[0] with { Network = mode.ToString() };
        return new NetworkFlags(mode.ToString(), asked is [{ IsPlain: true }] ? null : [.. asked]);

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

    /// <summary>The settings that flags of the same names ask for, one network's alone.</summary>
    public static EndpointSettings WithFlags(ParsedArguments a, EndpointSettings asked)
    {
        foreach (var (option, what, isSet) in s_ofNetwork)
            if (a.Has(option) && isSet(asked))
                throw new UsageException($"conflicting options: cannot specify both --{option} and {what}", 125);
        return asked with
        {
            Aliases = [.. asked.Aliases, .. a.Values("network-alias")],
            Ipv4Address = asked.Ipv4Address ?? Given(a, "ip"),
            Ipv6Address = asked.Ipv6Address ?? Given(a, "ip6"),
            MacAddress = asked.MacAddress ?? Given(a, "mac-address"),
            LinkLocalAddresses = [.. asked.LinkLocalAddresses, .. a.Values("link-local-ip")],
        };
    }

    // Each name may stand among other words about it: name=NAME,ip=ADDRESS.
    private static List<EndpointSettings> Asked(List<string> values)
    {
        var asked = values.ConvertAll(Parse);
        if (asked.Count == 0) asked.Add(new EndpointSettings(""));
        return asked;
    }

    /// <summary>Reads one value of <c>--network</c>.</summary>
    /// <exception cref="UsageException">It is malformed.</exception>
    public static EndpointSettings Parse(string text)
    {
        if (text.Length == 0) throw new UsageException("--network: no name set for network", 125);
        if (!text.Contains('=')) return new EndpointSettings(text);
        var asked = new EndpointSettings("");
        foreach (string field in MountSyntax.Fields(text)) asked = With(asked, field, text);
        return asked.Network.Length > 0 ? asked : throw Invalid(text, "network name/id is not specified");
    }

    private static EndpointSettings With(EndpointSettings asked, string field, string text)
    {
        int equals = field.IndexOf('=');
        if (equals < 0) throw Invalid(text, $"invalid key/value pair in network option: {field}");
        string value = field[(equals + 1)..].Trim();
        switch (field[..equals].Trim().ToLowerInvariant())
        {
            case "name": return asked with { Network = value };
            case "ip": return asked with { Ipv4Address = value };
            case "ip6": return asked with { Ipv6Address = value };
            case "mac-address": return asked with { MacAddress = value };
            case "alias": return asked with { Aliases = [.. asked.Aliases, value] };
            case "link-local-ip": return asked with { LinkLocalAddresses = [.. asked.LinkLocalAddresses, value] };
            case "gw-priority": return int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out int priority) ? asked with { GatewayPriority = priority }
                : throw Invalid(text, $"invalid gw-priority ({value}): parsing \"{value}\": invalid syntax");
            case "driver-opt":
                return asked with { DriverOptions = DriverOptions(asked.DriverOptions, value, text) };
            case var key: throw Invalid(text, $"invalid field key {key}");
        }
    }

    private static Dictionary<string, string> DriverOptions(
        Dictionary<string, string> options, string value, string text)
    {
        int equals = value.IndexOf('=');
        if (equals <= 0) throw Invalid(text, "invalid key value pair format in driver options");
        return new Dictionary<string, string>(options)
        {
            [value[..equals].Trim()] = value[(equals + 1)..].Trim(),
        };
    }

    private static void CheckTogether(List<EndpointSettings> asked)
    {
        for (int i = 0; i < asked.Count; i++)
            if (asked.FindIndex(other => other.Network == asked[i].Network) < i)
                throw new UsageException($"network \"{asked[i].Network}\" is specified multiple times");
        if (!asked.TrueForAll(settings => NetworkMode.Parse(settings.Network) is
            { Kind: NetworkModeKind.Network, Name: not NetworkNames.DefaultNetwork }))
            throw new UsageException("conflicting options: cannot attach both user-defined and non-user-defined "
                + "network-modes");
    }

    /// <summary>Refuses what one network cannot be asked for.</summary>
    /// <exception cref="UsageException">Something is malformed, or not for that network.</exception>
    public static void Check(EndpointSettings asked, NetworkMode mode)
    {
        if (asked.Ipv4Address is { } ip && !AddressText.IsIpv4(ip)) throw InvalidAddress("ip", "IPv4", ip);
        if (asked.Ipv6Address is { } ip6 && !(ip6.Contains(':') && AddressText.IsAddress(ip6)))
            throw InvalidAddress("ip6", "IPv6", ip6);
        foreach (string local in asked.LinkLocalAddresses)
            if (!AddressText.IsLinkLocal(local)) throw InvalidAddress("link-local-ip", "link-local", local);
        if (asked.MacAddress is { } mac && !Skiff.Interop.Netlink.MacAddress.TryParse(mac, out _))
            throw new UsageException(
                $"invalid argument \"{mac}\" for \"--mac-address\" flag: {mac} is not a valid mac address", 125);
        EndpointOptions.Check(asked);
        if (mode.Kind != NetworkModeKind.Network)
            foreach (string? address in (ReadOnlySpan<string?>)
                [asked.Ipv4Address, asked.Ipv6Address, asked.LinkLocalAddresses.FirstOrDefault()])
                if (address is not null)
                    throw new UsageException($"--ip{(address == asked.Ipv4Address ? "" : "6")}: user specified IP "
                        + "address is supported on networks with addresses of their own only", 125);
        if (asked.Aliases.Length > 0 && mode is not
            { Kind: NetworkModeKind.Network, Name: not NetworkNames.DefaultNetwork })
            throw new UsageException(NoAliases, 125);
    }

    private static UsageException InvalidAddress(string option, string what, string text) => new(
        $"invalid argument \"{text}\" for \"--{option}\" flag: invalid {what} address: {text}", 125);

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
