using Skiff.Interop.Libc;
using Tmds.Linux;

namespace Skiff.Interop.Events;

/// <summary>
/// Signals as numbers on a descriptor, whichever thread the kernel hands them to. The handler is a few bytes of machine
/// code
/// that write the signal's number into a pipe: no managed code runs in a signal context, no thread needs its mask
/// changed.
/// Disposing it puts the old dispositions back; a program that is executed gets the defaults. Whoever lets the runtime
/// handle the same signals (Console, PosixSignalRegistration) afterwards takes them away again.
/// </summary>
public sealed unsafe class SignalPipe : IDisposable
{
    private const int SA_RESTART = 0x10000000;
    private const int SA_ONSTACK = 0x08000000;
    private const int PageLength = 4096;

    private readonly List<(int Signal, sigaction_t Old)> _replaced = [];
    private readonly Fd _write;
    private readonly void* _page;

    /// <summary>Handles <paramref name="signals"/> (numbers; not SIGKILL or SIGSTOP) from now on.</summary>
    public SignalPipe(params ReadOnlySpan<int> signals)
    {
        (Fd, _write) = Files.Pipe(nonBlocking: true);
        try
        {
            _page = MapHandler(_write.Number);
            foreach (int signal in signals) Handle(signal);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The reading end, readable while a signal waits.</summary>
    public Fd Fd { get; }

    /// <summary>
    /// The handler <c>void (int signal)</c>: <c>write(fd, &amp;signal, 4)</c> by the raw call, so errno stays as it
    /// was. The
    /// descriptor's number is the last four bytes.
    /// </summary>
    private static ReadOnlySpan<byte> Handler =>
#if ARCH_ARM64
    [
        0xE0, 0x0F, 0x1F, 0xB8, // str  w0, [sp, #-16]!
        0x08, 0x08, 0x80, 0xD2, // mov  x8, #64          write
        0xC0, 0x00, 0x00, 0x18, // ldr  w0, fd
        0xE1, 0x03, 0x00, 0x91, // mov  x1, sp
        0x82, 0x00, 0x80, 0xD2, // mov  x2, #4
        0x01, 0x00, 0x00, 0xD4, // svc  #0
        0xFF, 0x43, 0x00, 0x91, // add  sp, sp, #16
        0xC0, 0x03, 0x5F, 0xD6, // ret
    ];
#else
    [
        0x48, 0x83, 0xEC, 0x08,             // sub  rsp, 8
        0x89, 0x3C, 0x24,                   // mov  [rsp], edi
        0xB8, 0x01, 0x00, 0x00, 0x00,       // mov  eax, 1   write
        0x8B, 0x3D, 0x12, 0x00, 0x00, 0x00, // mov  edi, [rip + fd]
        0x48, 0x89, 0xE6,                   // mov  rsi, rsp
        0xBA, 0x04, 0x00, 0x00, 0x00,       // mov  edx, 4
        0x0F, 0x05,                         // syscall
        0x48, 0x83, 0xC4, 0x08,             // add  rsp, 8
        0xC3, 0x90, 0x90, 0x90,             // ret
    ];
#endif

    /// <summary>Takes the next signal's number; false when none waits.</summary>
    public bool TryTake(out int signal)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        Errno errno = Files.TryRead(Fd, number, out int count);
        if (errno is not (Errno.None or Errno.EAGAIN)) throw new LinuxException(errno, "read signals", Fd.ToString());
        signal = count == sizeof(int) ? BitConverter.ToInt32(number) : 0;
        return count == sizeof(int);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((int signal, sigaction_t old) in _replaced)
            _ = Native.sigaction_of(signal, &old, null); // Cannot fail: the same number was accepted before.
        _replaced.Clear();
        // A handler may still be running on another thread: its page stays mapped, and its descriptor's number must not
        // become another file, so the writing end stays open with it.
        Fd.Dispose();
        GC.SuppressFinalize(_write);
    }

    private void Handle(int signal)
    {
        var action = new sigaction_t { sa_handler = _page, sa_flags = SA_RESTART | SA_ONSTACK };
        sigaction_t old;
        // SAFETY: both structs are locals; the handler's page is never unmapped.
        Native.Check(Native.sigaction_of(signal, &action, &old), $"sigaction({signal})");
        _replaced.Add((signal, old));
    }

    private static void* MapHandler(int fd)
    {
        // SAFETY: a fresh private page, written within its length and never unmapped.
        void* page = LibC.mmap(null, PageLength, LibC.PROT_READ | LibC.PROT_WRITE,
            LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS, -1, 0);
        if (page == LibC.MAP_FAILED) throw new LinuxException(Native.LastErrno, "mmap");
        var code = new Span<byte>(page, PageLength);
        Handler.CopyTo(code);
        BitConverter.TryWriteBytes(code[Handler.Length..], fd);
        return LibC.mprotect(page, PageLength, LibC.PROT_READ | LibC.PROT_EXEC) == -1
            ? throw new LinuxException(Native.LastErrno, "mprotect(PROT_READ|PROT_EXEC)") : page;
    }
}
