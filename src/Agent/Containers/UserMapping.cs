using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// The ids of a container with a user namespace of its own. What is on disk has the ids that the container sees: its
/// layers, upper directory and volumes are mounted with the map. What is made for one start (/dev, tmpfs, stdio, the
/// files of /etc) belongs to the container's root from the beginning.
/// </summary>
internal sealed class UserMapping : IDisposable
{
    private Fd? _namespace;

    private UserMapping(IdMap users, IdMap groups) => (Users, Groups) = (users, groups);

    /// <summary>User ids.</summary>
    public IdMap Users { get; }

    /// <summary>Group ids.</summary>
    public IdMap Groups { get; }

    /// <summary>The container's root, as the host numbers it.</summary>
    public uint RootUid => Users.Outside(0)!.Value;

    /// <summary>The group of <see cref="RootUid"/>.</summary>
    public uint RootGid => Groups.Outside(0)!.Value;

    /// <summary>A namespace with these maps, for mounts; not the one that the container runs in.</summary>
    public Fd Namespace => _namespace ??= UserNamespace.Create(Users, Groups);

    /// <summary>The container's; null when its ids are the host's.</summary>
    public static UserMapping? Of(ContainerConfig config) =>
        config.UidMap.Length == 0 ? null : new UserMapping(IdMap.Parse(config.UidMap), IdMap.Parse(config.GidMap));

    /// <summary>Gives an open file to the container's root.</summary>
    public void Own(Fd file) => Own(file, RootGid);

    /// <summary>The same for a terminal, which stays with its group.</summary>
    public void OwnTerminal(Fd terminal) => Own(terminal, uint.MaxValue);

    /// <summary>Gives what is in a directory that was just made, and the directory, to the container's root.</summary>
    public void OwnTree(Fd directory)
    {
        using (Fd readable = Files.OpenAt(directory, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY))
            foreach (DirectoryEntry entry in Files.ListDirectory(readable))
                Check(Files.TryChownAt(directory, entry.Name, RootUid, RootGid), directory);
        Own(directory);
    }

    /// <summary>Makes a detached mount show the container's ids. EINVAL: its filesystem cannot.</summary>
    public void Apply(Fd mount) => Mounts.SetIdMap(mount, Namespace, recursive: false);

    /// <inheritdoc/>
    public void Dispose() => _namespace?.Dispose();

    private void Own(Fd file, uint group) =>
        Check(Files.TryChownAt(file, "", RootUid, group, AtFlags.AT_EMPTY_PATH), file);

    private static void Check(Errno errno, Fd file)
    {
        if (errno != Errno.None) throw new LinuxException(errno, "fchownat", file.ToString(),
            "giving it to the container's root");
    }
}
