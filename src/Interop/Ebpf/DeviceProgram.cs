using System.Text;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Ebpf;

/// <summary>
/// A loaded BPF_PROG_TYPE_CGROUP_DEVICE program (Linux 4.15), cgroup v2's replacement for the devices controller. Owns
/// the program's fd; an attached program lives on with its cgroup after disposal, and goes with it.
/// </summary>
public sealed unsafe class DeviceProgram : IDisposable
{
    private const int BPF_PROG_LOAD = 5;
    private const int BPF_PROG_ATTACH = 8;
    private const int BPF_PROG_DETACH = 9;
    private const int BPF_PROG_GET_FD_BY_ID = 13;
    private const int BPF_PROG_QUERY = 16;
    private const int BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    private const int BPF_CGROUP_DEVICE = 6;
    private const int BPF_F_ALLOW_MULTI = 2;
    private const int BPF_F_REPLACE = 4;
    private const int MaxPrograms = 64;
    private readonly Fd _fd;

    private DeviceProgram(Fd fd) => _fd = fd;

    /// <summary>
    /// Compiles and loads the program for <paramref name="rules"/>; later rules override earlier ones.
    /// </summary>
    public static DeviceProgram Load(IReadOnlyList<DeviceRule> rules)
    {
        ulong[] code = DeviceProgramCompiler.Compile(rules);
        Errno errno = TryLoad(code, default, out Fd? fd);
        if (errno == Errno.None) return new DeviceProgram(fd!);
        // The verifier writes its log only when asked; asking always would cost every start.
        byte[] log = new byte[16 * 1024];
        if (TryLoad(code, log, out fd) == Errno.None) return new DeviceProgram(fd!);
        throw new LinuxException(errno, "bpf", $"BPF_PROG_LOAD, {code.Length} instructions{Explain(log)}",
            $"loading the device program of {rules.Count} rules");
    }

    /// <summary>
    /// Makes this the cgroup's device program, in place of one that this engine attached before. Programs of cgroups
    /// above stay in force: a device must be allowed by all.
    /// </summary>
    public void Attach(Fd cgroup)
    {
        uint* ids = stackalloc uint[MaxPrograms];
        int count = Query(cgroup, ids);
        if (count == 0)
        {
            Command(BPF_PROG_ATTACH, cgroup, BPF_F_ALLOW_MULTI, replaced: 0);
            return;
        }
        using Fd old = OpenById(ids[count - 1]);
        Command(BPF_PROG_ATTACH, cgroup, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, old.Number);
    }

    /// <summary>Takes this program off the cgroup; ENOENT when it is not attached.</summary>
    public void Detach(Fd cgroup) => Command(BPF_PROG_DETACH, cgroup, flags: 0, replaced: 0);

    /// <summary>How many device programs are attached to the cgroup itself.</summary>
    public static int CountAttached(Fd cgroup)
    {
        uint* ids = stackalloc uint[MaxPrograms];
        return Query(cgroup, ids);
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private static Errno TryLoad(ulong[] code, Span<byte> log, out Fd? fd)
    {
        ReadOnlySpan<byte> license = "Apache-2.0\0"u8;
        ulong* attributes = stackalloc ulong[9];
        new Span<ulong>(attributes, 9).Clear();
        fixed (ulong* instructions = code)
        fixed (byte* licenseText = license, logText = log)
        {
            // union bpf_attr of BPF_PROG_LOAD: type, insn_cnt, insns, license, log_level, log_size, log_buf, ...,
            // name[16].
            attributes[0] = BPF_PROG_TYPE_CGROUP_DEVICE | ((ulong)code.Length << 32);
            attributes[1] = (ulong)instructions;
            attributes[2] = (ulong)licenseText;
            attributes[3] = log.IsEmpty ? 0 : 1 | ((ulong)log.Length << 32);
            attributes[4] = (ulong)logText;
            "skiff_devices"u8.CopyTo(new Span<byte>(attributes + 6, 16));
            // SAFETY: code, license and log are pinned for the call; the union is 72 bytes of this stack frame.
            nint result = Native.syscall(SyscallNumbers.bpf, BPF_PROG_LOAD, (nint)attributes, 72);
            fd = result == -1 ? null : new Fd((int)result);
            return result == -1 ? Native.LastErrno : Errno.None;
        }
    }

    private void Command(int command, Fd cgroup, int flags, int replaced)
    {
        // target_fd, attach_bpf_fd, attach_type, attach_flags, replace_bpf_fd.
        int* attributes = stackalloc int[6] { cgroup.Number, _fd.Number, BPF_CGROUP_DEVICE, flags, replaced, 0 };
        // SAFETY: 24 bytes of this stack frame; older kernels take the length as long as what they do not know is zero.
        if (Native.syscall(SyscallNumbers.bpf, command, (nint)attributes, 24) == -1)
            throw new LinuxException(Native.LastErrno, "bpf",
                $"{(command == BPF_PROG_ATTACH ? "BPF_PROG_ATTACH" : "BPF_PROG_DETACH")}, {cgroup}");
    }

    private static int Query(Fd cgroup, uint* ids)
    {
        // target_fd, attach_type, query_flags, attach_flags, prog_ids (64 bits), prog_cnt.
        uint* attributes = stackalloc uint[8] { (uint)cgroup.Number, BPF_CGROUP_DEVICE, 0, 0, 0, 0, MaxPrograms, 0 };
        *(ulong*)(attributes + 4) = (ulong)ids;
        // SAFETY: ids holds MaxPrograms entries, which prog_cnt says; both outlive the call.
        if (Native.syscall(SyscallNumbers.bpf, BPF_PROG_QUERY, (nint)attributes, 32) == -1)
            throw new LinuxException(Native.LastErrno, "bpf", $"BPF_PROG_QUERY, {cgroup}");
        return (int)attributes[6];
    }

    private static Fd OpenById(uint id)
    {
        uint* attributes = stackalloc uint[4] { id, 0, 0, 0 };
        // SAFETY: 12 bytes of this stack frame.
        nint fd = Native.syscall(SyscallNumbers.bpf, BPF_PROG_GET_FD_BY_ID, (nint)attributes, 12);
        return new Fd((int)Native.Check(fd, "bpf", $"BPF_PROG_GET_FD_BY_ID, {id}"));
    }

    private static string Explain(byte[] log)
    {
        int end = Array.IndexOf(log, (byte)0);
        string text = Encoding.UTF8.GetString(log, 0, end < 0 ? log.Length : end).TrimEnd();
        return text.Length == 0 ? "" : $", verifier: {text[(text.LastIndexOf('\n') + 1)..]}";
    }
}
