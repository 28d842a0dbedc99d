using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Networks;

/// <summary>Hears when the host's resolv.conf becomes another one.</summary>
internal sealed class ResolverWatch : IDisposable
{
    private const InotifyMask Mask = InotifyMask.IN_CREATE | InotifyMask.IN_MOVED_TO | InotifyMask.IN_CLOSE_WRITE
        | InotifyMask.IN_ONLYDIR;

    private readonly Inotify _changes = new();
    private readonly byte[] _notices = new byte[4096];
    private string _content = ResolvConf.ReadHost();

    /// <summary>Begins to listen.</summary>
    public ResolverWatch()
    {
        // Its directory, since it is replaced as a whole; and where it leads when it is a symlink.
        Watch("/etc");
        if (Files.TryReadLink("/etc/resolv.conf", out string target))
            Watch(Path.GetDirectoryName(Path.GetFullPath(target, "/etc"))!);
    }

    /// <summary>Readable when something has happened there.</summary>
    public Fd Fd => _changes.Fd;

    /// <summary>Takes what has happened; whether it was about such a file.</summary>
    public bool Take()
    {
        bool isDue = false;
        while (_changes.TryRead(_notices, out InotifyEvents notices))
            foreach (InotifyEvent notice in notices)
                isDue |= notice.Name.EndsWith("resolv.conf"u8) || (notice.Mask & InotifyMask.IN_Q_OVERFLOW) != 0;
        return isDue;
    }

    /// <summary>Whether it says something else than at the last call.</summary>
    public bool HasChanged()
    {
        string before = _content;
        _content = ResolvConf.ReadHost();
        return _content != before;
    }

    /// <inheritdoc/>
    public void Dispose() => _changes.Dispose();

    private void Watch(string directory)
    {
        try
        {
            _changes.Add(directory, Mask);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            // Whoever makes it later makes the link anew, too.
        }
    }
}
