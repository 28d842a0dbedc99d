using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>Volumes.</summary>
internal static class VolumeOperations
{
    private const string All = "all=";

    // Before it, a prune took those with names, too.
    private static readonly Version s_anonymousOnly = new(1, 42);

    /// <summary>GET /volumes.</summary>
    public static Task List(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        Engine engine = server.Open();
        List<Volume> volumes = engine.Volumes.List().FindAll(new VolumeFilter(engine, Filters.Read(x)).Fits);
        volumes.RemoveAll(volume => !Scoped.Has(x, volume.Labels));
        return w =>
        {
            w.WriteStartObject();
            w.WriteStartArray("Volumes");
            foreach (Volume volume in volumes) InspectJson.WriteVolume(w, engine.Volumes, volume);
            w.WriteEndArray();
            w.WriteNull("Warnings");
            w.WriteEndObject();
        };
    });

    /// <summary>POST /volumes/create: one of that name is answered as if it were new.</summary>
    public static Task Create(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 201, body =>
    {
        string name = Text(body, "Name"), driver = Text(body, "Driver");
        if (JsonBody.Object(body, "ClusterVolumeSpec") is not null) throw new ApiException(503, SwarmPaths.Message);
        if (driver is not ("" or "local")) throw new ApiException(404,
            $"create {name}: error looking up volume plugin {driver}: plugin \"{driver}\" not found");
        Engine engine = server.Open();
        Volume volume = engine.Volumes.Create(name.Length > 0 ? name : ContainerStore.NewId(), Scoped.Labels(
            x, Map(body, "Labels")), Scoped.CheckedVolume(x, Map(body, "DriverOpts")), anonymous: name.Length == 0);
        if (!Scoped.Has(x, volume.Labels))
            throw UsageException.Conflict($"create {name}: a volume with that name, of another scope, exists");
        return w => InspectJson.WriteVolume(w, engine.Volumes, volume);
    }, hasBody: true);

    /// <summary>GET /volumes/{name}.</summary>
    public static Task Inspect(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        Engine engine = server.Open();
        Volume volume = engine.Volumes.Get(x.Id);
        return w => InspectJson.WriteVolume(w, engine.Volumes, volume);
    });

    /// <summary>PUT /volumes/{name}: of the volumes of swarms alone.</summary>
    public static Task Update(ApiServer server, Exchange x) => throw new ApiException(
        503, "volume update only valid for cluster volumes, but swarm is unavailable");

    /// <summary>DELETE /volumes/{name}: with force, one that is not there for the client is as good as removed.
    /// </summary>
    public static Task Remove(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 204, _ =>
    {
        bool force = x.Request.Query.Flag("force");
        Engine engine = server.Open();
        try
        {
            Scoped.Volume(engine, x, x.Id);
            engine.RemoveVolume(x.Id, missingIsFine: false);
        }
        catch (UsageException e) when (force && e.Kind == UsageKind.NotFound)
        {
            // It need not be removed.
        }
        return null;
    });

    /// <summary>POST /volumes/prune.</summary>
    public static Task Prune(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        List<string> filters = Filters.Read(x);
        bool all = x.Version < s_anonymousOnly;
        foreach (string filter in filters)
            if (filter.StartsWith(All, StringComparison.Ordinal)) all = filter[All.Length..] switch
            {
                "1" or "true" => true,
                "0" or "false" => false,
                _ => throw ApiException.Bad($"invalid filter '{filter}'"),
            };
        filters.RemoveAll(filter => filter.StartsWith(All, StringComparison.Ordinal));
        List<string> gone = VolumePruning.Remove(server.Open(), VolumePruning.FilterOf(filters), all, out long bytes,
            volume => Scoped.Has(x, volume.Labels));
        return w =>
        {
            w.WriteStartObject();
            InspectJson.WriteStrings(w, "VolumesDeleted", gone);
            w.WriteNumber("SpaceReclaimed", bytes);
            w.WriteEndObject();
        };
    });
}
