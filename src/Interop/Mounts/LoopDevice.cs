using System.Globalization;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Mounts;

/// <summary>
/// A loop device (loop(4)) over a file, for kernels whose EROFS cannot mount plain files (before 6.12). Autoclear: it
/// detaches by itself when the last user, a mount or this object, is gone; so keep it until the mount is made.
/// </summary>
public sealed unsafe class LoopDevice : IDisposable
{
    private const uint LOOP_CTL_GET_FREE = 0x4C82;
    private const uint LOOP_CONFIGURE = 0x4C0A;
    private const uint LO_FLAGS_READ_ONLY = 1;
    private const uint LO_FLAGS_AUTOCLEAR = 4;

    private readonly Fd _device;

    private LoopDevice(string path, Fd device) => (Path, _device) = (path, device);

    /// <summary>The device's path, to be given to mount(2).</summary>
    public string Path { get; }

    /// <summary>
    /// Attaches a file to a free device (Linux 5.8). <paramref name="backing"/> may be closed afterwards.
    /// </summary>
    /// <exception cref="LinuxException">ENOENT: the kernel has no loop devices (modprobe loop).</exception>
    public static LoopDevice Attach(Fd backing, bool readOnly)
    {
        using Fd control = Files.Open("/dev/loop-control", OpenFlags.O_RDWR);
        while (true)
        {
            nint number = Native.syscall(SyscallNumbers.ioctl, control.Number, (nint)LOOP_CTL_GET_FREE);
            Native.Check(number, "ioctl LOOP_CTL_GET_FREE", "/dev/loop-control");
            string path = string.Create(CultureInfo.InvariantCulture, $"/dev/loop{number}");
            Fd device = Files.Open(path, readOnly ? OpenFlags.O_RDONLY : OpenFlags.O_RDWR);
            Errno errno = Configure(device, backing, readOnly);
            if (errno == Errno.None) return new LoopDevice(path, device);
            device.Dispose();
            // EBUSY: another process took the device between the two calls.
            if (errno != Errno.EBUSY) throw new LinuxException(errno, "ioctl LOOP_CONFIGURE", $"{path}, {backing}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private static Errno Configure(Fd device, Fd backing, bool readOnly)
    {
        var config = new loop_config { fd = (uint)backing.Number };
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readOnly ? LO_FLAGS_READ_ONLY : 0);
        // SAFETY: config is a local and a whole struct loop_config.
        nint r = Native.syscall(SyscallNumbers.ioctl, device.Number, (nint)LOOP_CONFIGURE, (nint)(&config));
        return r == -1 ? Native.LastErrno : Errno.None;
    }
}
