using System.Globalization;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Volumes;

/// <summary>
/// Volumes that are mounted (<see cref="Volume.IsMounted"/>): at their data directory, where the host sees them too,
/// once, from the start of the first container that uses one to the end of the last. <c>RUNROOT/volumes/NAME/ID</c> is
/// there while container ID uses it, and names the process that has entered it; the entry of one without a directory in
/// the run root is nobody's. There is no count that a killed process could leave wrong.
/// </summary>
internal sealed class VolumeMounts(StateRoots roots)
{
    private const string LockName = "lock";

    private readonly string _users = Path.Combine(roots.RunRoot, "volumes");

    /// <summary>Mounts it unless it is mounted, and remembers the user.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="data">Its data directory.</param>
    /// <param name="id">The container; <see cref="Leave"/> has to follow, also after a failure.</param>
    /// <exception cref="LinuxException">The kernel refused the mount.</exception>
    public void Enter(Volume volume, string data, string id)
    {
        using Fd turn = Lock(volume.Name);
        if (!Files.Exists(data)) throw new UsageException($"get {volume.Name}: no such volume", 125);
        // The entry comes first: after a crash somebody finds it and looks what is mounted.
        AtomicFile.Replace(
            Path.Combine(_users, volume.Name, id), ProcessText.Of(Environment.ProcessId), durable: false);
        if (!IsMountPoint(data) && !TryShare(volume.Name, data, id)) Mount(volume, data);
    }

    /// <summary>The container uses it no more: unmounts it after the last one. Idempotent.</summary>
    public void Leave(string name, string data, string id)
    {
        string entry = Path.Combine(_users, name, id);
        if (!Files.Exists(entry)) return;
        using Fd turn = Lock(name);
        Files.TryUnlinkAt(Fd.Cwd, entry);
        UnmountIfUnused(name, data);
    }

    /// <summary>Unmounts what no container uses, after crashes.</summary>
    /// <param name="dataOf">The data directory of a volume.</param>
    public void Release(Func<string, string> dataOf)
    {
        Files.TryListDirectory(_users, out List<string> names);
        foreach (string name in names)
        {
            using Fd turn = Lock(name);
            UnmountIfUnused(name, dataOf(name));
        }
    }

    /// <summary>
    /// Keeps everybody from mounting a volume that is about to be removed, and unmounts it, until the result is
    /// disposed of.
    /// </summary>
    public Fd Withdraw(string name, string data)
    {
        Fd turn = Lock(name);
        try
        {
            Unmount(data);
            Trees.Remove(Path.Combine(_users, name));
            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Mounts it unless it is mounted, in a mount namespace that ends with the caller's work: for looking at it while
    /// no container has it.
    /// </summary>
    public static void MountPrivately(Volume volume, string data)
    {
        if (!IsMountPoint(data)) Mount(volume, data);
    }

    private static void Mount(Volume volume, string data)
    {
        string type = volume.Option("type");
        MountOptions options = VolumeOptions.Parse(volume.Option("o"));
        string doing = $"error while mounting volume '{volume.Name}': failed to mount local volume";
        try
        {
            string device = VolumeOptions.Resolve(type, volume.Option("device"), options.Data);
            using Fd tree = options.IsBind ? Mounts.CloneTree(Fd.Cwd, device, options.IsRecursive)
                // Read-only is the filesystem too: there may be no other way to mount it.
                : Mounts.CreateFilesystem(type, [.. device.Length > 0 ? [$"source={device}"] : Array.Empty<string>(),
                    .. options.Data,
                    .. (options.Set & MountConstants.MOUNT_ATTR_RDONLY) != 0 ? ["ro"] : Array.Empty<string>()], 0);
            options.ApplyTo(tree);
            Mounts.Attach(tree, data);
        }
        catch (LinuxException e)
        {
            string? secret = options.Data.Find(option => option.StartsWith("password=", StringComparison.Ordinal));
            throw secret is null ? e.While(doing)
                : new UsageException($"{doing}: {e.Message.Replace(secret, "password=********")}", 125);
        }
    }

    // Another mount namespace may have it: each process of a rootless user has one of its own.
    private bool TryShare(string name, string data, string id)
    {
        bool isUsed = false;
        using Fd here = Files.Open(data, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        FileStatus unmounted = Files.Stat(here);
        Files.TryReadLink($"/proc/self/fd/{here.Number}", out string path);
        foreach (string user in UsersOf(name))
        {
            if (user == id) continue;
            isUsed = true;
            using PidFd? process = TryOpen(Path.Combine(_users, name, user));
            if (process is null) continue;
            using Fd tree = ProcessMounts.Clone(process, path[1..]);
            FileStatus status = Files.Stat(tree);
            // Somebody has unmounted it by hand: then it is mounted anew.
            if ((status.DevMajor, status.DevMinor, status.Ino)
                == (unmounted.DevMajor, unmounted.DevMinor, unmounted.Ino)) return false;
            Mounts.Attach(tree, data);
            return true;
        }
        return isUsed ? throw new UsageException($"volume {name} is mounted for other containers in a mount namespace "
            + "that is closed: their monitor was killed: restart them first", 125) : false;
    }

    private static PidFd? TryOpen(string entry) =>
        Files.TryReadAllBytes(Fd.Cwd, entry, out byte[] bytes) == Errno.None ? ProcessText.TryOpen(bytes, out _) : null;

    private void UnmountIfUnused(string name, string data)
    {
        if (UsersOf(name).Any()) return;
        Unmount(data);
        Trees.Remove(Path.Combine(_users, name));
    }

    private IEnumerable<string> UsersOf(string name)
    {
        Files.TryListDirectory(Path.Combine(_users, name), out List<string> entries);
        return entries.Where(id => id != LockName && Files.Exists(Path.Combine(roots.RunRoot, "containers", id)));
    }

    // Containers have copies of the mount, which go with their own namespaces; nobody who looks at it on the host keeps
    // it from going. Not asked before whether it is there: a server that is gone may never answer.
    private static void Unmount(string data)
    {
        Errno errno;
        do errno = Mounts.TryUnmount(data, detach: true);
        while (errno == Errno.None);
        if (errno is not (Errno.EINVAL or Errno.ENOENT)) throw new LinuxException(errno, "umount2", data);
    }

    private static bool IsMountPoint(string path) =>
        Files.TryStatAt(Fd.Cwd, path, AtFlags.AT_SYMLINK_NOFOLLOW, out FileStatus status) == Errno.None
        && status.IsMountRoot;

    // The directory goes with its last user, so the lock is only good if it is still the one that others find.
    private Fd Lock(string name)
    {
        string directory = Path.Combine(_users, name), path = Path.Combine(directory, LockName);
        while (true)
        {
            Files.MakeDirectories(directory, 0x1C0);
            Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180, out Fd? held);
            if (errno == Errno.ENOENT) continue;
            if (errno == Errno.None) errno = Files.TryFlock(held!, exclusive: true, wait: true);
            if (errno != Errno.None)
            {
                held?.Dispose();
                throw new LinuxException(errno, "flock", path);
            }
            if (Files.TryStatAt(Fd.Cwd, path, AtFlags.None, out FileStatus there) == Errno.None
                && there.Ino == Files.Stat(held!).Ino) return held!;
            held!.Dispose();
        }
    }
}
