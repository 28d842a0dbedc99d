using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Containers;

/// <summary>
/// Paths inside a container's root, resolved by the kernel with that root as the boundary (openat2 RESOLVE_IN_ROOT): no
/// symlink
/// of the image leads out of it.
/// </summary>
internal static class RootTree
{
    private const int MaxLinks = 40;
    private const ResolveFlags Inside = ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_MAGICLINKS;

    /// <summary>Opens a path as a location (O_PATH); the errno says why not.</summary>
    public static Errno TryLocate(Fd root, string path, out Fd? location) =>
        Files.TryOpenAt2(root, Relative(path), OpenFlags.O_PATH, 0, Inside, out location);

    /// <summary>
    /// Makes sure that a directory is there, with missing parents (mode 0755, root); where a symlink is in its place,
    /// at what the symlink names inside.
    /// </summary>
    public static void EnsureDirectory(Fd root, string path)
    {
        if (IsDirectory(root, path)) return;
        path = Aim(root, path);
        string relative = Relative(path);
        int slash = relative.LastIndexOf('/');
        string parent = slash < 0 ? "." : relative[..slash];
        if (parent != ".") EnsureDirectory(root, parent);
        using Fd directory = Files.OpenAt2(root, parent, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, 0, Inside);
        Errno errno = Files.TryMkdirAt(directory, relative[(slash + 1)..], 0x1ED);
        if (errno == Errno.EEXIST && !IsDirectory(root, path))
            throw new UsageException($"{path} in the container is not a directory", 125);
        if (errno is not (Errno.None or Errno.EEXIST)) throw new LinuxException(errno, "mkdirat", path,
            "preparing the container's root");
    }

    /// <summary>As <see cref="EnsureDirectory"/>, for a file to mount on.</summary>
    public static void EnsureFile(Fd root, string path)
    {
        if (TryLocate(root, path, out Fd? existing) == Errno.None)
        {
            existing!.Dispose();
            return;
        }
        path = Aim(root, path);
        string relative = Relative(path);
        int slash = relative.LastIndexOf('/');
        string parent = slash < 0 ? "." : relative[..slash];
        if (parent != ".") EnsureDirectory(root, parent);
        Files.OpenAt2(root, relative, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW, 0x1A4,
            Inside).Dispose();
    }

    // Where the symlinks at the end of a path lead that names nothing yet, as images have for /etc/resolv.conf.
    private static string Aim(Fd root, string path)
    {
        for (int i = 0; i < MaxLinks; i++)
        {
            if (Files.TryOpenAt2(root, Relative(path), OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW, 0, Inside,
                out Fd? place) != Errno.None) return path;
            using (place)
                if (Files.TryReadLinkAt(place!, "", out string target) != Errno.None) return path;
                else path = Path.Combine("/", Path.GetDirectoryName(path) ?? "", target);
        }
        throw new UsageException($"{path} in the container leads through too many symlinks", 125);
    }

    private static bool IsDirectory(Fd root, string path)
    {
        Errno errno =
            Files.TryOpenAt2(root, Relative(path), OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, 0, Inside, out Fd? fd);
        fd?.Dispose();
        return errno == Errno.None;
    }

    private static string Relative(string path)
    {
        string relative = path.Trim('/');
        return relative.Length == 0 ? "." : relative;
    }
}
