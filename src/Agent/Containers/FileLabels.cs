using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// Gives files of the host the SELinux label of a container, by descriptors only: others may be changing the tree
/// meanwhile, and no symlink in it is followed.
/// </summary>
internal static class FileLabels
{
    // Docker's list: with the label of a container, the host's own programs could no longer work there.
    private static readonly HashSet<string> s_refused =
    [
        "/", "/bin", "/boot", "/dev", "/etc", "/etc/passwd", "/etc/pki", "/etc/shadow", "/home", "/lib", "/lib64",
        "/media", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var", "/var/lib",
        "/var/log",
    ];

    /// <summary>Labels a file, or a directory and all in it, unless it is labelled so already.</summary>
    /// <param name="location">Of O_PATH, or open.</param>
    /// <param name="label">The container's own.</param>
    /// <param name="shared">For all containers: without its categories.</param>
    /// <exception cref="UsageException">It is a directory that the host cannot do without.</exception>
    public static void Apply(Fd location, string label, bool shared)
    {
        Files.TryReadLink($"/proc/self/fd/{location.Number}", out string path);
        if (IsRefused(path)) throw new UsageException(
            $"error setting label on mount source '{path}': SELinux relabeling of {path} is not allowed", 125);
        if (shared && SelinuxLabel.Parse(label) is { Level.Length: > 0 } own) label = $"{own with { Level = "s0" }}";
        // It comes last, so whatever has it is done.
        if (Xattrs.TryGet(location, Selinux.Attribute, out byte[] current) == Errno.None
            && Encoding.UTF8.GetString(current).TrimEnd('\0') == label) return;
        if (Files.Stat(location).IsDirectory)
        {
            using Fd directory = Files.OpenAt(location, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
            ApplyWithin(directory, Encoding.UTF8.GetBytes(label), path);
        }
        Set(location, label);
    }

    /// <summary>Labels a single file.</summary>
    public static void Set(string path, string label)
    {
        using Fd file = Files.Open(path, OpenFlags.O_PATH);
        Set(file, label);
    }

    /// <inheritdoc cref="Set(string, string)"/>
    public static void Set(Fd file, string label) =>
        Check(Xattrs.TrySet(file, Selinux.Attribute, Encoding.UTF8.GetBytes(label)), "fsetxattr", file.ToString());

    /// <summary>Whether the path is one of those that are never labelled.</summary>
    internal static bool IsRefused(string path) =>
        s_refused.Contains(path) || path == Environment.GetEnvironmentVariable("HOME")?.TrimEnd('/');

    private static void ApplyWithin(Fd directory, byte[] label, string path)
    {
        foreach (DirectoryEntry entry in Files.ListDirectory(directory))
        {
            string below = $"{path}/{entry.Name}";
            if (entry.Type is FileType.DT_DIR or FileType.DT_UNKNOWN) Enter(directory, entry.Name, label, below);
            string entryPath = $"/proc/self/fd/{directory.Number}/{entry.Name}";
            Check(Xattrs.TrySet(entryPath, Selinux.Attribute, label), "lsetxattr", below);
        }
    }

    private static void Enter(Fd parent, string name, byte[] label, string path)
    {
        Errno errno = Files.TryOpenAt(parent, name,
            OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, 0, out Fd? directory);
        if (errno is Errno.ENOTDIR or Errno.ELOOP) return; // Not one, or no longer.
        Check(errno, "openat", path);
        using (directory)
            if (directory is not null) ApplyWithin(directory, label, path);
    }

    // A filesystem without labels needs none, and what has gone meanwhile needs none any more.
    private static void Check(Errno errno, string call, string path)
    {
        if (errno is not (Errno.None or Errno.EOPNOTSUPP or Errno.ENOENT))
            throw new LinuxException(errno, call, path, $"error setting label on '{path}'");
    }
}
