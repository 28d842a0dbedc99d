using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Cli.Verbs;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Api;

/// <summary>ContainerList and ContainerInspect.</summary>
internal static class ContainerListing
{
    /// <summary>GET /containers/json.</summary>
    public static Task List(ApiServer server, Exchange x)
    {
        Engine engine = server.Open();
        var filter = new ContainerFilter(engine, Filters.Read(x));
        int limit = x.Request.Query.Value("limit") is not { Length: > 0 } text ? 0
            : int.TryParse(text, out int number) ? number : throw ApiException.Bad($"invalid limit: {text}");
        var rows = engine.List(x.Request.Query.Flag("all") || limit > 0 || filter.HasStatus);
        rows.RemoveAll(row => !Scoped.Has(x, row.Config.Labels) || !filter.Matches(row.Config, row.State));
        if (limit > 0 && rows.Count > limit) rows.RemoveRange(limit, rows.Count - limit);
        bool sizes = x.Request.Query.Flag("size");
        return x.JsonAsync(200, w =>
        {
            w.WriteStartArray();
            foreach (var (config, state) in rows)
                Write(w, engine, config, state, sizes ? engine.SizesOf(config) : null);
            w.WriteEndArray();
        });
    }

    /// <summary>GET /containers/{id}/json.</summary>
    public static Task Inspect(ApiServer server, Exchange x)
    {
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        // Values are secrets as often as not.
        if (x.Scope is { IsReadOnly: true })
            config = config with { Env = Array.ConvertAll(config.Env, variable => variable.Split('=')[0]) };
        return x.WholeAsync(200, "application/json",
            InspectJson.OfContainer(engine, config, x.Request.Query.Flag("size")));
    }

    /// <summary>A ContainerSummary.</summary>
    /// <param name="w">Gets it.</param>
    /// <param name="engine">Has the container.</param>
    /// <param name="c">The container.</param>
    /// <param name="s">Its state.</param>
    /// <param name="sizes">Bytes that it has written, and those with its layers; null when nobody has measured them.
    /// </param>
    public static void Write(
        Utf8JsonWriter w, Engine engine, ContainerConfig c, ContainerState s, (long Written, long Root)? sizes)
    {
        Endpoint[] ends = s.Pid > 0 ? engine.Networks.EndpointsOf(c.Id) : [];
        w.WriteStartObject();
        w.WriteString("Id", c.Id);
        w.WriteStartArray("Names");
        w.WriteStringValue("/" + c.Name);
        w.WriteEndArray();
        w.WriteString("Image", c.Image);
        w.WriteString("ImageID", c.ImageId);
        w.WriteString("Command", PsVerb.CommandLine(c));
        w.WriteNumber("Created", c.Created.ToUnixTimeSeconds());
        w.WriteStartArray("Ports");
        foreach (Endpoint end in ends)
            foreach (PortMapping port in end.Ports) WritePort(w, port);
        w.WriteEndArray();
        if (sizes is { } size)
        {
            if (size.Written > 0) w.WriteNumber("SizeRw", size.Written);
            w.WriteNumber("SizeRootFs", size.Root);
        }
        InspectJson.WritePairs(w, "Labels", c.Labels);
        w.WriteString("State", s.Status);
        w.WriteString("Status", PsVerb.StatusOf(s, DateTimeOffset.UtcNow));
        w.WriteStartObject("HostConfig");
        w.WriteString("NetworkMode", c.NetworkMode);
        w.WriteEndObject();
        w.WriteStartObject("NetworkSettings");
        InspectJson.WriteNetworks(w, c, ends);
        w.WriteEndObject();
        InspectJson.WriteMounts(w, engine, c);
        w.WriteEndObject();
    }

    private static void WritePort(Utf8JsonWriter w, PortMapping port)
    {
        w.WriteStartObject();
        w.WriteString("IP", port.HostAddress.ToString());
        w.WriteNumber("PrivatePort", port.ContainerPort);
        w.WriteNumber("PublicPort", port.HostPort);
        w.WriteString("Type", port.ProtocolName);
        w.WriteEndObject();
    }
}
