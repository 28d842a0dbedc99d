using System.Text.Json;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>The body of NetworkCreate. CheckDuplicate says nothing any more: names are unique.</summary>
internal static class NetworkBody
{
    /// <summary>Reads it as what <c>network create</c> asks for.</summary>
    public static NetworkRequest Read(JsonElement body)
    {
        Refuse(body);
        bool? ipv6 = Truth(body, "EnableIPv6");
        JsonElement ipam = JsonBody.Object(body, "IPAM") ?? default;
        List<string> subnets = [], ranges = [], gateways = [];
        var auxiliary = new Dictionary<string, string>();
        foreach (JsonElement config in Items(ipam, "Config"))
        {
            // As with Docker: clients that know no other word than false send it beside a subnet, too.
            string subnet = Text(config, "Subnet");
            if (ipv6 is false && subnet.Contains(':')) continue;
            Add(subnets, subnet);
            Add(ranges, Text(config, "IPRange"));
            Add(gateways, Text(config, "Gateway"));
            foreach (var (name, address) in Pairs(config, "AuxiliaryAddresses")) auxiliary[name] = address;
        }
        return new NetworkRequest(Text(body, "Name"))
        {
            Driver = Text(body, "Driver") is { Length: > 0 } driver ? driver : "bridge",
            HasIpv4 = Truth(body, "EnableIPv4"),
            HasIpv6 = ipv6,
            IsInternal = Truth(body, "Internal") is true,
            IsAttachable = Truth(body, "Attachable") is true,
            UsesDhcp = NetworkCreation.UsesDhcp(Text(ipam, "Driver"), hasOptions: Map(ipam, "Options").Count > 0),
            Subnets = subnets, Ranges = ranges, Gateways = gateways, Auxiliary = auxiliary,
            Options = Map(body, "Options"),
            Labels = Map(body, "Labels"),
        };
    }

    private static void Refuse(JsonElement body)
    {
        if (Truth(body, "ConfigOnly") is true)
            throw ApiException.Bad("ConfigOnly is not supported: it is for the networks of swarms");
        if (JsonBody.Object(body, "ConfigFrom") is { } from && Text(from, "Network").Length > 0)
            throw ApiException.Bad("ConfigFrom is not supported: it is for the networks of swarms");
        if (Truth(body, "Ingress") is true || Text(body, "Scope") is "swarm")
            throw new ApiException(503, SwarmPaths.Message);
        NetworkCreation.CheckScope(Text(body, "Scope"));
    }

    private static void Add(List<string> texts, string text)
    {
        if (text.Length > 0) texts.Add(text);
    }
}
