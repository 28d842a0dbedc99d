using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Skiff.Interop;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// An archive of images whose images are there besides, and which is only read. What it takes to use them is made of it
/// once: a state root below the own one, <c>ROOT/preloaded/NAME</c>, which then counts as a preloaded one. Its name
/// tells which archive, in which state, and for which form of layers.
/// </summary>
public sealed record PreloadedArchive
{
    private const int NameLength = 60, KeyLength = 16;

    private PreloadedArchive(string file, string root) => (File, Root) = (file, root);

    /// <summary>The archive.</summary>
    public string File { get; }

    /// <summary>Its state root.</summary>
    public string Root { get; }

    /// <summary>Whether that is there.</summary>
    public bool IsReady => Files.Exists(Root);

    /// <summary>Where such roots are.</summary>
    /// <param name="root">The own state root.</param>
    public static string DirectoryIn(string root) => Path.Join(root, "preloaded");

    /// <summary>The archives among preloaded places: those that are one, and those that lie in a directory.</summary>
    /// <param name="places">Files and directories.</param>
    /// <param name="root">The own state root.</param>
    /// <param name="store">The form of layers: <c>erofs</c> or <c>overlay</c>.</param>
    public static List<PreloadedArchive> Find(IEnumerable<string> places, string root, string store)
    {
        // Each verb that looks at images comes by, and a loop is what the runtime is ready for at once.
        var archives = new List<PreloadedArchive>();
        foreach (string place in places)
            foreach (string file in FilesAt(place))
                if (Of(file, root, store) is { } archive) archives.Add(archive);
        return archives;
    }

    /// <summary>Preloaded places as state roots; archives that nothing was made of yet are left out.</summary>
    public static IReadOnlyList<string> Roots(IReadOnlyList<string> places, string root, string store)
    {
        List<string> roots = [];
        foreach (string place in places)
        {
            List<PreloadedArchive> archives = Find([place], root, store);
            if (!archives.Exists(archive => archive.File == place)) roots.Add(place);
            foreach (PreloadedArchive archive in archives)
                if (archive.IsReady) roots.Add(archive.Root);
        }
        return roots;
    }

    private static List<string> FilesAt(string place)
    {
        Errno errno = Files.TryListDirectory(place, out List<string> names);
        if (errno == Errno.ENOTDIR) return [place];
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "getdents64", place);
        List<string> archives = names.FindAll(IsArchive).ConvertAll(name => Path.Join(place, name));
        archives.Sort(StringComparer.Ordinal);
        return archives;
    }

    // busybox.tar, busybox.tar.gz, busybox.tgz
    private static bool IsArchive(string name) => name.EndsWith(".tar", StringComparison.Ordinal)
        || name.Contains(".tar.", StringComparison.Ordinal) || name.EndsWith(".tgz", StringComparison.Ordinal);

    // Null for one that has just gone.
    private static PreloadedArchive? Of(string file, string root, string store)
    {
        if (Files.TryStatAt(Fd.Cwd, file, AtFlags.None, out FileStatus status) != Errno.None) return null;
        string state = string.Create(CultureInfo.InvariantCulture,
            $"{file}\n{status.Size} {status.MtimeSeconds}.{status.MtimeNanoseconds}\n");
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)))[..KeyLength];
        string name = Path.GetFileName(file);
        if (name.Length > NameLength) name = name[..NameLength];
        return new PreloadedArchive(file, Path.Join(DirectoryIn(root), $"{name}-{store}-{key}"));
    }
}
