using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop;

/// <summary>Modules of the running kernel.</summary>
public static unsafe class KernelModules
{
    private const int MODULE_INIT_COMPRESSED_FILE = 4; // Linux 5.17.

    private static readonly string[] s_suffixes = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"];

    /// <summary>
    /// Loads a module that needs none that is not loaded (finit_module(2)). ENOENT: the kernel was built without it, or
    /// it is not installed. EPERM: no CAP_SYS_MODULE, or modules are disabled. EOPNOTSUPP: it is compressed, and the
    /// kernel does not do that.
    /// </summary>
    /// <param name="path">Below <c>kernel</c> in the modules' directory, without suffix.</param>
    public static Errno TryLoad(string path)
    {
        string directory = $"/lib/modules/{Uname.Current.Release}/kernel/";
        foreach (string suffix in s_suffixes)
        {
            Errno errno = Files.TryOpenAt(Fd.Cwd, directory + path + suffix, OpenFlags.O_RDONLY, 0, out Fd? file);
            if (errno == Errno.ENOENT) continue;
            if (errno != Errno.None) return errno;
            using (file) return TryLoad(file!, isCompressed: suffix != ".ko");
        }
        return Errno.ENOENT;
    }

    private static Errno TryLoad(Fd file, bool isCompressed)
    {
        byte none = 0; // SAFETY: no parameters, on the stack during the call.
        nint result = Native.syscall(SyscallNumbers.finit_module, file.Number, (nint)(&none),
            isCompressed ? MODULE_INIT_COMPRESSED_FILE : 0);
        Errno errno = result == -1 ? Native.LastErrno : Errno.None;
        return errno == Errno.EEXIST ? Errno.None : errno;
    }
}
