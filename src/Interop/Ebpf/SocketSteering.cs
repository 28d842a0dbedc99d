using System.Net;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Ebpf;

/// <summary>
/// Gives the packets that arrive for one address and port of a network namespace to a UDP and a TCP socket of choice,
/// whoever is bound there: a BPF_PROG_TYPE_SK_LOOKUP program (Linux 5.9) that is asked before the kernel looks for a
/// socket. Nobody sees the port occupied. It lasts until disposal, or until its process ends.
/// </summary>
/// <remarks>
/// A TCP connection answers from the address that it was made to. UDP answers have to say where they come from, by a
/// raw socket (<see cref="DatagramBatch"/>).
/// </remarks>
public sealed unsafe class SocketSteering : IDisposable
{
    private const int BPF_MAP_CREATE = 0;
    private const int BPF_MAP_UPDATE_ELEM = 2;
    private const int BPF_PROG_LOAD = 5;
    private const int BPF_LINK_CREATE = 28;
    private const int BPF_MAP_TYPE_SOCKMAP = 15;
    private const int BPF_PROG_TYPE_SK_LOOKUP = 30;
    private const int BPF_SK_LOOKUP = 36;
    private const int AttributeWords = 9;

    private readonly Fd _link;

    private SocketSteering(Fd link) => _link = link;

    /// <summary>
    /// Loads and attaches. EPERM without CAP_BPF and CAP_NET_ADMIN of the host; EINVAL or ENOSYS where the kernel
    /// cannot do it.
    /// </summary>
    /// <param name="netNamespace">Where: an nsfs descriptor.</param>
    /// <param name="address">IPv4.</param>
    /// <param name="port">The port, of both protocols.</param>
    /// <param name="udp">A bound socket inside.</param>
    /// <param name="tcp">A listening socket inside.</param>
    /// <param name="steering">What keeps it up; null after an error.</param>
    public static Errno TryAttach(
        Fd netNamespace, IPAddress address, ushort port, Fd udp, Fd tcp, out SocketSteering? steering)
    {
        steering = null;
        // key_size, value_size, max_entries.
        Errno errno = Call(BPF_MAP_CREATE, [BPF_MAP_TYPE_SOCKMAP | 4UL << 32, 8 | 2UL << 32], out Fd? map);
        if (errno != Errno.None) return errno;
        // Program and map live on with the link.
        using (map)
        {
            errno = Put(map!, LookupProgram.UdpKey, udp);
            if (errno == Errno.None) errno = Put(map!, LookupProgram.TcpKey, tcp);
            if (errno != Errno.None) return errno;
            errno = Load(LookupProgram.Build(map!, address, port), out Fd? program);
            if (errno != Errno.None) return errno;
            using (program)
            {
                // prog_fd, target_fd, attach_type.
                errno = Call(BPF_LINK_CREATE,
                    [Pair(program!.Number, netNamespace.Number), BPF_SK_LOOKUP], out Fd? link);
                if (errno == Errno.None) steering = new SocketSteering(link!);
                return errno;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _link.Dispose();

    private static ulong Pair(int low, int high) => (uint)low | (ulong)(uint)high << 32;

    private static Errno Put(Fd map, int key, Fd socket)
    {
        ulong value = (ulong)socket.Number;
        // SAFETY: key and value live on this frame. map_fd, key, value.
        return Call(BPF_MAP_UPDATE_ELEM, [(ulong)map.Number, (ulong)&key, (ulong)&value], out _);
    }

    private static Errno Load(ReadOnlySpan<ulong> code, out Fd? program)
    {
        ReadOnlySpan<byte> license = "Apache-2.0\0"u8;
        fixed (ulong* instructions = code)
        fixed (byte* licenseText = license)
            // SAFETY: both are pinned for the call. type, insn_cnt, insns, license, ..., expected_attach_type.
            return Call(BPF_PROG_LOAD, [BPF_PROG_TYPE_SK_LOOKUP | ((ulong)code.Length << 32), (ulong)instructions,
                (ulong)licenseText, 0, 0, 0, 0, 0, Pair(0, BPF_SK_LOOKUP)], out program);
    }

    private static Errno Call(int command, ReadOnlySpan<ulong> words, out Fd? made)
    {
        ulong* attributes = stackalloc ulong[AttributeWords];
        var union = new Span<ulong>(attributes, AttributeWords);
        union.Clear();
        words.CopyTo(union);
        // SAFETY: union bpf_attr, 72 bytes of this frame; what a command does not know of it is zero.
        nint result = Native.syscall(SyscallNumbers.bpf, command, (nint)attributes, AttributeWords * sizeof(ulong));
        made = result == -1 || command == BPF_MAP_UPDATE_ELEM ? null : new Fd((int)result);
        return result == -1 ? Native.LastErrno : Errno.None;
    }
}
