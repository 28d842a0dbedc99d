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
        PortMapping[] ports = [.. endpoints.SelectMany(endpoint => endpoint.Ports)];
        Endpoint? gateway = First(endpoints, endpoint => endpoint.Gateway is not null);
        Endpoint? gateway6 = First(endpoints, endpoint => endpoint.Ipv6Gateway is not null);
        return [.. endpoints.Select(endpoint => endpoint with
        {
            IsGateway = endpoint == gateway,
            IsIpv6Gateway = endpoint == gateway6,
            Ports = [.. ports.Where(port => endpoint == (RulesetFamily.Ipv6.Has(port.HostAddress)
                ? gateway6 : gateway))],
        })];
    }

    private static Endpoint? First(IReadOnlyList<Endpoint> endpoints, Func<Endpoint, bool> has) => endpoints
        .Where(has)
        .OrderByDescending(endpoint => endpoint.GatewayPriority)
        .ThenBy(endpoint => endpoint.NetworkName, StringComparer.Ordinal)
        .FirstOrDefault();
}
