using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Volumes;

/// <summary><c>volume-subpath</c> and <c>image-subpath</c>: what is mounted in the place of the whole.</summary>
internal static class Subpath
{
    /// <summary>Whether a path is a relative one that does not say to leave the directory it begins in.</summary>
    public static bool IsLocal(string path)
    {
        if (path.Length == 0 || path[0] == '/') return false;
        int depth = 0;
        foreach (string name in path.Split('/'))
        {
            depth += name switch { "" or "." => 0, ".." => -1, _ => 1 };
            if (depth < 0) return false;
        }
        return true;
    }

    /// <summary>
    /// What is there, as a location (O_PATH): whoever mounts it mounts what was found, whatever others exchange
    /// meanwhile. Symlinks are followed with <paramref name="root"/> as their root, so none leads out.
    /// </summary>
    /// <param name="root">The volume's or image's files.</param>
    /// <param name="path">See <see cref="IsLocal"/>.</param>
    /// <param name="what">Its option and owner, for the error.</param>
    /// <exception cref="UsageException">There is nothing, or the way to it cannot be gone.</exception>
    public static Fd Open(Fd root, string path, string what)
    {
        Errno errno = Files.TryOpenAt2(root, path, OpenFlags.O_PATH, 0,
            ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_MAGICLINKS, out Fd? location);
        return errno == Errno.None ? location! : throw new UsageException(
            $"{what}: cannot access path {path}: openat2: {ErrnoText.Of(errno)}"
            + (errno == Errno.ENOENT ? "; it has to be there before the start" : ""), 125);
    }
}
