using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// Which SELinux labels a container and its files get, by Docker's rules. The record keeps them; a start looks at
/// nothing else.
/// </summary>
internal static class SelinuxLabels
{
    // Whether containers are labelled is the host's choice, as with dockerd --selinux-enabled.
    private const string Variable = "SKIFF_SELINUX";
    private const int Categories = 1024, Attempts = 1000;

    // The files of containers without a label of their own.
    private const string Unconfined = "s0:c1022,c1023";

    /// <summary>Whether new containers get labels: the host wants it, and its kernel has SELinux.</summary>
    /// <exception cref="UsageException">The host's setting is neither yes nor no.</exception>
    public static bool IsOn => Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" or "0" or "false" => false,
        "1" or "true" => Selinux.IsEnabled,
        var other => throw new UsageException($"{Variable}: \"{other}\" is neither 1 nor 0", 125),
    };

    /// <summary>
    /// The configuration with its labels. Until the container's record is written the caller holds
    /// <paramref name="turn"/>, so that no other one gets the same categories.
    /// </summary>
    public static ContainerConfig Assign(ContainerConfig config, ContainerStore store, out Fd? turn)
    {
        turn = null;
        if (!IsOn) return config;
        SelinuxContexts contexts = SelinuxContexts.Read();
        string[] options = Options(config, store);
        SelinuxLabel process = contexts.Process, file = contexts.File;
        bool hasLevel = process.Level.Length > 0;
        if (options.Contains(SecuritySettings.Disable))
            return config with { MountLabel = $"{(hasLevel ? file with { Level = Unconfined } : file)}" };
        if (hasLevel && !options.Any(option => option.StartsWith("level:", StringComparison.Ordinal)))
        {
            turn = Lock(store);
            options = [$"level:{UniqueLevel(Taken(store))}", .. options];
        }
        foreach (string option in options) (process, file) = With(process, file, option);
        // As with docker, whatever label was asked for.
        return config with { ProcessLabel = config.Privileged ? "" : $"{process}", MountLabel = $"{file}" };
    }

    /// <summary>
    /// The label of layers under a container; empty for one without. Kernels before the middle of 2026 ask the policy
    /// about a layer's own file, too, when a program protects its memory (mprotect(2)): nothing of a container whose
    /// layers it may not read would start.
    /// </summary>
    public static string OfLayers(ContainerConfig config) =>
        config.MountLabel.Length > 0 ? $"{SelinuxContexts.Read().Layers}" : "";

    /// <summary>
    /// The label of layers, which those that are pulled from now on inherit from their directories, where new
    /// containers get labels.
    /// </summary>
    /// <param name="root">The durable state root.</param>
    public static string PrepareLayers(string root)
    {
        if (!IsOn) return "";
        string label = $"{SelinuxContexts.Read().Layers}";
        foreach (string name in (ReadOnlySpan<string>)["layers", "ingest"])
        {
            string directory = Path.Combine(root, name);
            Files.MakeDirectories(directory);
            FileLabels.Set(directory, label);
        }
        return label;
    }

    /// <summary>Refuses to start what would run without the labels that it was created with.</summary>
    /// <exception cref="UsageException">The host has no SELinux any more.</exception>
    public static void Check(ContainerConfig config)
    {
        if (config.MountLabel.Length > 0 && !Selinux.IsEnabled) throw new UsageException(
            $"container {config.Name} has the SELinux label {config.MountLabel}, but SELinux is not enabled on this "
            + "host: enable it, or create the container anew", 125);
    }

    /// <summary>
    /// The option that gives everything in a new filesystem of the container's its label, or nothing.
    /// </summary>
    public static string[] MountOption(ContainerConfig config) =>
        config.MountLabel.Length > 0 ? [$"context={config.MountLabel}"] : [];

    /// <summary>With one more <c>label=</c> option.</summary>
    internal static (SelinuxLabel Process, SelinuxLabel File) With(
        SelinuxLabel process, SelinuxLabel file, string option)
    {
        int colon = option.IndexOf(':');
        string value = option[(colon + 1)..];
        return (colon < 0 ? option : option[..colon]) switch
        {
            "user" => (process with { User = value }, file with { User = value }),
            "role" => (process with { Role = value }, file),
            "type" => (process with { Type = value }, file),
            "level" => (process with { Level = value }, file with { Level = value }),
            "filetype" => (process, file with { Type = value }),
            _ => (process, file),
        };
    }

    // What the user says, else what follows from the namespaces that the container shares.
    private static string[] Options(ContainerConfig config, ContainerStore store)
    {
        string[] asked = [.. SecuritySettings.AllOf(config, SecuritySettings.Label)];
        if (asked.Any(option => option != SecuritySettings.Nested)) return asked;
        if (config.Privileged || config.PidMode == "host" || config.IpcMode == "host")
            return [SecuritySettings.Disable];
        string ipc = LabelOf(config.IpcMode, store), pid = LabelOf(config.PidMode, store);
        if (ipc.Length > 0 && pid.Length > 0 && ipc != pid)
            throw new UsageException("--ipc and --pid containers SELinux labels aren't the same", 125);
        return SelinuxLabel.Parse(ipc.Length > 0 ? ipc : pid) is not { } label ? []
            : [$"user:{label.User}", $"role:{label.Role}", $"type:{label.Type}",
                .. label.Level.Length > 0 ? [$"level:{label.Level}"] : Array.Empty<string>()];
    }

    private static string LabelOf(string mode, ContainerStore store) => ContainerNamespaces.Joins(mode)
        ? store.TryRead(mode[ContainerNamespaces.Joining.Length..])?.ProcessLabel ?? "" : "";

    private static Fd Lock(ContainerStore store)
    {
        Files.MakeDirectories(store.Parent);
        Fd directory = Files.Open(store.Parent, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        Errno errno = Files.TryFlock(directory, exclusive: true, wait: true);
        if (errno == Errno.None) return directory;
        directory.Dispose();
        throw new LinuxException(errno, "flock", store.Parent, "choosing SELinux categories");
    }

    private static HashSet<string> Taken(ContainerStore store)
    {
        var taken = new HashSet<string> { Unconfined };
        foreach (ContainerConfig other in store.List())
            foreach (string label in (ReadOnlySpan<string>)[other.ProcessLabel, other.MountLabel])
                if (SelinuxLabel.Parse(label) is { } used) taken.Add(used.Level);
        return taken;
    }

    /// <summary>Two categories that are not taken together.</summary>
    /// <exception cref="UsageException">None were found.</exception>
    internal static string UniqueLevel(HashSet<string> taken)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            int a = Random.Shared.Next(Categories), b = Random.Shared.Next(Categories);
            string level = $"s0:c{Math.Min(a, b)},c{Math.Max(a, b)}";
            if (a != b && !taken.Contains(level)) return level;
        }
        throw new UsageException("no SELinux categories are left: remove containers, or give this one some by "
            + "--security-opt label=level:s0:cX,cY", 125);
    }
}
