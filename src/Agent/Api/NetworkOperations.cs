using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>Networks, and containers that join and leave them.</summary>
internal static class NetworkOperations
{
    /// <summary>GET /networks: without the containers of each.</summary>
    public static Task List(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        Engine engine = server.Open();
        var filter = new NetworkFilter(engine, Filters.Read(x));
        IReadOnlyList<NetworkRecord> networks = engine.Networks.List();
        return w =>
        {
            w.WriteStartArray();
            foreach (NetworkRecord network in networks)
                if (Scoped.Has(x, network.Labels) && filter.Fits(network)) InspectJson.WriteNetwork(w, null, network);
            w.WriteEndArray();
        };
    });

    /// <summary>GET /networks/{id}. Verbose tells more of the networks of swarms, and of no others.</summary>
    public static Task Inspect(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        if (x.Request.Query.Value("verbose") is { Length: > 0 } verbose
            && verbose is not ("1" or "t" or "T" or "true" or "True" or "TRUE")
                and not ("0" or "f" or "F" or "false" or "False" or "FALSE"))
            throw ApiException.Bad($"invalid value for verbose: {verbose}");
        Engine engine = server.Open();
        NetworkRecord network = engine.Networks.Get(x.Id);
        if (x.Request.Query.Value("scope") is { Length: > 0 } scope && scope != network.Scope)
            throw new ApiException(404, $"network {x.Id} not found");
        return w => InspectJson.WriteNetwork(w, engine, network);
    });

    /// <summary>POST /networks/create.</summary>
    public static Task Create(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 201, body =>
    {
        NetworkRecord network = server.Open().CreateNetwork(Scoped.Checked(x, NetworkBody.Read(body)));
        return w =>
        {
            w.WriteStartObject();
            w.WriteString("Id", network.Id);
            w.WriteString("Warning", "");
            w.WriteEndObject();
        };
    }, hasBody: true);

    /// <summary>DELETE /networks/{id}.</summary>
    public static Task Remove(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 204, _ =>
    {
        Engine engine = server.Open();
        engine.RemoveNetwork(engine.Networks.Get(x.Id));
        return null;
    });

    /// <summary>POST /networks/{id}/connect.</summary>
    public static Task Connect(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, body =>
    {
        Engine engine = server.Open();
        NetworkRecord network = Scoped.Network(engine, x, x.Id);
        JsonElement asked = JsonBody.Object(body, "EndpointConfig") ?? default;
        if (Texts(asked, "Links") is { Count: > 0 }) throw ApiException.Bad(
            "Links are not supported here: in a network containers find each other by their names and aliases");
        EndpointSettings settings = Scoped.Checked(
            x, NetworkFlags.Parse(EndpointText.Of(network.Name, asked)));
        NetworkFlags.Check(settings, NetworkMode.Parse(network.Name));
        engine.Connect(Scoped.Container(engine, x, Text(body, "Container")), network, settings);
        return null;
    }, hasBody: true);

    /// <summary>POST /networks/{id}/disconnect.</summary>
    public static Task Disconnect(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, body =>
    {
        Engine engine = server.Open();
        string container = Text(body, "Container");
        // One that is gone can only be told of by its name.
        if (x.Scope is not null) container = Scoped.Container(engine, x, container).Id;
        engine.Disconnect(container, Scoped.Network(engine, x, x.Id), force: Truth(body, "Force") is true);
        return null;
    }, hasBody: true);

    /// <summary>POST /networks/prune.</summary>
    public static Task Prune(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        var filter = new PruneFilter(Filters.Read(x));
        if (filter.Dangling is not null) throw ApiException.Bad("invalid filter 'dangling'");
        List<NetworkRecord> gone = server.Open().PruneNetworks(
            network => Scoped.Has(x, network.Labels) && filter.Fits(network.Created, network.Labels));
        return w =>
        {
            w.WriteStartObject();
            w.WriteStartArray("NetworksDeleted");
            foreach (NetworkRecord network in gone) w.WriteStringValue(network.Name);
            w.WriteEndArray();
            w.WriteEndObject();
        };
    });
}
