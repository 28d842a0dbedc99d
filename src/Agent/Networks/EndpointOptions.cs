using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

/// <summary>The driver options of one endpoint (<c>driver-opt</c>), in Docker's words.</summary>
internal static class EndpointOptions
{
    private const string NameKey = "com.docker.network.endpoint.ifname";

    /// <summary>Refuses what is unknown.</summary>
    public static void Check(EndpointSettings settings)
    {
        foreach (var (key, value) in settings.DriverOptions)
        {
            if (key is Bandwidth.IngressKey or Bandwidth.EgressKey)
            {
                Bandwidth.Check(key, value);
                continue;
            }
            if (key == EndpointSysctls.Key)
            {
                EndpointSysctls.Check(value);
                continue;
            }
            if (key != NameKey) throw new UsageException($"unknown driver option of an endpoint: {key}");
            if (!NetworkNames.IsInterfaceName(value) || value == "lo")
                throw new UsageException($"invalid value for {key}: \"{value}\"");
        }
    }

    /// <summary>What the interface inside is called: as asked for, or with the first number that is free.</summary>
    public static string InterfaceName(
        EndpointSettings settings, ReadyNetwork network, IReadOnlyList<Endpoint> others)
    {
        Check(settings);
        if (settings.DriverOptions.TryGetValue(NameKey, out string? asked)) return asked;
        for (int number = 0; ; number++)
        {
            string name = network.InterfacePrefix + number;
            if (!others.Any(other => other.InterfaceName == name)) return name;
        }
    }
}
