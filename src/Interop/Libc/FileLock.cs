namespace Skiff.Interop;

/// <summary>
/// A flock(2) that is held until this is disposed of. It is given back in words then, not by closing the descriptor: a
/// child that another thread has cloned meanwhile has a copy of that until it executes its program, which it may not do
/// before whoever waits for this lock has done something for it.
/// </summary>
/// <param name="fd">The locked file, owned.</param>
public sealed class FileLock(Fd fd) : IDisposable
{
    /// <summary>The locked file.</summary>
    public Fd Fd { get; } = fd;

    /// <summary>
    /// Locks the file for itself alone, and owns it; null when it has another owner or cannot be locked. Then it is
    /// closed.
    /// </summary>
    public static FileLock? TryTake(Fd fd)
    {
        if (Files.TryFlock(fd, exclusive: true, wait: false) == Errno.None) return new FileLock(fd);
        fd.Dispose();
        return null;
    }

    /// <summary>Waits for the file, which belongs to the lock.</summary>
    /// <exception cref="LinuxException">flock(2) failed; the file is closed then.</exception>
    public static FileLock Take(Fd fd, string path, bool exclusive = true)
    {
        Errno errno = Files.TryFlock(fd, exclusive, wait: true);
        if (errno == Errno.None) return new FileLock(fd);
        fd.Dispose();
        throw new LinuxException(errno, "flock", path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Fd.IsClosed) Files.Unlock(Fd);
        Fd.Dispose();
    }
}
