using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Archives;

namespace Skiff.Agent.Cli.Copying;

/// <summary>Docker's rules of what a source is called and where it goes.</summary>
internal static class CopyEnds
{
    /// <summary>Opens the source: a file by the directory that it is in, or a directory itself.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="followLink">Whether a symlink at its end stands for what it leads to.</param>
    /// <param name="devMount">See <see cref="TreeSource.ForeignMount"/>.</param>
    /// <param name="isDirectory">Whether it is a directory.</param>
    public static TreeSource OpenSource(CopyPath path, bool followLink, ulong devMount, out bool isDirectory)
    {
        CopyPath real = followLink ? path.FollowLinks() : path;
        string newName = path.IsContent ? "." : path.Name;
        Fd? directory;
        if (path.AssertsDirectory || real.Path == "/")
        {
            Check(path, real.TryOpenDirectory(real.Path, out directory));
            isDirectory = true;
            return new TreeSource(Real(path, directory!), [], Encoding.UTF8.GetBytes(newName), devMount);
        }
        Check(path, real.TryLocate(out Fd? location));
        using (location)
        {
            isDirectory = Files.Stat(location!).IsDirectory;
            Real(path, location!);
        }
        Check(path, real.TryOpenDirectory(real.Parent, out directory));
        return new TreeSource(
            directory!, Encoding.UTF8.GetBytes(real.Name), Encoding.UTF8.GetBytes(newName), devMount);
    }

    /// <summary>What is there; a symlink at the end is not followed, unless a directory has to be there.</summary>
    public static FileStatus Stat(CopyPath path)
    {
        Errno errno = path.AssertsDirectory || path.Path == "/"
            ? path.TryOpenDirectory(path.Path, out Fd? location) : path.TryLocate(out location);
        Check(path, errno);
        using (location) return Files.Stat(Real(path, location!));
    }

    /// <summary>Where a source goes, and what it is called there.</summary>
    /// <param name="source">How the source is called.</param>
    /// <param name="sourceIsDirectory">Whether it is a directory.</param>
    /// <param name="target">The path that was given for it.</param>
    public static (CopyPath Path, string Directory, string Name) Place(
        string source, bool sourceIsDirectory, CopyPath target)
    {
        if (target.Container is null) CheckOutput(target);
        CopyPath path = target.FollowLinks();
        bool exists = path.TryLocate(out Fd? location) == Errno.None;
        FileType type = exists ? Files.Stat(location!).Type : default;
        location?.Dispose();
        if (type == FileType.DT_DIR) return (path, path.Path, source);
        if (exists && sourceIsDirectory) throw new UsageException("cannot copy directory");
        if (exists && type != FileType.DT_REG)
            throw new UsageException(Irregular(target, type));
        if (exists && target.AssertsDirectory) throw new UsageException("not a directory");
        if (!exists && !sourceIsDirectory && target.AssertsDirectory) throw new UsageException("no such directory");
        return (path, path.Parent, path.Name);
    }

    /// <summary>Opens the directory that is extracted into.</summary>
    public static Fd OpenTarget(CopyPath path, string directory)
    {
        Errno errno = path.TryOpenDirectory(directory, out Fd? fd);
        if (errno == Errno.ENOTDIR) throw new UsageException("extraction point is not a directory");
        if (errno == Errno.None && path.Container is not null && FilesystemTypes.IsPseudo(fd!)) errno = Errno.ENOENT;
        if (errno == Errno.None) return fd!;
        fd?.Dispose();
        if (errno == Errno.ENOENT && path.Container is { } container)
            throw UsageException.NotFound($"Could not find the file {directory} in container {container}");
        throw new LinuxException(errno, "openat2", directory, "opening the directory to copy to");
    }

    // docker looks at both before it reads anything of the container.
    private static void CheckOutput(CopyPath target)
    {
        Errno errno = target.TryOpenDirectory(target.Parent, out Fd? parent);
        parent?.Dispose();
        if (errno == Errno.ENOENT)
            throw new UsageException($"invalid output path: directory \"{target.Parent}\" does not exist");
    }

    private static string Irregular(CopyPath target, FileType type)
    {
        string what = type is FileType.DT_CHR or FileType.DT_BLK ? "got a device" : "got an irregular file";
        string name = target.Container is null ? target.Given : $"{target.Container}:{target.Given}";
        return (target.Container is null ? "invalid output path: " : "destination ")
            + $"\"{name}\" must be a directory or a regular file: {what}";
    }

    private static void Check(CopyPath path, Errno errno)
    {
        if (errno == Errno.None) return;
        if (errno == Errno.ENOTDIR && path.AssertsDirectory)
            throw new UsageException(
                path.Container is null ? "not a directory" : $"lstat {path.Given}: not a directory");
        if (errno is not (Errno.ENOENT or Errno.ENOTDIR)) throw new LinuxException(errno, "openat2", path.Path);
        throw UsageException.NotFound(path.Container is { } container
            ? $"Could not find the file {path.Given} in container {container}"
            : $"lstat {path.Path}: no such file or directory");
    }

    private static UsageException NotFound(string message) => UsageException.NotFound(message);

    // Of procfs and its like nothing can be copied: lengths are made up, content belongs to who reads it.
    private static Fd Real(CopyPath path, Fd file)
    {
        if (path.Container is null || !FilesystemTypes.IsPseudo(file)) return file;
        file.Dispose();
        throw UsageException.NotFound($"Could not find the file {path.Given} in container {path.Container}: "
            + "it is the kernel's, and no file of the container");
    }
}
