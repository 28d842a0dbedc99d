using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Manager;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Api;

/// <summary>ContainerTop, ContainerChanges and ContainerExport.</summary>
internal static class ContainerFacts
{
    /// <summary>GET /containers/{id}/top.</summary>
    public static async Task Top(ApiServer server, Exchange x)
    {
        string options = x.Request.Query.Value("ps_args") ?? "";
        List<string[]> rows = await ApiServer.RunAsync(() =>
        {
            Engine engine = server.Open();
            return ProcessListing.Read(engine, engine.Containers.Find(x.Id),
                [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        });
        await x.JsonAsync(200, w =>
        {
            w.WriteStartObject();
            w.WriteStartArray("Titles");
            foreach (string title in rows[0]) w.WriteStringValue(title);
            w.WriteEndArray();
            w.WriteStartArray("Processes");
            for (int i = 1; i < rows.Count; i++)
            {
                w.WriteStartArray();
                foreach (string word in rows[i]) w.WriteStringValue(word);
                w.WriteEndArray();
            }
            w.WriteEndArray();
            w.WriteEndObject();
        });
    }

    /// <summary>GET /containers/{id}/changes.</summary>
    public static async Task Changes(ApiServer server, Exchange x)
    {
        var changes = await ApiServer.RunAsync(() =>
        {
            Engine engine = server.Open();
            return engine.Changes(engine.Containers.Find(x.Id));
        });
        await x.JsonAsync(200, w =>
        {
            w.WriteStartArray();
            foreach ((string path, ChangeKind kind) in changes)
            {
                w.WriteStartObject();
                w.WriteString("Path", path);
                w.WriteNumber("Kind", kind switch
                {
                    ChangeKind.Modified => 0,
                    ChangeKind.Added => 1,
                    _ => 2,
                });
                w.WriteEndObject();
            }
            w.WriteEndArray();
        });
    }

    /// <summary>GET /containers/{id}/export.</summary>
    public static Task Export(ApiServer server, Exchange x) => ApiServer.RunAsync(() =>
    {
        Engine engine = server.Open();
        TarAnswer.Send(x, "application/octet-stream",
            sink => engine.Export(engine.Containers.Find(x.Id), sink, x.Gone));
    });
}
