using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Cli;

/// <summary>
/// What <c>run</c> and <c>create</c> share: flags to configuration, image on hand or pulled, record written.
/// </summary>
internal static class Creation
{
    /// <summary>Creates the container that the arguments describe.</summary>
    public static ContainerConfig Create(Engine engine, ParsedArguments arguments)
    {
        CheckHost();
        ContainerConfig asked = ContainerOptions.Read(arguments, ContainerStore.NewId());
        // Until the container's record names the image, nothing else keeps it from being removed.
        using StoreLock hold = engine.Images.Hold();
        Image image =
            FindOrPull(engine, asked.Image, arguments.Value("pull") ?? "missing", arguments.Value("platform"),
                arguments.Flag("quiet"));
        ContainerConfig config = engine.Create(asked, arguments.Value("entrypoint"), image);
        if (arguments.Value("cidfile") is { } path) WriteIdFile(engine, config, path);
        return config;
    }

    /// <summary>Refuses early and plainly what cannot work: no root, no cgroup v2.</summary>
    public static void CheckHost()
    {
        if (System.Environment.IsPrivilegedProcess == false)
            throw new UsageException("containers need root: run skiff as root (sudo skiff ...)", 125);
        if (CgroupHierarchy.TryDetect("/sys/fs/cgroup", out string problem) is null)
            throw new UsageException(problem, 125);
    }

    private static Image FindOrPull(Engine engine, string name, string policy, string? platform, bool quiet)
    {
        if (policy != "always" && engine.Images.Find(name) is { } image) return image;
        if (policy == "never") throw new UsageException($"No such image: {name}", 125);
        if (policy is not ("always" or "missing")) throw new UsageException(
            $"invalid --pull option: {policy}: must be one of always, missing, never", 125);
        if (policy == "missing" && !quiet) Output.Error($"Unable to find image '{name}' locally");
        return Pulling.Pull(engine, name, platform, quiet, toError: true);
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
