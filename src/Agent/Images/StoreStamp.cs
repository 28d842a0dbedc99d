using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Images;

/// <summary>
/// A mark on the state of all names and records: what was read under one stamp holds as long as the stamp is the same.
/// <c>images/.stamp</c> is random text, another one after each change, and is missing while something is being changed,
/// or after somebody was killed in the middle of that. It is never flushed: a power cut may bring an old stamp back, so
/// it is good for one boot only.
/// </summary>
/// <param name="imagesDirectory">Where the names and records are.</param>
internal sealed class StoreStamp(string imagesDirectory)
{
    private const int RandomBytesCount = 16;
    private const uint Mode = 0x180; // 0600

    private readonly string _path = Path.Join(imagesDirectory, ".stamp");
    private bool _isBroken;

    /// <summary>The stamp as it is, or null.</summary>
    public string? Read() =>
        Files.TryReadAllBytes(Fd.Cwd, _path, out byte[] text) == Errno.None && text.Length == RandomBytesCount * 2
            ? Encoding.ASCII.GetString(text) : null;

    /// <summary>Comes before each change. The caller holds a lock that keeps others from changing anything, and calls
    /// <see cref="Renew"/> before it lets go.</summary>
    /// <exception cref="LinuxException">It cannot be removed; then nothing may be changed.</exception>
    public void Break()
    {
        if (_isBroken) return;
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, _path);
        if (errno is not (Errno.None or Errno.ENOENT or Errno.ENOTDIR))
            throw new LinuxException(errno, "unlink", _path);
        _isBroken = true;
    }

    /// <summary>Gives a new stamp after changes; does nothing when there was none.</summary>
    public void Renew()
    {
        if (!_isBroken) return;
        _isBroken = false;
        Span<byte> random = stackalloc byte[RandomBytesCount];
        RandomBytes.Fill(random);
        try
        {
            using Fd fd = Files.Open(_path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, Mode);
            Files.WriteAll(fd, Encoding.ASCII.GetBytes(Convert.ToHexString(random)));
        }
        catch (LinuxException)
        {
            // The disk is full: without a stamp, lists take longer, and that is all.
        }
    }
}
