using System.Globalization;
using Skiff.Agent.Events;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Containers;

/// <summary>
/// What the network module reports, as an event of the type network: of the network, or of the network "host" when it
/// is about the host itself.
/// </summary>
internal static class NetworkEvents
{
    /// <summary>The event.</summary>
    public static EngineEvent Of(NetworkReport report)
    {
        NetworkRecord? network = report.Network;
        List<(string, string)> attributes =
            [("name", network?.Name ?? "host"), ("type", network?.Driver ?? "host")];
        Add("container", report.ContainerId);
        Add("interface", report.Interface);
        Add("table", report.Table);
        Add("address", report.Address);
        Add("mac", report.Mac);
        Add("direction", report.Direction);
        Add("from", report.From);
        Add("to", report.To);
        Add("port", report.Port);
        Add("policies", report.Policies);
        Add("cause", report.Cause);
        Add("process", report.Process);
        if (report.Pid > 0) Add("pid", report.Pid.ToString(CultureInfo.InvariantCulture));
        return EventJournal.Event("network", ActionOf(report.Change), network?.Id ?? "", [.. attributes]);

        void Add(string name, string? value)
        {
            if (value is not null) attributes.Add((name, value));
        }
    }

    private static string ActionOf(NetworkChange change) => change switch
    {
        NetworkChange.EndpointDown => "endpoint_down",
        NetworkChange.EndpointUp => "endpoint_up",
        NetworkChange.AddressConflict => "address_conflict",
        NetworkChange.PoolClash => "pool_clash",
        NetworkChange.BridgeRestored => "bridge_restored",
        NetworkChange.RulesRestored => "rules_restored",
        NetworkChange.ForwardOpened => "forward_opened",
        NetworkChange.HostLinkDown => "uplink_down",
        NetworkChange.HostLinkUp => "uplink_up",
        NetworkChange.ResolverChanged => "resolver_changed",
        NetworkChange.ForwardingOff => "forwarding_off",
        NetworkChange.ForwardingOn => "forwarding_on",
        _ => "policy_deny",
    };
}
