using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop.Events;

/// <summary>
/// A signalfd(2), non-blocking: reads signals that all threads of the process block; see <see cref="SignalMask"/> for
/// how
/// that is arranged under .NET.
/// </summary>
public sealed unsafe partial class SignalFd : IDisposable
{
    private const int SFD_CLOEXEC_NONBLOCK = 0x80800;

    /// <summary>Creates one for <paramref name="signals"/>; it changes no mask.</summary>
    public SignalFd(SignalSet signals)
    {
        ulong* set = stackalloc ulong[16]; // SAFETY: libc's sigset_t is 128 bytes; the kernel's 8 are the first.
        new Span<ulong>(set, 16).Clear();
        set[0] = signals.Bits;
        Fd = new Fd((int)Native.Check(signalfd(-1, set, SFD_CLOEXEC_NONBLOCK), "signalfd"));
    }

    /// <summary>The descriptor, readable while a signal is pending.</summary>
    public Fd Fd { get; }

    /// <summary>Takes one pending signal; false when there is none.</summary>
    public bool TryTake(out SignalInfo info)
    {
        signalfd_siginfo raw = default;
        Errno errno = Files.TryRead(Fd, MemoryMarshal.AsBytes(new Span<signalfd_siginfo>(ref raw)), out _);
        if (errno is not (Errno.None or Errno.EAGAIN)) throw new LinuxException(errno, "read signalfd", Fd.ToString());
        info = new SignalInfo((int)raw.ssi_signo, raw.ssi_code, (int)raw.ssi_pid, raw.ssi_uid, raw.ssi_status);
        return errno == Errno.None;
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int signalfd(int fd, ulong* mask, int flags);
}
