using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Copying;

/// <summary>
/// One end of a copy: a path on the host or in a container, and what Docker reads from how it is written.
/// </summary>
internal sealed class CopyPath
{
    private const int MaxLinks = 40; // As the kernel.

    private CopyPath(Fd root, string path, string given, string? container)
    {
        (Root, Path, Given, Container) = (root, path, given, container);
        Resolve = container is null ? ResolveFlags.None
            : ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_MAGICLINKS;
    }

    /// <summary>The root that the path begins at. Not owned.</summary>
    public Fd Root { get; }

    /// <summary>How paths are resolved below the root: in a container, nothing leads out of it.</summary>
    public ResolveFlags Resolve { get; }

    /// <summary>The path, absolute and cleaned.</summary>
    public string Path { get; }

    /// <summary>The path as it was given.</summary>
    public string Given { get; }

    /// <summary>The container as the user named it; null on the host.</summary>
    public string? Container { get; }

    /// <summary>Whether it says that a directory has to be there: it ends with <c>/</c> or <c>/.</c>.</summary>
    public bool AssertsDirectory => Given.EndsWith('/') || IsContent;

    /// <summary>Whether it means the content of a directory, and not that itself.</summary>
    public bool IsContent => Given == "." || Given.EndsWith("/.", StringComparison.Ordinal);

    /// <summary>The last component; <c>.</c> for the root.</summary>
    public string Name => Path == "/" ? "." : Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The path of the directory that it is in.</summary>
    public string Parent => Path.LastIndexOf('/') is > 0 and var slash ? Path[..slash] : "/";

    /// <summary>
    /// Splits <c>CONTAINER:PATH</c>; without a container it is a path of the host, and so is what begins with a slash
    /// or a dot.
    /// </summary>
    public static (string? Container, string Path) Split(string argument)
    {
        int colon = argument.IndexOf(':');
        return colon <= 0 || argument[0] is '/' or '.' ? (null, argument)
            : (argument[..colon], argument[(colon + 1)..]);
    }

    /// <summary>A path on the host, relative to the working directory.</summary>
    public static CopyPath OnHost(Fd hostRoot, string path) =>
        new(hostRoot, System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)), path, null);

    /// <summary>A path in a container, relative to its root.</summary>
    public static CopyPath InContainer(Fd root, string container, string path) => path.Length == 0
        ? throw new UsageException("bad parameter: path cannot be empty")
        : new(root, System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path, "/")), path,
            container);

    /// <summary>Opens what is there as a location (O_PATH), not followed when it is a symlink.</summary>
    public Errno TryLocate(out Fd? location) => TryOpen(Path, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW, out location);

    /// <summary>Opens a directory; symlinks are followed.</summary>
    public Errno TryOpenDirectory(string path, out Fd? directory) =>
        TryOpen(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, out directory);

    /// <summary>
    /// The path that remains when the symlink at its end is followed, and the next one; there need not be anything.
    /// </summary>
    public CopyPath FollowLinks()
    {
        CopyPath path = this;
        for (int links = 0; path.TryLocate(out Fd? location) == Errno.None; links++)
        {
            using (location)
            {
                if (!Files.Stat(location!).IsSymlink) break;
                if (links == MaxLinks) throw new LinuxException(Errno.ELOOP, "readlink", path.Path);
                string target = Encoding.UTF8.GetString(Files.ReadLink(location!));
                // Not cleaned: what .. means behind a symlink, the kernel knows.
                if (!target.StartsWith('/')) target = $"{path.Parent.TrimEnd('/')}/{target}";
                path = new CopyPath(Root, target.Length > 1 ? target.TrimEnd('/') : target, Given, Container);
            }
        }
        return path;
    }

    private Errno TryOpen(string path, OpenFlags flags, out Fd? fd)
    {
        string relative = path.Trim('/');
        return Files.TryOpenAt2(Root, relative.Length == 0 ? "." : relative, flags, 0, Resolve, out fd);
    }
}
