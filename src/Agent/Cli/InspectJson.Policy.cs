using System.Net;
using System.Text;
using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks.Policies;

namespace Skiff.Agent.Cli;

internal static partial class InspectJson
{
    /// <summary>A network policy, whom it selects now, and what it has counted.</summary>
    public static byte[] OfPolicy(Engine engine, NetworkPolicy policy) => Write(w =>
    {
        List<PolicyMember> members = engine.Networks.PolicyMembers();
        var counts = new PolicyCounts(engine.Networks.Policies(), members, engine.Networks.PolicyCounters());
        w.WriteStartObject();
        w.WriteString("Name", policy.Name);
        w.WriteString("Network", policy.Network ?? "");
        w.WriteStartArray("Selected");
        foreach (PolicyMember member in members.Where(policy.Selects))
        {
            w.WriteStartObject();
            w.WriteString("Name", member.Name);
            w.WriteString("Id", member.ContainerId);
            w.WriteString("Network", member.Network);
            w.WriteStartArray("Addresses");
            foreach (IPAddress address in member.Addresses) w.WriteStringValue(address.ToString());
            w.WriteEndArray();
            w.WriteEndObject();
        }
        w.WriteEndArray();
        WriteRules(w, policy, PolicyDirection.Ingress, counts);
        WriteRules(w, policy, PolicyDirection.Egress, counts);
        w.WriteNumber("Denied", counts.Denied(policy));
        w.WriteString("Source", Encoding.UTF8.GetString(policy.Source));
        w.WriteEndObject();
    });

    private static void WriteRules(
        Utf8JsonWriter w, NetworkPolicy policy, PolicyDirection direction, PolicyCounts counts)
    {
        string name = direction == PolicyDirection.Ingress ? "Ingress" : "Egress";
        if (!policy.Has(direction))
        {
            w.WriteNull(name);
            return;
        }
        w.WriteStartArray(name);
        PolicyRule[] rules = policy.Rules(direction);
        for (int i = 0; i < rules.Length; i++)
        {
            w.WriteStartObject();
            w.WriteNumber("Line", rules[i].Line);
            w.WriteNumber("Allowed", counts.Allowed(policy, direction, i));
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }
}
