using System.Text.Json;

namespace Skiff.Layers.Oci;

public sealed partial record ImageConfig
{
    /// <summary>Parses and checks a config.</summary>
    /// <exception cref="ImageException">Not the config of a container image.</exception>
    public static ImageConfig Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new ConfigJson(json);
            if (!reader.Enter()) throw new ImageException("image config is null: expected an object");
            ImageConfig config = Read(ref reader);
            reader.End();
            return config;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ImageException($"image config is malformed: {e.Message}", e);
        }
    }

    private static ImageConfig Read(ref ConfigJson json)
    {
        DateTimeOffset? created = null;
        string? author = null, architecture = null, os = null, variant = null;
        ContainerDefaults? defaults = null;
        RootFs? rootFs = null;
        List<HistoryEntry>? history = null;
        while (json.NextMember())
        {
            if (json.Is("config"u8)) defaults = ReadDefaults(ref json);
            else if (json.Is("rootfs"u8)) rootFs = ReadRootFs(ref json);
            else if (json.Is("history"u8)) history = ReadHistory(ref json);
            else if (json.Is("architecture"u8)) architecture = json.String();
            else if (json.Is("os"u8)) os = json.String();
            else if (json.Is("variant"u8)) variant = json.String();
            else if (json.Is("created"u8)) created = json.Time();
            else if (json.Is("author"u8)) author = json.String();
            else json.Skip();
        }
        return new ImageConfig
        {
            Created = created,
            Author = author,
            Architecture = architecture ?? "",
            Os = os ?? "",
            Variant = variant,
            Config = defaults ?? new ContainerDefaults(),
            RootFs = rootFs ?? throw new ImageException("image config has no rootfs"),
            History = history,
        };
    }

    private static RootFs? ReadRootFs(ref ConfigJson json)
    {
        if (!json.Enter()) return null;
        string? type = null;
        List<string>? layers = null;
        while (json.NextMember())
        {
            if (json.Is("type"u8)) type = json.String();
            else if (json.Is("diff_ids"u8)) layers = json.Strings();
            else json.Skip();
        }
        if (type is not "layers") throw new ImageException(
            $"image config has rootfs.type \"{type}\": expected \"layers\"");
        // Go writes an image without layers with a null here.
        var diffIds = new Digest[layers?.Count ?? 0];
        for (int i = 0; i < diffIds.Length; i++) diffIds[i] = Digest.Parse(layers![i]);
        return new RootFs { DiffIds = diffIds };
    }

    private static List<HistoryEntry>? ReadHistory(ref ConfigJson json)
    {
        if (!json.EnterArray()) return null;
        List<HistoryEntry> history = [];
        while (json.NextObject())
        {
            DateTimeOffset? created = null;
            string? createdBy = null, author = null, comment = null;
            bool emptyLayer = false;
            while (json.NextMember())
            {
                if (json.Is("created_by"u8)) createdBy = json.String();
                else if (json.Is("created"u8)) created = json.Time();
                else if (json.Is("empty_layer"u8)) emptyLayer = json.Boolean();
                else if (json.Is("comment"u8)) comment = json.String();
                else if (json.Is("author"u8)) author = json.String();
                else json.Skip();
            }
            history.Add(new HistoryEntry
            {
                Created = created,
                CreatedBy = createdBy,
                Author = author,
                Comment = comment,
                EmptyLayer = emptyLayer,
            });
        }
        return history;
    }

    private static ContainerDefaults? ReadDefaults(ref ConfigJson json)
    {
        if (!json.Enter()) return null;
        string? user = null, workingDir = null, stopSignal = null;
        List<string>? env = null, entrypoint = null, cmd = null, onBuild = null, shell = null;
        Dictionary<string, EmptyObject>? ports = null, volumes = null;
        Dictionary<string, string>? labels = null;
        Healthcheck? healthcheck = null;
        bool argsEscaped = false;
        long? stopTimeout = null;
        while (json.NextMember())
        {
            if (json.Is("Env"u8)) env = json.Strings();
            else if (json.Is("Cmd"u8)) cmd = json.Strings();
            else if (json.Is("Entrypoint"u8)) entrypoint = json.Strings();
            else if (json.Is("WorkingDir"u8)) workingDir = json.String();
            else if (json.Is("User"u8)) user = json.String();
            else if (json.Is("ExposedPorts"u8)) ports = json.Set();
            else if (json.Is("Volumes"u8)) volumes = json.Set();
            else if (json.Is("Labels"u8)) labels = json.Map();
            else if (json.Is("StopSignal"u8)) stopSignal = json.String();
            else if (json.Is("StopTimeout"u8)) stopTimeout = json.Number();
            else if (json.Is("Healthcheck"u8)) healthcheck = ReadHealthcheck(ref json);
            else if (json.Is("ArgsEscaped"u8)) argsEscaped = json.Boolean();
            else if (json.Is("OnBuild"u8)) onBuild = json.Strings();
            else if (json.Is("Shell"u8)) shell = json.Strings();
            else json.Skip();
        }
        return new ContainerDefaults
        {
            User = user,
            ExposedPorts = ports,
            Env = env,
            Entrypoint = entrypoint,
            Cmd = cmd,
            ArgsEscaped = argsEscaped,
            Volumes = volumes,
            WorkingDir = workingDir,
            Labels = labels,
            StopSignal = stopSignal,
            StopTimeoutSeconds = (int?)stopTimeout,
            Healthcheck = healthcheck,
            OnBuild = onBuild,
            Shell = shell,
        };
    }

    private static Healthcheck? ReadHealthcheck(ref ConfigJson json)
    {
        if (!json.Enter()) return null;
        List<string>? test = null;
        long interval = 0, timeout = 0, startPeriod = 0, startInterval = 0, retries = 0;
        while (json.NextMember())
        {
            if (json.Is("Test"u8)) test = json.Strings();
            else if (json.Is("Interval"u8)) interval = json.Number();
            else if (json.Is("Timeout"u8)) timeout = json.Number();
            else if (json.Is("StartPeriod"u8)) startPeriod = json.Number();
            else if (json.Is("StartInterval"u8)) startInterval = json.Number();
            else if (json.Is("Retries"u8)) retries = json.Number();
            else json.Skip();
        }
        return new Healthcheck
        {
            Test = test,
            IntervalNs = interval,
            TimeoutNs = timeout,
            StartPeriodNs = startPeriod,
            StartIntervalNs = startInterval,
            Retries = (int)Math.Clamp(retries, 0, int.MaxValue),
        };
    }
}
