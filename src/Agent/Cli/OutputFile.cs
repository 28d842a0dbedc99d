using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli;

/// <summary>
/// Where a verb writes what `-o` names: a new file that takes its name when it is whole, so that nobody finds half of
/// it; a device or pipe that is there; or standard output.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private const uint Mode = 0x180; // 0600, as docker makes it.

    private readonly string? _path;
    private string? _temporary;

    private OutputFile(Fd fd, string? path = null, string? temporary = null) =>
        (Fd, _path, _temporary) = (fd, path, temporary);

    /// <summary>Takes the bytes.</summary>
    public Fd Fd { get; }

    /// <summary>The file of a path, or standard output, which must not be a terminal.</summary>
    /// <param name="path">Null for standard output.</param>
    /// <param name="verb">For the refusal.</param>
    public static OutputFile Open(string? path, string verb)
    {
        if (path is not null) return Create(path);
        if (Termios.IsTerminal(Fd.Borrow(1)))
            throw new UsageException($"cowardly refusing to {verb} to a terminal. Use the -o flag or redirect");
        return new OutputFile(Fd.Borrow(1));
    }

    private static OutputFile Create(string path)
    {
        Errno errno = Files.TryStatAt(Fd.Cwd, path, AtFlags.None, out FileStatus status);
        if (errno == Errno.None && status.IsDirectory)
            throw new LinuxException(Errno.EISDIR, "open", path, "-o takes the name of a file");
        if (errno == Errno.None && !status.IsRegular) return new OutputFile(Files.Open(path, OpenFlags.O_WRONLY));
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        return new OutputFile(
            Files.Open(temporary, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, Mode), path, temporary);
    }

    /// <summary>All bytes are there: they go to the disk, then the file gets its name.</summary>
    public void Complete()
    {
        if (_temporary is null) return;
        Files.Fdatasync(Fd);
        Files.Rename(_temporary, _path!);
        _temporary = null;
    }

    /// <summary>Removes what was not completed.</summary>
    public void Dispose()
    {
        Fd.Dispose();
        if (_temporary is not null) Files.TryUnlinkAt(Fd.Cwd, _temporary);
    }
}
