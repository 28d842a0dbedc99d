using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network ls</c>.</summary>
internal sealed class NetworkLsVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.List("filter", "filter", "Provide filter values (e.g. \"driver=bridge\")", 'f'),
        Option.Value("format", "string",
            "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"),
        Option.Flag("no-trunc", "Do not truncate the output"),
        Option.Flag("quiet", "Only display network IDs", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "network ls";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "List networks";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        bool full = arguments.Flag("no-trunc");
        var filter = new NetworkFilter(engine, arguments.Values("filter"));
        List<NetworkRecord> networks = [.. engine.Networks.List().Where(filter.Fits)];
        if (arguments.Flag("quiet"))
        {
            foreach (NetworkRecord network in networks) Output.Line(IdOf(network, full));
            return 0;
        }
        var listing = new Listing<NetworkRecord>(
            new("ID", "NETWORK ID", n => IdOf(n, full)), new("Name", "NAME", n => n.Name),
            new("Driver", "DRIVER", n => n.Driver),
            new("Scope", "SCOPE", n => n.Scope),
            new("IPv4", "IPV4", n => n.HasIpv4 ? "true" : "false", Shown: false),
            new("IPv6", "IPV6", n => n.Has(ipv6: true) ? "true" : "false", Shown: false),
            new("Internal", "INTERNAL", n => n.IsInternal ? "true" : "false", Shown: false),
            new("Labels", "LABELS", n => string.Join(',', n.Labels.Select(l => $"{l.Key}={l.Value}")), Shown: false),
            new("CreatedAt", "CREATED AT", n => $"{n.Created:yyyy-MM-dd HH:mm:ss.fffffff} +0000 UTC", Shown: false))
        {
            Labels = n => n.Labels,
        };
        Output.Text(listing.Render(networks, arguments.Value("format")));
        return 0;
    }

    private static string IdOf(NetworkRecord network, bool full) => full ? network.Id : network.Id[..12];
}
