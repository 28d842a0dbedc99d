using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>
/// An owned file descriptor, close-on-exec by construction. Prints as <c>7&lt;/path&gt;</c>.
/// </summary>
public sealed class Fd : SafeHandle
{
    /// <summary>Takes ownership of <paramref name="number"/>.</summary>
    public Fd(int number) : base(-1, ownsHandle: true) => SetHandle(number);

    /// <summary>AT_FDCWD: paths are relative to the working directory. Never closed.</summary>
    public static Fd Cwd { get; } = Borrow(-100);

    /// <summary>The descriptor's number; valid until disposal.</summary>
    public int Number => (int)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <summary>A view of a descriptor that someone else owns; disposing it closes nothing.</summary>
    public static Fd Borrow(int number)
    {
        var fd = new Fd(number);
        GC.SuppressFinalize(fd);
        fd._borrowed = true;
        return fd;
    }

    /// <summary>Gives up ownership and returns the number.</summary>
    public int Release()
    {
        int number = Number;
        SetHandleAsInvalid();
        return number;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string path = Number == -100 ? "." : $"/proc/self/fd/{Number}";
        return Number >= 0 && Files.TryReadLink(path, out string target) ? $"{Number}<{target}>" : $"{Number}";
    }

    /// <inheritdoc/>
    // close(2) is never retried: on Linux the descriptor is gone even after EINTR.
    protected override bool ReleaseHandle() => _borrowed || Native.close((int)handle) == 0;

    private bool _borrowed;
}
