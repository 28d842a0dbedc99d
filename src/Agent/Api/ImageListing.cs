using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Api;

/// <summary>ImageList, ImageInspect and ImageHistory.</summary>
internal static class ImageListing
{
    private const int NotMeasured = -1;

    private static readonly Version s_withoutNone = new(1, 43), s_withoutVirtualSize = new(1, 44);

    /// <summary>GET /images/json.</summary>
    public static Task List(ApiServer server, Exchange x)
    {
        Engine engine = server.Open();
        var filter = new ImageFilter(Filters.Read(x), engine.Images.Get);
        bool shared = x.Request.Query.Flag("shared-size"), manifests = x.Request.Query.Flag("manifests");
        return ApiServer.JsonAsync(x, 200, w =>
        {
            Dictionary<Digest, ImageUsage>? usages =
                shared ? engine.ImageUsages().ToDictionary(usage => usage.Image.Id) : null;
            w.WriteStartArray();
            foreach (Image image in engine.Images.ListForShow())
            {
                if (!filter.Fits(image)) continue;
                WriteSummary(w, x.Version, image, filter, usages?.GetValueOrDefault(image.Id)?.SharedBytes, null);
                if (manifests) WriteManifests(w, engine, image);
                w.WriteEndObject();
            }
            w.WriteEndArray();
        });
    }

    /// <summary>GET /images/{name}/json.</summary>
    public static Task Inspect(ApiServer server, Exchange x)
    {
        Engine engine = server.Open();
        Image image = engine.Images.Get(x.Id, NameText.PlatformOf(x));
        bool manifests = x.Request.Query.Flag("manifests");
        return x.WholeAsync(200, "application/json", InspectJson.OfImage(engine, image, w =>
        {
            if (x.Version < s_withoutVirtualSize) w.WriteNumber("VirtualSize", image.SizeBytes);
            if (manifests) WriteManifests(w, engine, image);
        }));
    }

    /// <summary>GET /images/{name}/history.</summary>
    public static Task History(ApiServer server, Exchange x)
    {
        ImageStore images = server.Open().Images;
        Image image = images.Get(x.Id, NameText.PlatformOf(x));
        List<HistoryStep> steps = images.HistoryOf(image);
        return x.JsonAsync(200, w =>
        {
            w.WriteStartArray();
            for (int i = steps.Count - 1; i >= 0; i--)
            {
                // Only the last step is an image here.
                bool isImage = i == steps.Count - 1;
                w.WriteStartObject();
                w.WriteString("Id", isImage ? image.Id.ToString() : "<missing>");
                w.WriteNumber("Created", steps[i].Created.ToUnixTimeSeconds());
                w.WriteString("CreatedBy", steps[i].Entry.CreatedBy ?? "");
                if (isImage) InspectJson.WriteStrings(w, "Tags", image.RepoTags);
                else w.WriteNull("Tags");
                w.WriteNumber("Size", steps[i].Bytes);
                w.WriteString("Comment", steps[i].Entry.Comment ?? "");
                w.WriteEndObject();
            }
            w.WriteEndArray();
        });
    }

    /// <summary>Begins an ImageSummary; the caller ends it.</summary>
    /// <param name="w">Gets it.</param>
    /// <param name="version">The API's.</param>
    /// <param name="image">The image.</param>
    /// <param name="filter">Which of its names are told; null for all.</param>
    /// <param name="shared">Bytes of layers that other images have too; null when nobody has measured them.</param>
    /// <param name="containers">How many containers have it, likewise.</param>
    public static void WriteSummary(Utf8JsonWriter w, Version version, Image image, ImageFilter? filter, long? shared,
        int? containers)
    {
        List<string> tags = [.. image.RepoTags.Where(name => filter?.Names(name) ?? true)];
        List<string> digests = [.. image.RepoDigests.Where(name => filter?.Names(name) ?? true)];
        if (version < s_withoutNone && tags.Count + digests.Count == 0)
        {
            tags.Add("<none>:<none>");
            digests.Add("<none>@<none>");
        }
        w.WriteStartObject();
        w.WriteString("Id", image.Id.ToString());
        w.WriteString("ParentId", "");
        InspectJson.WriteStrings(w, "RepoTags", tags);
        InspectJson.WriteStrings(w, "RepoDigests", digests);
        w.WriteNumber("Created", image.Created.ToUnixTimeSeconds());
        w.WriteNumber("Size", image.SizeBytes);
        if (version < s_withoutVirtualSize) w.WriteNumber("VirtualSize", image.SizeBytes);
        w.WriteNumber("SharedSize", shared ?? NotMeasured);
        InspectJson.WritePairs(w, "Labels", image.Config.Config.Labels ?? []);
        w.WriteNumber("Containers", containers ?? NotMeasured);
    }

    // The one manifest that a local image has, and the index's others have not come.
    private static void WriteManifests(Utf8JsonWriter w, Engine engine, Image image)
    {
        w.WriteStartArray("Manifests");
        if (InspectJson.FindManifest(engine.Images, image.Id) is { } manifest)
        {
            long content = manifest.Size + engine.Images.Content.Get(image.Id).Length;
            w.WriteStartObject();
            w.WriteString("ID", manifest.Digest.ToString());
            InspectJson.WriteDescriptor(w, manifest);
            w.WriteBoolean("Available", true);
            w.WriteStartObject("Size");
            w.WriteNumber("Content", content);
            w.WriteNumber("Total", content + image.SizeBytes);
            w.WriteEndObject();
            w.WriteString("Kind", "image");
            w.WriteStartObject("ImageData");
            w.WriteStartObject("Platform");
            WritePlatform(w, image.Platform);
            w.WriteEndObject();
            w.WriteStartArray("Containers");
            string id = image.Id.ToString();
            foreach (ContainerConfig container in engine.Containers.List())
                if (container.ImageId == id) w.WriteStringValue(container.Id);
            w.WriteEndArray();
            w.WriteStartObject("Size");
            w.WriteNumber("Unpacked", image.SizeBytes);
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    /// <summary>The fields of a platform (OCIPlatform).</summary>
    public static void WritePlatform(Utf8JsonWriter w, Platform platform)
    {
        w.WriteString("architecture", platform.Architecture);
        w.WriteString("os", platform.Os);
        if (platform.OsVersion is { } version) w.WriteString("os.version", version);
        if (platform.Variant is { Length: > 0 } variant) w.WriteString("variant", variant);
    }
}
