using Skiff.Interop;

namespace Skiff.Agent.Monitor.Proxy;

/// <summary>
/// One direction of a connection: what the kernel has received on one socket is moved to the other by way of a pipe.
/// What is in the pipe is all that waits here; while it waits, no more is read.
/// </summary>
internal sealed class SpliceFlow(SplicePipes pipes, Fd from, Fd to) : IDisposable
{
    private const int PipeBytes = 64 << 10;

    // Others in the loop have their turn after a MiB.
    private const int RoundsAtOnce = 16;

    private SplicePipe? _pipe;
    private int _waiting;

    /// <summary>The end was read, and has been passed on.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether it waits for something to read.</summary>
    public bool Reads => !HasEnded && _waiting == 0;

    /// <summary>Whether it waits for room to write.</summary>
    public bool Writes => _waiting > 0;

    /// <summary>Moves what can be moved now. None, or what has become of the connection.</summary>
    /// <exception cref="LinuxException">No pipe is to be had.</exception>
    public Errno Move()
    {
        for (int round = 0; round < RoundsAtOnce && !HasEnded; round++)
        {
            Errno errno = _waiting > 0 ? Write() : Read();
            if (errno == Errno.EAGAIN) break;
            if (errno != Errno.None) return errno;
        }
        return Errno.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pipe?.Dispose();
        _pipe = null;
    }

    private Errno Read()
    {
        SplicePipe pipe = _pipe ??= pipes.Rent();
        Errno errno = Splicing.TryMove(from, pipe.Write, PipeBytes, out _waiting);
        if (_waiting > 0) return Errno.None;
        GiveBack();
        if (errno != Errno.None) return errno;
        HasEnded = true;
        InternetSocket.FinishSending(to);
        return Errno.None;
    }

    private Errno Write()
    {
        Errno errno = Splicing.TryMove(_pipe!.Read, to, _waiting, out int count);
        _waiting -= count;
        if (_waiting == 0) GiveBack();
        return errno;
    }

    private void GiveBack()
    {
        pipes.Return(_pipe!);
        _pipe = null;
    }
}
