using System.Globalization;
using Skiff.Agent.Cli.Values;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network connect</c>.</summary>
internal sealed class NetworkConnectVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.List("alias", "strings", "Add network-scoped alias for the container"),
        Option.List("driver-opt", "strings", "driver options for the network"),
        Option.Value("gw-priority", "int", "Highest gw-priority provides the default gateway. Accepts positive and "
            + "negative values."),
        Option.Value("ip", "string", "IPv4 address (e.g., \"172.30.100.104\")"),
        Option.Value("ip6", "string", "IPv6 address (e.g., \"2001:db8::33\")"),
        Option.List("link", "list", "Add link to another container (not supported)"),
        Option.List("link-local-ip", "strings", "Add a link-local address for the container"),
    ];

    /// <inheritdoc/>
    public override string Name => "network connect";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] NETWORK CONTAINER";

    /// <inheritdoc/>
    public override string Summary => "Connect a container to a network";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 2;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments a)
    {
        if (a.Has("link")) throw new UsageException("--link is not supported: in a network containers find each other "
            + "by their names, and by those that --alias and --network-alias add");
        NetworkRecord network = engine.Networks.Get(a.Positional[0]);
        foreach (string option in a.Values("driver-opt"))
            if (option.IndexOf('=') <= 0)
                throw a.Invalid("driver-opt", option, "invalid key/value pair format in driver options");
        var settings = new EndpointSettings(network.Name)
        {
            Aliases = [.. a.Values("alias")],
            Ipv4Address = Given(a, "ip"),
            Ipv6Address = Given(a, "ip6"),
            LinkLocalAddresses = [.. a.Values("link-local-ip")],
            DriverOptions = KeyValues.Pairs(a.Values("driver-opt")),
            GatewayPriority = PriorityOf(a),
        };
        NetworkFlags.Check(settings, NetworkMode.Parse(network.Name));
        engine.Connect(engine.Containers.Find(a.Positional[1]), network, settings);
        return 0;
    }

    private static int PriorityOf(ParsedArguments a) => a.Value("gw-priority") is not { } text ? 0
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int priority) ? priority
        : throw a.Invalid("gw-priority", text, $"strconv.ParseInt: parsing \"{text}\": invalid syntax");

    private static string? Given(ParsedArguments a, string option) =>
        a.Value(option) is { Length: > 0 } value ? value : null;
}
