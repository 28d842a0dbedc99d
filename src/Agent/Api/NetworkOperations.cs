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
    public static async Task List(ApiServer server, Exchange x)
    {
        List<string> filters = Filters.Read(x);
        List<NetworkRecord> networks = await ApiServer.RunAsync(() =>
        {
            Engine engine = server.Open();
            var filter = new NetworkFilter(engine, filters);
            return engine.Networks.List().Where(filter.Fits).ToList();
        });
        await x.JsonAsync(200, w =>
        {
            w.WriteStartArray();
            foreach (NetworkRecord network in networks) InspectJson.WriteNetwork(w, null, network);
            w.WriteEndArray();
        });
    }

    /// <summary>GET /networks/{id}. Verbose tells more of the networks of swarms, and of no others.</summary>
    public static async Task Inspect(ApiServer server, Exchange x)
    {
        if (x.Request.Query.Value("verbose") is { Length: > 0 } verbose
            && verbose is not ("1" or "t" or "T" or "true" or "True" or "TRUE")
                and not ("0" or "f" or "F" or "false" or "False" or "FALSE"))
            throw ApiException.Bad($"invalid value for verbose: {verbose}");
        Engine engine = server.Open();
        NetworkRecord network = await ApiServer.RunAsync(() => engine.Networks.Get(x.Id));
        if (x.Request.Query.Value("scope") is { Length: > 0 } scope && scope != network.Scope)
            throw new ApiException(404, $"network {x.Id} not found");
        await x.JsonAsync(200, w => InspectJson.WriteNetwork(w, engine, network));
    }

    /// <summary>POST /networks/create.</summary>
    public static async Task Create(ApiServer server, Exchange x)
    {
        using JsonDocument body = Parse(await x.ReadBodyAsync());
        NetworkRequest request = NetworkBody.Read(body.RootElement);
        string id = await ApiServer.RunAsync(() => server.Open().CreateNetwork(request).Id);
        await x.JsonAsync(201, w =>
        {
            w.WriteStartObject();
            w.WriteString("Id", id);
            w.WriteString("Warning", "");
            w.WriteEndObject();
        });
    }

    /// <summary>DELETE /networks/{id}.</summary>
    public static async Task Remove(ApiServer server, Exchange x)
    {
        await ApiServer.RunAsync(() =>
        {
            Engine engine = server.Open();
            engine.RemoveNetwork(engine.Networks.Get(x.Id));
        });
        await x.EmptyAsync(204);
    }

    /// <summary>POST /networks/{id}/connect.</summary>
    public static Task Connect(ApiServer server, Exchange x) => Change(server, x, (engine, network, body) =>
    {
        JsonElement asked = JsonBody.Object(body, "EndpointConfig") ?? default;
        if (Texts(asked, "Links") is { Count: > 0 }) throw ApiException.Bad(
            "Links are not supported here: in a network containers find each other by their names and aliases");
        EndpointSettings settings = NetworkFlags.Parse(EndpointText.Of(network.Name, asked));
        NetworkFlags.Check(settings, NetworkMode.Parse(network.Name));
        engine.Connect(engine.Containers.Find(Text(body, "Container")), network, settings);
    });

    /// <summary>POST /networks/{id}/disconnect.</summary>
    public static Task Disconnect(ApiServer server, Exchange x) => Change(server, x, (engine, network, body) =>
        engine.Disconnect(Text(body, "Container"), network, force: Truth(body, "Force") is true));

    /// <summary>POST /networks/prune.</summary>
    public static async Task Prune(ApiServer server, Exchange x)
    {
        var filter = new PruneFilter(Filters.Read(x));
        if (filter.Dangling is not null) throw ApiException.Bad("invalid filter 'dangling'");
        List<NetworkRecord> gone = await ApiServer.RunAsync(() => server.Open().PruneNetworks(
            network => filter.Fits(network.Created, network.Labels)));
        await x.JsonAsync(200, w =>
        {
            w.WriteStartObject();
            w.WriteStartArray("NetworksDeleted");
            foreach (NetworkRecord network in gone) w.WriteStringValue(network.Name);
            w.WriteEndArray();
            w.WriteEndObject();
        });
    }

    private static async Task Change(ApiServer server, Exchange x, Action<Engine, NetworkRecord, JsonElement> change)
    {
        using JsonDocument body = Parse(await x.ReadBodyAsync());
        JsonElement root = body.RootElement;
        await ApiServer.RunAsync(() =>
        {
            Engine engine = server.Open();
            change(engine, engine.Networks.Get(x.Id), root);
        });
        await x.EmptyAsync(200);
    }
}
