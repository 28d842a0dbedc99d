using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Manager;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Api;

/// <summary>ContainerTop, ContainerChanges and ContainerExport.</summary>
internal static class ContainerFacts
{
    /// <summary>GET /containers/{id}/top.</summary>
    public static Task Top(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        Engine engine = server.Open();
        string options = x.Request.Query.Value("ps_args") ?? "";
        List<string[]> rows = ProcessListing.Read(engine, engine.Containers.Find(x.Id),
            [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        return w =>
        {
            w.WriteStartObject();
            InspectJson.WriteStrings(w, "Titles", rows[0]);
            w.WriteStartArray("Processes");
            for (int i = 1; i < rows.Count; i++)
            {
                w.WriteStartArray();
                foreach (string word in rows[i]) w.WriteStringValue(word);
                w.WriteEndArray();
            }
            w.WriteEndArray();
            w.WriteEndObject();
        };
    });

    /// <summary>GET /containers/{id}/changes.</summary>
    public static Task Changes(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        Engine engine = server.Open();
        var changes = engine.Changes(engine.Containers.Find(x.Id));
        return w =>
        {
            w.WriteStartArray();
            foreach ((string path, ChangeKind kind) in changes)
            {
                w.WriteStartObject();
                w.WriteString("Path", path);
                w.WriteNumber("Kind", kind == ChangeKind.Modified ? 0 : kind == ChangeKind.Added ? 1 : 2);
                w.WriteEndObject();
            }
            w.WriteEndArray();
        };
    });

    /// <summary>GET /containers/{id}/export.</summary>
    public static Task Export(ApiServer server, Exchange x) => ApiServer.RunAsync(() =>
    {
        Engine engine = server.Open();
        TarAnswer.Send(x, "application/octet-stream",
            sink => engine.Export(engine.Containers.Find(x.Id), sink, x.Gone));
    });
}
