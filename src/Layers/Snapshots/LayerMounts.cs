using Skiff.Interop;
using Skiff.Interop.Mounts;
using static Skiff.Interop.Mounts.MountConstants;
using Skiff.Layers.Erofs;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// EROFS mounts of layers, each once per host at <c>RUNROOT/layers/HEX</c>. What callers get is the directory
/// <c>fs</c> inside: it exists exactly while the layer is mounted, so asking for it is the whole fast path, and an
/// overlay over a layer that was unmounted in between fails with ENOENT where it would otherwise show an empty
/// directory.
/// <para>
/// <c>RUNROOT/layers</c> is itself a bind mount with private propagation while anything is mounted below it. Under
/// systemd everything is shared by default: without it, every layer mount would also appear, and stay, in each
/// mount namespace that is a peer.
/// </para>
/// </summary>
internal sealed class LayerMounts(string runRoot, LayerStore store, string label)
{
    private readonly string _directory = Path.Combine(runRoot, "layers");

    /// <summary>Mounts what is not mounted yet. Takes a lock only then.</summary>
    internal List<string> Mount(IReadOnlyList<Digest> diffIds)
    {
        var paths = new List<string>(diffIds.Count);
        FileLock? held = null;
        try
        {
            for (int i = 0; i < diffIds.Count; i++)
            {
                if (LayerStore.ComesAgain(diffIds, i)) continue;
                string path = TreeOf(diffIds[i]);
                paths.Add(path);
                if (Files.Exists(path)) continue;
                held ??= LockAndPrepare();
                if (!Files.Exists(path)) MountLayer(diffIds[i]);
            }
        }
        finally
        {
            held?.Dispose();
        }
        return LayerStore.Visible(paths);
    }

    /// <summary>Unmounts all but the named ones, and with the last one the private bind mount.</summary>
    internal void Release(IReadOnlySet<Digest> inUse)
    {
        if (!Files.Exists(_directory)) return;
        using FileLock held = Lock();
        int left = 0;
        foreach (string name in LayerStore.Names(_directory))
        {
            if (Digest.TryParse("sha256:" + name, out Digest diffId) && inUse.Contains(diffId)) left++;
            else UnmountAt(Path.Combine(_directory, name));
        }
        if (left == 0) UnmountAll(_directory);
    }

    internal void Unmount(Digest diffId)
    {
        if (!Files.Exists(PointOf(diffId))) return;
        using FileLock held = Lock();
        UnmountAt(PointOf(diffId));
    }

    private string PointOf(Digest diffId) => Path.Combine(_directory, diffId.Hex);

    private string TreeOf(Digest diffId) => Path.Combine(_directory, diffId.Hex, ErofsPlan.TreeName);

    private FileLock Lock()
    {
        Fd fd = Files.Open(Path.Combine(runRoot, "layers.lock"), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);
        return FileLock.Take(fd, fd.ToString());
    }

    private FileLock LockAndPrepare()
    {
        Files.MakeDirectories(_directory, 0x1C0);
        FileLock held = Lock();
        try
        {
            if (!IsMountPoint()) MakePrivate();
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A walk that may not cross mounts says EXDEV at one, a bind mount of the directory onto itself included.
    /// </summary>
    private bool IsMountPoint()
    {
        using Fd parent = Files.Open(runRoot, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        Errno errno = Files.TryOpenAt2(parent, "layers", OpenFlags.O_PATH, 0, ResolveFlags.RESOLVE_NO_XDEV, out Fd? fd);
        fd?.Dispose();
        return errno == Errno.EXDEV;
    }

    private void MakePrivate()
    {
        Check(Mounts.TryMount(_directory, _directory, "", MS_BIND), _directory);
        Check(Mounts.TryMount("", _directory, "", MS_PRIVATE), _directory);
    }

    private void MountLayer(Digest diffId)
    {
        string point = PointOf(diffId);
        if (!store.Contains(diffId))
            throw LayerStore.Missing(diffId);
        Errno errno = Files.TryMkdirAt(Fd.Cwd, point, 0x1C0);
        if (errno is not (Errno.None or Errno.EEXIST)) throw new LinuxException(errno, "mkdir", point);
        try
        {
            ErofsMount.Attach(store.Locate(diffId), ErofsSnapshotter.Image, ErofsSnapshotter.Tar, point, label);
        }
        catch (LinuxException e)
        {
            Files.TryUnlinkAt(Fd.Cwd, point, directoryEntry: true);
            throw e.While($"cannot mount layer {diffId}");
        }
    }

    private static void UnmountAt(string point)
    {
        UnmountAll(point);
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, point, directoryEntry: true);
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "rmdir", point);
    }

    /// <summary>
    /// Detaches what is mounted at a path, however often. Overlays keep their own clones of the layers' mounts, so
    /// running containers do not notice, and a layer that is still used goes with its last user.
    /// </summary>
    private static void UnmountAll(string point)
    {
        Errno errno;
        do errno = Mounts.TryUnmount(point, detach: true);
        while (errno == Errno.None);
        if (errno is not (Errno.EINVAL or Errno.ENOENT)) throw new LinuxException(errno, "umount2", point);
    }

    private static void Check(Errno errno, string path)
    {
        if (errno != Errno.None) throw new LinuxException(errno, "mount", path);
    }
}
