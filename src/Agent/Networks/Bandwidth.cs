using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

/// <summary>
/// How fast a container may receive and send by one of its interfaces: options of a network, for each of its
/// containers or for all of them together, or of one endpoint. As bits a second with K, M, G or T behind, or
/// <c>10mbit</c>, as tc(8) has it.
/// </summary>
internal static class Bandwidth
{
    /// <summary>What comes to the container.</summary>
    public const string IngressKey = "io.skiff.bandwidth.ingress";

    /// <summary>What it sends.</summary>
    public const string EgressKey = "io.skiff.bandwidth.egress";

    /// <summary>What comes to all containers of a network together.</summary>
    public const string TotalIngressKey = "io.skiff.bandwidth.total.ingress";

    /// <summary>What they send together.</summary>
    public const string TotalEgressKey = "io.skiff.bandwidth.total.egress";

    private const long LeastBits = 8_000, MostBits = 1_000_000_000_000;

    /// <summary>Whether the text is one.</summary>
    public static bool IsValid(string text) => Parse(text) is >= LeastBits and <= MostBits;

    /// <summary>Bytes a second, by the endpoint's options, else by the network's; 0 for no limit.</summary>
    /// <exception cref="UsageException">It cannot be limited here.</exception>
    public static long Of(string key, ReadyNetwork network, EndpointSettings settings)
    {
        if (!settings.DriverOptions.TryGetValue(key, out string? text)
            && !network.Network.Options.TryGetValue(key, out text)) return 0;
        // What a link sends can be slowed down, not what it receives: that takes the other end of a pair.
        return key == EgressKey || network is ReadyBridge ? Parse(text) / 8 : throw new UsageException(
            $"{key} is for bridge networks: {network.Network.Name} is of the driver {network.Network.Driver}");
    }

    /// <summary>Bytes a second, by the options of a network; 0 for no limit.</summary>
    public static long Of(string key, Dictionary<string, string> options) =>
        options.TryGetValue(key, out string? text) ? Parse(text) / 8 : 0;

    /// <summary>Refuses what is none.</summary>
    public static void Check(string key, string text)
    {
        if (!IsValid(text)) throw new UsageException(
            $"invalid value for {key}: \"{text}\" (bits a second, from 8K to 1T: 10M)");
    }

    private static long Parse(string text)
    {
        string number = text.EndsWith("bit", StringComparison.OrdinalIgnoreCase) ? text[..^3] : text;
        long factor = number.Length == 0 ? 0 : char.ToUpperInvariant(number[^1]) switch
        {
            'K' => 1_000,
            'M' => 1_000_000,
            'G' => 1_000_000_000,
            'T' => 1_000_000_000_000,
            _ => 1,
        };
        if (factor > 1) number = number[..^1];
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value <= MostBits / Math.Max(factor, 1) ? value * factor : -1;
    }
}
