using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Oci;

/// <summary>
/// Where the runtime keeps what it must know of a container between its invocations: <c>ROOT/ID/</c> with state.json, a
/// copy of config.json and, until the container is started, exec.fifo.
/// </summary>
/// <param name="Root">--root.</param>
/// <param name="SystemdCgroup">--systemd-cgroup: cgroupsPath is SLICE:PREFIX:NAME.</param>
/// <param name="Log">--log.</param>
internal sealed record OciRuntime(string Root, bool SystemdCgroup, RuntimeLog Log)
{
    private const int LongestId = 1024;
    private const uint DirectoryMode = 0x1C0;
    private const string Unnamed = ".new-";

    /// <summary>The container's directory.</summary>
    /// <exception cref="UsageException">The name is none for a container.</exception>
    public string Directory(string id) => Path.Combine(Root, Checked(id));

    /// <summary>The container, as it is now.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public OciContainer Open(string id)
    {
        string directory = Directory(id);
        return TryOpen(directory) ?? throw new UsageException($"container \"{id}\" does not exist");
    }

    /// <summary>All containers, by name.</summary>
    public IEnumerable<OciContainer> List()
    {
        Errno errno = Files.TryListDirectory(Root, out List<string> names);
        if (errno == Errno.ENOENT) yield break;
        if (errno != Errno.None) throw new LinuxException(errno, "open", Root, "listing containers");
        names.Sort(StringComparer.Ordinal);
        foreach (string name in names)
            if (name[0] != '.' && TryOpen(Path.Combine(Root, name)) is { } container) yield return container;
    }

    /// <summary>A directory for a container that has no name yet; those of processes that were killed go.</summary>
    public string NewDirectory()
    {
        Files.MakeDirectories(Root, DirectoryMode);
        if (Files.TryListDirectory(Root, out List<string> names) == Errno.None)
            foreach (string name in names)
                if (name.StartsWith(Unnamed, StringComparison.Ordinal)
                    && !Files.Exists($"/proc/{name.AsSpan(Unnamed.Length)}")) Trees.Remove(Path.Combine(Root, name));
        string directory = Path.Combine(Root, $"{Unnamed}{Environment.ProcessId}");
        Errno errno = Files.TryMkdirAt(Fd.Cwd, directory, DirectoryMode);
        return errno == Errno.None ? directory
            : throw new LinuxException(errno, "mkdirat", directory, "creating a container");
    }

    private static OciContainer? TryOpen(string directory)
    {
        ContainerRecord? record = ContainerRecord.TryRead(directory);
        // A create that was killed leaves a directory at most; the next one of that name clears it away.
        return record is null || record.IsAbandoned(directory) ? null : new OciContainer(directory, record);
    }

    private static string Checked(string id)
    {
        bool valid = id.Length is > 0 and <= LongestId && id[0] != '.';
        foreach (char c in id) valid &= char.IsAsciiLetterOrDigit(c) || c is '_' or '+' or '-' or '.';
        return valid ? id : throw new UsageException(
            $"invalid container ID \"{id}\": letters, digits and _ + - . are allowed, a dot not in front");
    }
}
