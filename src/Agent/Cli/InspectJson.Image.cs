using System.Text.Json;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli;

/// <summary>Images.</summary>
internal static partial class InspectJson
{
    private static void WriteImage(Utf8JsonWriter w, Engine engine, Image image, Action<Utf8JsonWriter>? more)
    {
        w.WriteStartObject();
        w.WriteString("Id", image.Id.ToString());
        WriteStrings(w, "RepoTags", image.RepoTags);
        WriteStrings(w, "RepoDigests", image.RepoDigests);
        w.WriteString("Parent", "");
        w.WriteString("Comment", image.Config.History is [.., { Comment: { } comment }] ? comment : "");
        w.WriteString("Created", Time(image.Created));
        w.WriteString("DockerVersion", "");
        w.WriteString("Author", image.Config.Author ?? "");
        WriteDefaults(w, image.Config.Config);
        w.WriteString("Architecture", image.Architecture);
        w.WriteString("Variant", image.Config.Variant ?? "");
        w.WriteString("Os", image.Os);
        w.WriteNumber("Size", image.SizeBytes);
        w.WriteStartObject("GraphDriver");
        w.WriteNull("Data");
        w.WriteString("Name", engine.Snapshotter.Name);
        w.WriteEndObject();
        w.WriteStartObject("RootFS");
        w.WriteString("Type", "layers");
        WriteStrings(w, "Layers", [.. image.DiffIds.Select(d => d.ToString())]);
        w.WriteEndObject();
        w.WriteStartObject("Metadata");
        w.WriteString("LastTagTime", Time(engine.Images.Names.LastSet(image.Names.Select(one => one.Name))));
        w.WriteEndObject();
        if (FindManifest(engine.Images, image.Id) is { } manifest) WriteDescriptor(w, manifest);
        more?.Invoke(w);
        w.WriteEndObject();
    }

    private static void WriteDefaults(Utf8JsonWriter w, ContainerDefaults defaults)
    {
        w.WriteStartObject("Config");
        w.WriteString("User", defaults.User ?? "");
        WriteStrings(w, "Env", defaults.Env ?? []);
        WriteStrings(w, "Cmd", defaults.Cmd ?? []);
        WriteStrings(w, "Entrypoint", defaults.Entrypoint ?? []);
        WriteNames(w, "ExposedPorts", defaults.ExposedPorts);
        WriteNames(w, "Volumes", defaults.Volumes);
        w.WriteString("WorkingDir", defaults.WorkingDir ?? "");
        WritePairs(w, "Labels", defaults.Labels ?? []);
        w.WriteString("StopSignal", defaults.StopSignal ?? "");
        WriteStrings(w, "OnBuild", defaults.OnBuild ?? []);
        if (defaults.Shell is { Count: > 0 } shell) WriteStrings(w, "Shell", shell);
        if (defaults.Healthcheck is { } healthcheck) WriteHealthcheck(w, healthcheck);
        w.WriteEndObject();
    }

    // {"80/tcp": {}}
    private static void WriteNames(Utf8JsonWriter w, string name, Dictionary<string, EmptyObject>? names)
    {
        w.WriteStartObject(name);
        foreach (string key in names?.Keys ?? Enumerable.Empty<string>())
        {
            w.WriteStartObject(key);
            w.WriteEndObject();
        }
        w.WriteEndObject();
    }

    /// <summary>The manifest by which the store has an image; null when it has none.</summary>
    public static Descriptor? FindManifest(ImageStore store, Digest id)
    {
        foreach (Digest document in store.Records.Documents(id))
            if (store.ReadManifest(document) is { } manifest && manifest.Config.Digest == id)
                return new Descriptor
                {
                    MediaType = manifest.MediaType ?? MediaTypes.OciManifest, Digest = document,
                    Size = store.Content.Get(document).Length,
                };
        return null;
    }

    /// <summary>The field Descriptor (OCIDescriptor).</summary>
    public static void WriteDescriptor(Utf8JsonWriter w, Descriptor descriptor)
    {
        w.WriteStartObject("Descriptor");
        w.WriteString("mediaType", descriptor.MediaType);
        w.WriteString("digest", descriptor.Digest.ToString());
        w.WriteNumber("size", descriptor.Size);
        w.WriteEndObject();
    }

    // Times are nanoseconds; what is not set is left out, as Docker does.
    private static void WriteHealthcheck(Utf8JsonWriter w, Healthcheck check)
    {
        w.WriteStartObject("Healthcheck");
        WriteStrings(w, "Test", check.Test ?? []);
        if (check.IntervalNs != 0) w.WriteNumber("Interval", check.IntervalNs);
        if (check.TimeoutNs != 0) w.WriteNumber("Timeout", check.TimeoutNs);
        if (check.StartPeriodNs != 0) w.WriteNumber("StartPeriod", check.StartPeriodNs);
        if (check.StartIntervalNs != 0) w.WriteNumber("StartInterval", check.StartIntervalNs);
        if (check.Retries != 0) w.WriteNumber("Retries", check.Retries);
        w.WriteEndObject();
    }
}
