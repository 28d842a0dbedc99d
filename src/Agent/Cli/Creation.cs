using Skiff.Agent.Cli.Progress;
using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli;

/// <summary>
/// What <c>run</c> and <c>create</c> share: flags to configuration, image on hand or pulled, record written.
/// </summary>
internal static class Creation
{
    private const int PullAttempts = 3;

    /// <summary>Creates the container that the arguments describe.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="arguments">Flags, image and command.</param>
    /// <param name="start">Starts it, before anybody who prunes can take it for a stopped one.</param>
    public static ContainerConfig Create(
        Engine engine, ParsedArguments arguments, Action<ContainerConfig>? start = null)
    {
        CheckHost();
        ContainerConfig asked = ContainerOptions.Read(arguments, ContainerStore.NewId());
        using StoreLock hold = HoldWithImage(engine, asked.Image, arguments, out Image image);
        MountFlags.MakeSources(arguments);
        ContainerConfig config = engine.Create(asked, arguments.Value("entrypoint") switch
        {
            null => null, "" => [], var one => [one],
        }, image);
        if (RootlessMode.IsOn && ContainerLimits.AreDiscarded(config))
            Output.Error($"WARNING: {ContainerLimits.Discarded}");
        if (arguments.Value("cidfile") is { Length: > 0 } path) WriteIdFile(engine, config, path);
        start?.Invoke(config);
        return config;
    }

    /// <summary>Refuses early and plainly what cannot work: no cgroup v2.</summary>
    public static void CheckHost()
    {
        if (!RootlessMode.IsOn && CgroupHierarchy.TryDetect("/sys/fs/cgroup", out string problem) is null)
            throw new UsageException(problem, 125);
    }

    // Holds the store with the image in it: until the container's record names it, nothing else keeps it from being
    // removed. A pull may have to make room and holds the store itself, so that somebody may remove the image right
    // after it.
    private static StoreLock HoldWithImage(Engine engine, string name, ParsedArguments arguments, out Image image)
    {
        string policy = arguments.Value("pull") is { Length: > 0 } given ? given : "missing";
        if (policy is not ("always" or "missing" or "never")) throw new UsageException(
            $"invalid --pull option: {policy}: must be one of always, missing, never", 125);
        Platform? platform = arguments.Value("platform") is { Length: > 0 } text ? Platform.Parse(text) : null;
        ProgressView view = ProgressView.Of(arguments, toError: true);
        if (policy == "always") Pull();
        for (int attempt = 0; ; attempt++)
        {
            StoreLock hold = engine.Images.Hold();
            try
            {
                if (engine.Images.Find(name) is { } found && (platform?.Suits(found.Platform) ?? 1) > 0)
                {
                    image = found;
                    return hold;
                }
            }
            catch
            {
                hold.Dispose();
                throw;
            }
            hold.Dispose();
            if (policy == "never" || attempt == PullAttempts)
                throw new UsageException($"No such image: {name}{(platform is null ? "" : $" for {platform}")}", 125);
            if (policy == "missing" && view.IsText)
                Output.Error($"Unable to find image '{name}' locally");
            Pull();
        }

        void Pull() => Pulling.Pull(engine, Reference.Parse(name), arguments.Value("platform"), view);
    }

    private static void WriteIdFile(Engine engine, ContainerConfig config, string path)
    {
        Errno errno =
            Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x1A4,
                out Fd? file);
        if (errno == Errno.None)
        {
            using (file) Files.WriteAll(file!, System.Text.Encoding.ASCII.GetBytes(config.Id));
            return;
        }
        engine.Remove(config, force: true, withVolumes: true);
        throw errno == Errno.EEXIST
            ? new UsageException(
            $"container ID file found, make sure the other container isn't running or delete {path}", 125)
            : new LinuxException(errno, "openat", path, "writing the container ID file");
    }
}
