using System.Globalization;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks.Policies;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network policy ls</c>.</summary>
internal sealed class NetworkPolicyLsVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("format", "string",
            "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"),
        Option.Flag("quiet", "Only display names", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "network policy ls";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "List network policies";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        List<NetworkPolicy> policies = engine.Networks.Policies();
        if (arguments.Flag("quiet"))
        {
            foreach (NetworkPolicy policy in policies) Output.Line(policy.Name);
            return 0;
        }
        List<PolicyMember> members = engine.Networks.PolicyMembers();
        var counts = new PolicyCounts(policies, members, engine.Networks.PolicyCounters());
        var listing = new Listing<NetworkPolicy>(
            new("Name", "NAME", p => p.Name), new("Network", "NETWORK", p => p.Network ?? "(all)"),
            new("Selected", "SELECTED", p => Text(members.Count(p.Selects))),
            new("Ingress", "INGRESS", p => RulesOf(p, PolicyDirection.Ingress)),
            new("Egress", "EGRESS", p => RulesOf(p, PolicyDirection.Egress)),
            new("Allowed", "ALLOWED", p => Text(counts.Allowed(p))),
            new("Denied", "DENIED", p => Text(counts.Denied(p))));
        Output.Text(listing.Render(policies, arguments.Value("format")));
        return 0;
    }

    private static string RulesOf(NetworkPolicy policy, PolicyDirection direction) => !policy.Has(direction) ? "-"
        : policy.Rules(direction).Length switch
        {
            0 => "deny",
            1 => "1 rule",
            var count => $"{Text(count)} rules",
        };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
