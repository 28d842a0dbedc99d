namespace Skiff.Interop;

/// <summary>POLL* of poll(2).</summary>
[Flags]
public enum PollEvents : short
{
    /// <summary>None: the wait timed out.</summary>
    None = 0,

    /// <summary>There is something to read, or a connection to accept.</summary>
    POLLIN = 1,

    /// <summary>Urgent data, or a cgroup or mountinfo file changed.</summary>
    POLLPRI = 2,

    /// <summary>Writing does not block.</summary>
    POLLOUT = 4,

    /// <summary>Error, or the reading end of a pipe is closed.</summary>
    POLLERR = 8,

    /// <summary>The other end is closed.</summary>
    POLLHUP = 16,

    /// <summary>The descriptor is not open.</summary>
    POLLNVAL = 32,
}
