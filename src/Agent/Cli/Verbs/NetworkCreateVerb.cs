using Skiff.Agent.Cli.Values;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network create</c>.</summary>
internal sealed class NetworkCreateVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("attachable", "Enable manual container attachment"),
        Option.List("aux-address", "map", "Auxiliary IPv4 or IPv6 addresses used by Network driver"),
        Option.Value("config-from", "string", "The network from which to copy the configuration (not supported)"),
        Option.Flag("config-only", "Create a configuration only network (not supported)"),
        Option.Value("driver", "string", "Driver to manage the Network (default \"bridge\")", 'd'),
        Option.List("gateway", "ipSlice", "IPv4 or IPv6 Gateway for the master subnet"),
        Option.Flag("ingress", "Create swarm routing-mesh network (not supported)"),
        Option.Flag("internal", "Restrict external access to the network"),
        Option.List("ip-range", "ipNetSlice", "Allocate container ip from a sub-range"),
        Option.Value("ipam-driver", "string", "IP Address Management Driver (default \"default\")"),
        Option.List("ipam-opt", "map", "Set IPAM driver specific options"),
        Option.Flag("ipv4", "Enable or disable IPv4 address assignment (default true)"),
        Option.Flag("ipv6", "Enable or disable IPv6 address assignment"),
        Option.List("label", "list", "Set metadata on a network"),
        Option.List("opt", "map", "Set driver specific options", 'o'),
        Option.Value("scope", "string", "Control the network's scope"),
        Option.List("subnet", "ipNetSlice", "Subnet in CIDR format that represents a network segment"),
    ];

    /// <inheritdoc/>
    public override string Name => "network create";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] NETWORK";

    /// <inheritdoc/>
    public override string Summary => "Create a network";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments a)
    {
        RefuseSwarms(a);
        NetworkRecord network = engine.CreateNetwork(new NetworkRequest(a.Positional[0])
        {
            Driver = a.Value("driver") ?? "bridge",
            HasIpv4 = a.Has("ipv4") ? a.Flag("ipv4") : null,
            HasIpv6 = a.Has("ipv6") ? a.Flag("ipv6") : null,
            IsInternal = a.Flag("internal"),
            UsesDhcp = NetworkCreation.UsesDhcp(a.Value("ipam-driver") ?? "", a.Has("ipam-opt")),
            IsAttachable = a.Flag("attachable"),
            Subnets = Several(a, "subnet"),
            Ranges = Several(a, "ip-range"),
            Gateways = Several(a, "gateway"),
            Auxiliary = Pairs(a, "aux-address"),
            Options = Pairs(a, "opt"),
            Labels = KeyValues.Labels([], a.Values("label")),
        });
        Output.Line(network.Id);
        return 0;
    }

    // On one host, a network's configuration is the network.
    private static void RefuseSwarms(ParsedArguments a)
    {
        foreach (string option in (ReadOnlySpan<string>)["config-from", "config-only", "ingress"])
            if (option == "config-from" ? a.Value(option) is { Length: > 0 } : a.Flag(option))
                throw new UsageException($"--{option} is not supported: it is for the networks of swarms");
        NetworkCreation.CheckScope(a.Value("scope") ?? "");
    }

    // One value may stand for several, with commas between them.
    private static List<string> Several(ParsedArguments a, string option) =>
        [.. a.Values(option).SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries))];

    private static Dictionary<string, string> Pairs(ParsedArguments a, string option)
    {
        foreach (string value in a.Values(option))
            if (value.IndexOf('=') <= 0) throw a.Invalid(option, value, "it has to be NAME=VALUE");
        return KeyValues.Pairs(a.Values(option));
    }
}
