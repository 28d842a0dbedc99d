using System.Globalization;
using System.Text;
using System.Text.Json;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor.Logs;
using Skiff.Agent.Volumes;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli;

/// <summary>
/// Objects in the shape of Docker's inspect (Engine API ContainerInspect, ImageInspect, Volume), as far as this engine
/// has the facts.
/// </summary>
internal static partial class InspectJson
{
    private static readonly JsonWriterOptions s_options = new()
    {
        Indented = true, IndentSize = 4, Encoder =
            System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The object of that name: container, image, network, volume, in this order, or only one of them.
    /// </summary>
    /// <param name="engine">Has them.</param>
    /// <param name="name">A name or an id.</param>
    /// <param name="type">Which of them; null for any.</param>
    /// <param name="platform">What an image has to be for; null for anything.</param>
    /// <param name="sizes">Whether a container is measured.</param>
    public static byte[]? Find(Engine engine, string name, string? type, Platform? platform, bool sizes)
    {
        if (type is null or "container" && TryContainer(engine, name, sizes) is { } container) return container;
        if (type is null or "image" && engine.Images.Find(name) is not null)
            return Write(w => WriteImage(w, engine, engine.Images.Get(name, platform)));
        if (type is null or "network" && engine.Networks.TryGet(name) is { } network) return OfNetwork(engine, network);
        if (type is null or "volume" && engine.Volumes.Exists(name))
            return Write(w => WriteVolume(w, engine.Volumes, engine.Volumes.Get(name)));
        return null;
    }

    /// <summary>Finished objects as one array.</summary>
    public static string Array(IReadOnlyList<byte[]> items)
    {
        byte[] json = Write(w =>
        {
            w.WriteStartArray();
            foreach (byte[] item in items)
            {
                using JsonDocument document = JsonDocument.Parse(item);
                document.RootElement.WriteTo(w);
            }
            w.WriteEndArray();
        });
        return Encoding.UTF8.GetString(json) + "\n";
    }

    /// <summary>A volume.</summary>
    public static byte[] OfVolume(VolumeModule volumes, Volume volume) => Write(w => WriteVolume(w, volumes, volume));

    /// <summary>A container.</summary>
    public static byte[] OfContainer(Engine engine, ContainerConfig config, bool sizes) =>
        Write(w => WriteContainer(w, engine, config, engine.StateOf(config), sizes));

    private static byte[]? TryContainer(Engine engine, string name, bool sizes)
    {
        try
        {
            return OfContainer(engine, engine.Containers.Find(name), sizes);
        }
        catch (UsageException e) when (e.Kind == UsageKind.NotFound)
        {
            return null;
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> body)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, s_options)) body(writer);
        return stream.ToArray();
    }

    private static void WriteContainer(
        Utf8JsonWriter w, Engine engine, ContainerConfig c, ContainerState s, bool sizes)
    {
        w.WriteStartObject();
        w.WriteString("Id", c.Id);
        w.WriteString("Created", Time(c.Created));
        w.WriteString("Path", c.Args[0]);
        WriteStrings(w, "Args", c.Args[1..]);
        WriteState(w, s, s.Health.Length > 0 ? engine.Containers.ReadHealth(c.Id) : null);
        w.WriteString("Image", c.ImageId);
        string run = engine.Containers.RunDirectory(c.Id);
        foreach (
            var (name, file) in (ReadOnlySpan<(string, string)>)[("ResolvConfPath", "resolv.conf"),
                ("HostnamePath", "hostname"), ("HostsPath", "hosts")])
            w.WriteString(name, s.Pid > 0 ? Path.Combine(run, file) : "");
        // As with Docker: only a file that others can read.
        w.WriteString("LogPath", c.LogDriver == "json-file"
            ? Path.Combine(engine.Containers.LogDirectory(c.Id), JsonLogDriver.FileName(c.Id)) : "");
        w.WriteString("Name", "/" + c.Name);
        w.WriteNumber("RestartCount", s.RestartCount);
        w.WriteString("Driver", engine.Snapshotter.Name);
        w.WriteString("Platform", "linux");
        w.WriteString("MountLabel", c.MountLabel);
        w.WriteString("ProcessLabel", c.ProcessLabel);
        w.WriteString("AppArmorProfile", AppArmorProfile.Shown(c));
        w.WriteNull("ExecIDs");
        WriteHostConfig(w, c);
        w.WriteStartObject("GraphDriver");
        w.WriteNull("Data");
        w.WriteString("Name", engine.Snapshotter.Name);
        w.WriteEndObject();
        if (sizes)
        {
            (long written, long root) = engine.SizesOf(c);
            w.WriteNumber("SizeRw", written);
            w.WriteNumber("SizeRootFs", root);
        }
        WriteMounts(w, engine, c);
        WriteConfig(w, c);
        WriteNetwork(w, engine, c, s);
        WriteStrings(w, "Warnings", s.Warnings);
        w.WriteEndObject();
    }

    private static void WriteState(Utf8JsonWriter w, ContainerState s, HealthState? health)
    {
        w.WriteStartObject("State");
        w.WriteString("Status", s.Status);
        w.WriteBoolean("Running", s.IsActive);
        w.WriteBoolean("Paused", s.Status == "paused");
        w.WriteBoolean("Restarting", s.Status == "restarting");
        w.WriteBoolean("OOMKilled", s.OomKilled);
        w.WriteBoolean("Dead", s.Status == "dead");
        w.WriteNumber("Pid", s.Pid);
        w.WriteNumber("ExitCode", s.Pid > 0 ? 0 : s.ExitCode);
        w.WriteString("Error", s.Error);
        w.WriteString("StartedAt", Time(s.StartedAt));
        w.WriteString("FinishedAt", Time(s.FinishedAt));
        if (health is not null) WriteHealth(w, health);
        w.WriteEndObject();
    }

    private static void WriteHealth(Utf8JsonWriter w, HealthState health)
    {
        w.WriteStartObject("Health");
        w.WriteString("Status", health.Status);
        w.WriteNumber("FailingStreak", health.FailingStreak);
        w.WriteStartArray("Log");
        foreach (HealthResult result in health.Log)
        {
            w.WriteStartObject();
            w.WriteString("Start", Time(result.Start));
            w.WriteString("End", Time(result.End));
            w.WriteNumber("ExitCode", result.ExitCode);
            w.WriteString("Output", result.Output);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
    }

    /// <summary>The field Mounts.</summary>
    public static void WriteMounts(Utf8JsonWriter w, Engine engine, ContainerConfig c)
    {
        w.WriteStartArray("Mounts");
        foreach (Mount mount in c.Mounts)
        {
            // As with Docker: HostConfig.Tmpfs has those.
            if (mount is { Type: "tmpfs", LongForm: false }) continue;
            w.WriteStartObject();
            w.WriteString("Type", mount.Type);
            if (mount.Type == "volume") w.WriteString("Name", mount.Source);
            w.WriteString("Source", mount.Type == "volume" ? engine.Volumes.DataDirectory(mount.Source) : mount.Source);
            w.WriteString("Destination", mount.Target);
            if (mount.Type == "volume") w.WriteString("Driver", "local");
            w.WriteString("Mode", string.Join(',', mount.ReadOnly ? "ro" : "", mount.Relabel).Trim(','));
            w.WriteBoolean("RW", !mount.ReadOnly);
            w.WriteString("Propagation", mount.Type == "bind" ? mount.Propagation : "");
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void WriteVolume(Utf8JsonWriter w, VolumeModule volumes, Volume volume)
    {
        w.WriteStartObject();
        w.WriteString("CreatedAt", volume.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        w.WriteString("Driver", "local");
        WritePairs(w, "Labels", volume.Labels);
        w.WriteString("Mountpoint", volumes.DataDirectory(volume.Name));
        w.WriteString("Name", volume.Name);
        w.WriteNull("Options");
        w.WriteString("Scope", "local");
        w.WriteEndObject();
    }

    /// <summary>A field with a list.</summary>
    public static void WriteStrings(Utf8JsonWriter w, string name, IReadOnlyList<string> values)
    {
        w.WriteStartArray(name);
        foreach (string value in values) w.WriteStringValue(value);
        w.WriteEndArray();
    }

    // In Go, and so with Docker, a list that was never filled is null.
    private static void WriteStringsOrNull(Utf8JsonWriter w, string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0) WriteStrings(w, name, values);
        else w.WriteNull(name);
    }

    /// <summary>A field with pairs, in the order of their keys.</summary>
    public static void WritePairs(Utf8JsonWriter w, string name, Dictionary<string, string> pairs)
    {
        w.WriteStartObject(name);
        foreach (var (key, value) in pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            w.WriteString(key, value);
        w.WriteEndObject();
    }

    /// <summary>A time, with nanoseconds; of what never was, Go's zero.</summary>
    public static string Time(DateTimeOffset time) =>
        time == default ? "0001-01-01T00:00:00Z"
            : time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture) + "00Z";
}
