namespace Skiff.Interop;

/// <summary>
/// Closes descriptors whose last close(2) waits for something, so that the caller need not. Each is sent, with one end
/// of a pair of sockets, to that very end, and all of them are closed: what only lies in a queue that nobody can read
/// any more is found by the kernel's collector of such sockets (unix_gc, which runs as soon as a socket is closed), and
/// closed by a thread of its own since Linux 6.9. Before, the collector runs within our close, which then takes as long
/// as any.
/// </summary>
public static class LateClose
{
    /// <summary>Closes <paramref name="fd"/>: at once for this process, a moment later for the kernel.</summary>
    public static void Close(Fd fd)
    {
        if (fd.IsClosed) return;
        try
        {
            var (sender, receiver) = UnixSocket.Pair();
            using (sender)
            using (receiver)
            {
                sender.TrySend([0], [fd.Number, receiver.Fd.Number]);
                // First: the collector begins when the pair is closed, and this close must not be the last one.
                fd.Dispose();
            }
        }
        catch (LinuxException)
        {
            // There is no descriptor or no memory for the pair: then this close waits.
            fd.Dispose();
        }
    }
}
