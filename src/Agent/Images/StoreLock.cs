using Skiff.Interop;

namespace Skiff.Agent.Images;

/// <summary>
/// The lock over all images of a state root (flock on <c>images/.lock</c>). Whoever adds images or starts to use one
/// holds it shared, removal holds it alone; so nothing is removed that somebody is about to need. Released by disposal
/// or death.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private const string Images = ".lock";

    private readonly Fd _fd;
    private readonly StoreStamp? _stamp;

    private StoreLock(Fd fd, StoreStamp? stamp)
    {
        _fd = fd;
        _stamp = stamp;
    }

    /// <summary>
    /// Takes a lock below <paramref name="directory"/>, which has to exist; calls <paramref name="onWait"/> once when
    /// somebody else's hold has to be waited for. <paramref name="stamp"/> is what the holder may break, and is
    /// renewed at the end.
    /// </summary>
    public static StoreLock Take(
        string directory, bool exclusive, Action? onWait = null, string name = Images, StoreStamp? stamp = null)
    {
        string path = Path.Join(directory, name);
        Fd fd = Open(path);
        Errno errno = Files.TryFlock(fd, exclusive, wait: false);
        if (errno == Errno.EAGAIN)
        {
            onWait?.Invoke();
            errno = Files.TryFlock(fd, exclusive, wait: true);
        }
        if (errno == Errno.None) return new StoreLock(fd, stamp);
        fd.Dispose();
        throw new LinuxException(errno, "flock", path);
    }

    /// <summary>Takes the images' lock alone, or gives null when somebody has it.</summary>
    public static StoreLock? TryTake(string directory, StoreStamp? stamp = null)
    {
        string path = Path.Join(directory, Images);
        Fd fd = Open(path);
        Errno errno = Files.TryFlock(fd, exclusive: true, wait: false);
        if (errno == Errno.None) return new StoreLock(fd, stamp);
        fd.Dispose();
        return errno == Errno.EAGAIN ? null : throw new LinuxException(errno, "flock", path);
    }

    private static Fd Open(string path) => Files.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stamp?.Renew();
        _fd.Dispose();
    }
}
