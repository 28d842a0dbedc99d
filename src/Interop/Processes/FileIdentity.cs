using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Processes;

/// <summary>
/// The calling thread's user and group for the file system (setfsuid(2)), until disposal by the same thread. It keeps
/// its capabilities, of which the kernel takes away those over files when root becomes somebody else.
/// </summary>
public sealed unsafe class FileIdentity : IDisposable
{
    private readonly nint _user, _group;

    /// <summary>Becomes them.</summary>
    public FileIdentity(uint uid, uint gid)
    {
        (CapabilitySet permitted, CapabilitySet effective, CapabilitySet inheritable) = Capabilities.Current();
        // Both give the former id, also where they do nothing.
        _group = Native.syscall(SyscallNumbers.setfsgid, (nint)gid);
        _user = Native.syscall(SyscallNumbers.setfsuid, (nint)uid);
        uint* header = stackalloc uint[2] { ProcessConstants._LINUX_CAPABILITY_VERSION_3, 0 };
        uint* data = stackalloc uint[6]
        {
            (uint)effective.Bits, (uint)permitted.Bits, (uint)inheritable.Bits,
            (uint)(effective.Bits >> 32), (uint)(permitted.Bits >> 32), (uint)(inheritable.Bits >> 32),
        };
        // SAFETY: version 3 of the call reads two structs of three 32-bit fields, on this stack.
        Native.Check(Native.syscall(SyscallNumbers.capset, (nint)header, (nint)data), "capset");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Native.syscall(SyscallNumbers.setfsuid, _user);
        Native.syscall(SyscallNumbers.setfsgid, _group);
    }
}
