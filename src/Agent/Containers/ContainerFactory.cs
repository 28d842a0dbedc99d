using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Layers.Oci;
using OciDefaults = Skiff.Layers.Oci.ContainerDefaults;

namespace Skiff.Agent.Containers;

/// <summary>Merges what the user asked for with what the image says, by Docker's rules.</summary>
internal static class ContainerFactory
{
    /// <summary>
    /// The record of a new container. In <paramref name="asked"/> are the flags alone: empty or null means that the
    /// image decides.
    /// </summary>
    /// <param name="asked">Flags; <see cref="ContainerConfig.Args"/> is the command behind the image's name.</param>
    /// <param name="entrypoint"><c>--entrypoint</c>: null keeps the image's, an empty one clears it.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="UsageException">Neither user nor image names a command.</exception>
    public static ContainerConfig Merge(ContainerConfig asked, string[]? entrypoint, ImageConfig image)
    {
        OciDefaults defaults = image.Config;
        string[] point = entrypoint ?? [.. defaults.Entrypoint ?? []];
        // With an entrypoint of the user's, the image's command no longer fits.
        string[] command = asked.Args.Length > 0 ? asked.Args : entrypoint is null ? [.. defaults.Cmd ?? []] : [];
        string[] args = [.. point, .. command];
        if (args.Length == 0) throw new UsageException("no command specified", 125);
        string[] exposed = [.. asked.ExposedPorts.Union(defaults.ExposedPorts?.Keys ?? Enumerable.Empty<string>())];
        return asked with
        {
            Args = args,
            Entrypoint = point,
            Cmd = command,
            DiffIds = [.. image.RootFs.DiffIds.Select(d => d.ToString())],
            Env = [.. EnvironmentList.Merge(defaults.Env ?? [], asked.Env)],
            WorkingDir = WorkingDir(asked.WorkingDir, defaults.WorkingDir),
            User = asked.User.Length > 0 ? asked.User : defaults.User ?? "",
            Hostname = asked.Hostname.Length > 0 ? asked.Hostname
                : asked.NetworkMode == "host" ? Skiff.Interop.Uname.Current.NodeName : asked.Id[..12],
            Labels = MergeLabels(defaults.Labels, asked.Labels),
            Healthcheck = MergeHealth(asked.Healthcheck, defaults.Healthcheck),
            Shell = asked.Shell.Length > 0 ? asked.Shell : [.. defaults.Shell ?? []],
            StopSignal = asked.StopSignal.Length > 0 ? asked.StopSignal : defaults.StopSignal ?? "SIGTERM",
            StopTimeoutSeconds = asked.StopTimeoutSeconds >= 0 ? asked.StopTimeoutSeconds : defaults.StopTimeoutSeconds
                ?? 10,
            ExposedPorts = [.. exposed.Union(asked.Ports.SelectMany(PortMapping.Parse)
                .Select(port => $"{port.ContainerPort}/{port.ProtocolName}"))],
            Ports = asked.PublishAllPorts ? [.. asked.Ports, .. exposed.Where(port => !Publishes(asked.Ports, port))]
                : asked.Ports,
            Mounts = MergeMounts(asked.Mounts, defaults.Volumes?.Keys),
        };
    }

    /// <summary>What an image made of the container asks for: the way back of <see cref="Merge"/>.</summary>
    /// <param name="config">The container.</param>
    /// <param name="image">Its image, for what a container does not keep.</param>
    public static OciDefaults Defaults(ContainerConfig config, OciDefaults image) => image with
    {
        User = config.User,
        ExposedPorts = config.ExposedPorts.ToDictionary(port => port, _ => EmptyObject.Instance),
        Env = config.Env,
        Entrypoint = config.Entrypoint.Length > 0 ? config.Entrypoint : null,
        Cmd = config.Cmd.Length > 0 ? config.Cmd : null,
        WorkingDir = config.WorkingDir == "/" ? image.WorkingDir : config.WorkingDir,
        Labels = config.Labels,
        Healthcheck = config.Healthcheck ?? image.Healthcheck,
        StopSignal = config.StopSignal == "SIGTERM" ? image.StopSignal : config.StopSignal,
        StopTimeoutSeconds = config.StopTimeoutSeconds == 10 ? image.StopTimeoutSeconds : config.StopTimeoutSeconds,
        OnBuild = null,
    };

    private static bool Publishes(string[] ports, string exposed) => Array.Exists(ports, port =>
        (port.Contains('/') ? port : port + "/tcp") is var published
        && (published == exposed || published.EndsWith(":" + exposed, StringComparison.Ordinal)));

    /// <summary>
    /// A health check of which each part that the user did not name is the image's. Nothing is left of a check that is
    /// switched off.
    /// </summary>
    public static Healthcheck? MergeHealth(Healthcheck? asked, Healthcheck? image)
    {
        Healthcheck check = asked is null ? image ?? new Healthcheck() : asked with
        {
            Test = asked.Test ?? image?.Test,
            IntervalNs = asked.IntervalNs != 0 ? asked.IntervalNs : image?.IntervalNs ?? 0,
            TimeoutNs = asked.TimeoutNs != 0 ? asked.TimeoutNs : image?.TimeoutNs ?? 0,
            StartPeriodNs = asked.StartPeriodNs != 0 ? asked.StartPeriodNs : image?.StartPeriodNs ?? 0,
            StartIntervalNs = asked.StartIntervalNs != 0 ? asked.StartIntervalNs : image?.StartIntervalNs ?? 0,
            Retries = asked.Retries != 0 ? asked.Retries : image?.Retries ?? 0,
        };
        return check.Test is null or [] or ["NONE", ..] ? null : check;
    }

    private static string WorkingDir(string asked, string? image)
    {
        string path = asked.Length > 0 ? asked : string.IsNullOrEmpty(image) ? "/" : image;
        return path.StartsWith('/') ? path : "/" + path;
    }

    private static Dictionary<string,
        string> MergeLabels(Dictionary<string, string>? image, Dictionary<string, string> asked)
    {
        var labels = image is null ? [] : new Dictionary<string, string>(image);
        foreach (var (key, value) in asked) labels[key] = value;
        return labels;
    }

    // A volume that the image declares is made anonymously, unless the user mounts something there.
    private static Mount[] MergeMounts(Mount[] asked, IEnumerable<string>? declared)
    {
        var mounts = new List<Mount>();
        foreach (Mount mount in asked)
            mounts.Add(mount is { Type: "volume", Source: "" }
                ? mount with { Source = ContainerStore.NewId(), Anonymous = true } : mount);
        foreach (string path in declared ?? [])
        {
            string target = path.Length > 1 ? path.TrimEnd('/') : path;
            if (!mounts.Exists(m => m.Target == target))
                mounts.Add(new Mount("volume", ContainerStore.NewId(), target, Anonymous: true));
        }
        return [.. mounts];
    }
}
