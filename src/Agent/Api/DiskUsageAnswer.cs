using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Api;

/// <summary>SystemDataUsage.</summary>
internal static class DiskUsageAnswer
{
    private static readonly string[] s_types = ["build-cache", "container", "image", "volume"];

    private static readonly Version s_withTypes = new(1, 42);

    /// <summary>GET /system/df: of all, or of the types that are named; of the others the lists are null.</summary>
    public static Task Answer(ApiServer server, Exchange x)
    {
        List<string> types = x.Version < s_withTypes ? [] : x.Request.Query.Values("type");
        foreach (string type in types)
            if (!s_types.Contains(type)) throw ApiException.Bad($"unknown object type: {type}");
        return ApiServer.JsonAsync(x, 200, w =>
        {
            Engine engine = server.Open();
            DiskUsage usage = engine.DiskUsage(Wants("image"), Wants("container"), Wants("volume"));
            w.WriteStartObject();
            w.WriteNumber("LayersSize", usage.LayerBytes);
            if (Begin("image", "Images"))
            {
                foreach (ImageUsage image in usage.Images)
                {
                    ImageListing.WriteSummary(
                        w, x.Version, image.Image, null, image.SharedBytes, image.Containers);
                    w.WriteEndObject();
                }
                w.WriteEndArray();
            }
            if (Begin("container", "Containers"))
            {
                foreach (ContainerUsage c in usage.Containers)
                    ContainerListing.Write(w, engine, c.Config, c.State, (c.Bytes, c.RootBytes));
                w.WriteEndArray();
            }
            if (Begin("volume", "Volumes"))
            {
                foreach (VolumeUsage volume in usage.Volumes)
                    InspectJson.WriteVolume(w, engine.Volumes, volume.Volume, volume);
                w.WriteEndArray();
            }
            if (Begin("build-cache", "BuildCache")) w.WriteEndArray();
            w.WriteEndObject();

            bool Begin(string type, string field)
            {
                if (Wants(type)) w.WriteStartArray(field);
                else w.WriteNull(field);
                return Wants(type);
            }
        });

        bool Wants(string type) => types.Count == 0 || types.Contains(type);
    }
}
