namespace Skiff.Agent.Networks;

/// <summary>
/// Which of a container's endpoints has the default routes and the published ports: the one with the highest priority,
/// of several the one whose network comes first by name, as with Docker.
/// </summary>
internal static class Gateways
{
    /// <summary>The endpoints with their new duties.</summary>
    public static Endpoint[] Assign(IReadOnlyList<Endpoint> endpoints)
    {
        Endpoint? gateway = First(endpoints, ipv6: false), gateway6 = First(endpoints, ipv6: true);
        var ports = new List<PortMapping>();
        foreach (Endpoint endpoint in endpoints) ports.AddRange(endpoint.Ports);
        var assigned = new Endpoint[endpoints.Count];
        for (int i = 0; i < assigned.Length; i++)
        {
            Endpoint endpoint = endpoints[i];
            assigned[i] = endpoint with
            {
                IsGateway = endpoint == gateway,
                IsIpv6Gateway = endpoint == gateway6,
                Ports = ports.FindAll(port => endpoint == (RulesetFamily.Ipv6.Has(port.HostAddress)
                    ? gateway6 : gateway)),
            };
        }
        return assigned;
    }

    // A loop: the runtime takes longer to put a chain of LINQ together than a start has for all of this.
    private static Endpoint? First(IReadOnlyList<Endpoint> endpoints, bool ipv6)
    {
        Endpoint? first = null;
        foreach (Endpoint endpoint in endpoints)
            if ((ipv6 ? endpoint.Ipv6Gateway : endpoint.Gateway) is not null
                && (first is null || IsBefore(endpoint, first))) first = endpoint;
        return first;
    }

    private static bool IsBefore(Endpoint one, Endpoint other) => one.GatewayPriority != other.GatewayPriority
        ? one.GatewayPriority > other.GatewayPriority
        : string.CompareOrdinal(one.NetworkName, other.NetworkName) < 0;
}
