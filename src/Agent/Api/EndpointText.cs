using System.Globalization;
using System.Text.Json;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>What EndpointsConfig asks of a network, as the value of <c>--network</c> that means the same.</summary>
internal static class EndpointText
{
    /// <summary>The value.</summary>
    public static string Of(string network, JsonElement settings)
    {
        CsvText text = new CsvText().Add("name", network);
        foreach (string alias in Texts(settings, "Aliases") ?? []) text.Add("alias", alias);
        if (JsonBody.Object(settings, "IPAMConfig") is { } addresses)
        {
            text.Add("ip", Text(addresses, "IPv4Address")).Add("ip6", Text(addresses, "IPv6Address"));
            foreach (string address in Texts(addresses, "LinkLocalIPs") ?? []) text.Add("link-local-ip", address);
        }
        text.Add("mac-address", Text(settings, "MacAddress"));
        foreach (var (key, value) in Pairs(settings, "DriverOpts"))
            text.Add("driver-opt", $"{Part("DriverOpts", key, '=')}={value}");
        if (Number(settings, "GwPriority") is { } priority and not 0)
            text.Add("gw-priority", priority.ToString(CultureInfo.InvariantCulture));
        string value2 = text.ToString();
        return value2 == $"name={network}" ? network : value2;
    }
}
