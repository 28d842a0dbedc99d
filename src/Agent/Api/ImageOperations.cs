using System.Text;
using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Api;

/// <summary>What is done to images that are here: ImageTag, ImageDelete, ImagePrune, ImageCommit.</summary>
internal static class ImageOperations
{
    /// <summary>POST /images/{name}/tag.</summary>
    public static async Task Tag(ApiServer server, Exchange x)
    {
        Reference name = NameText.OfTarget(x) ?? throw ApiException.Bad("a tag needs a repo");
        await ApiServer.RunAsync(() => server.Open().Tag(x.Id, name));
        await x.EmptyAsync(201);
    }

    /// <summary>DELETE /images/{name}. <c>noprune</c> spares untagged parents, which no image has here.</summary>
    public static Task Delete(ApiServer server, Exchange x)
    {
        Query query = x.Request.Query;
        List<string> platforms = query.Values("platforms");
        if (platforms.Count > 1) throw ApiException.Bad("platforms: an image has one here, so one can be named");
        Platform? platform = platforms.Count > 0 ? NameText.PlatformOf(platforms[0]) : null;
        return ApiServer.JsonAsync(x, 200, w =>
            WriteLines(w, server.Open().RemoveImage(x.Id, platform, query.Flag("force"))));
    }

    /// <summary>POST /images/prune.</summary>
    public static Task Prune(ApiServer server, Exchange x)
    {
        var filter = new PruneFilter(Filters.Read(x));
        return ApiServer.JsonAsync(x, 200, w =>
        {
            PruneResult result = server.Open().PruneImages(filter.Dangling == false, filter.Fits);
            w.WriteStartObject();
            w.WritePropertyName("ImagesDeleted");
            WriteLines(w, result.Lines);
            w.WriteNumber("SpaceReclaimed", result.Bytes);
            w.WriteEndObject();
        });
    }

    /// <summary>POST /commit.</summary>
    public static async Task Commit(ApiServer server, Exchange x)
    {
        Query query = x.Request.Query;
        Reference? name = NameText.OfTarget(x);
        byte[] body = await x.ReadBodyAsync();
        // Docker's client sends null for what it leaves to the container.
        using JsonDocument? config = Encoding.UTF8.GetString(body).Trim() is "" or "null" ? null
            : JsonBody.Parse(body);
        await ApiServer.JsonAsync(x, 201, w =>
        {
            Engine engine = server.Open();
            Digest id = engine.Commit(engine.Containers.Find(query.Value("container") ?? ""), name,
                query.Value("author") ?? "", query.Value("comment") ?? "", Changes(query),
                query.Flag("pause", byDefault: true), x.Gone, of => CommitConfig.Over(config?.RootElement, of));
            w.WriteStartObject();
            w.WriteString("Id", id.ToString());
            w.WriteEndObject();
        });
    }

    /// <summary>The parameter <c>changes</c>: several times, or with several lines.</summary>
    public static List<string> Changes(Query query)
    {
        var changes = new List<string>();
        foreach (string text in query.Values("changes"))
            foreach (string line in text.Split('\n'))
                if (line.AsSpan().Trim().Length > 0) changes.Add(line);
        return changes;
    }

    // "Untagged: NAME" is {"Untagged":"NAME"}; prunes write the word small.
    private static void WriteLines(Utf8JsonWriter w, IReadOnlyList<string> lines)
    {
        w.WriteStartArray();
        foreach (string line in lines)
        {
            int colon = line.IndexOf(':');
            w.WriteStartObject();
            w.WriteString(char.ToUpperInvariant(line[0]) + line[1..colon], line[(colon + 2)..]);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }
}
