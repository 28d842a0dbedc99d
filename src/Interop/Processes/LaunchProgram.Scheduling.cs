using System.Runtime.InteropServices;
using Skiff.Interop.Syscalls;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

// What the OCI runtime specification can ask of a process besides: scheduling, memory policy, personality, keys.
public sealed partial class LaunchProgram
{
    private const int BitsPerWord = 64;

    /// <summary>personality(2).</summary>
    public LaunchStep Personality(uint persona) =>
        Call("personality", $"0x{persona:x}", SyscallNumbers.personality, persona);

    /// <summary>
    /// keyctl(KEYCTL_JOIN_SESSION_KEYRING): a new session keyring, so that the caller's keys stay out of reach.
    /// </summary>
    public LaunchStep JoinSessionKeyring(string name, OnError onError = default) =>
        Call("keyctl(KEYCTL_JOIN_SESSION_KEYRING)", name, SyscallNumbers.keyctl, onError,
            KEYCTL_JOIN_SESSION_KEYRING, Text(name), 0, 0, 0);

    /// <summary>ioprio_set(2) of the child: its class (1 realtime, 2 best effort, 3 idle) and level (0 to 7).</summary>
    public LaunchStep IoPriority(int priorityClass, int level) =>
        Call("ioprio_set", null, SyscallNumbers.ioprio_set, IOPRIO_WHO_PROCESS, 0, (priorityClass << 13) | level);

    /// <summary>sched_setattr(2) of the child.</summary>
    public LaunchStep Schedule(in SchedulingPolicy policy) =>
        Call("sched_setattr", policy.ToString(), SyscallNumbers.sched_setattr, 0,
            Words((ulong)SchedulingPolicy.StructBytes | ((ulong)policy.Policy << 32), policy.Flags,
                (uint)policy.Nice | ((ulong)policy.Priority << 32), policy.RuntimeNs, policy.DeadlineNs,
                policy.PeriodNs), 0);

    /// <summary>sched_setaffinity(2) of the child: bit n of the words is CPU n.</summary>
    public LaunchStep Affinity(ReadOnlySpan<ulong> cpus) =>
        Call("sched_setaffinity", null, SyscallNumbers.sched_setaffinity, 0, cpus.Length * sizeof(ulong), Words(cpus));

    /// <summary>set_mempolicy(2); bit n of the words is memory node n.</summary>
    /// <param name="mode">MPOL_* with its flags.</param>
    /// <param name="nodes">The nodes; none for modes that take none.</param>
    public LaunchStep MemoryPolicy(int mode, ReadOnlySpan<ulong> nodes) =>
        nodes.IsEmpty
            ? Call("set_mempolicy", null, SyscallNumbers.set_mempolicy, mode, 0, 0)
            // The kernel takes the number of bits plus one.
            : Call("set_mempolicy", null, SyscallNumbers.set_mempolicy, mode, Words(nodes),
                nodes.Length * BitsPerWord + 1);

    /// <summary>
    /// Unlocks the pseudo-terminal behind <paramref name="master"/> and opens its other side (TIOCGPTPEER, Linux 4.13),
    /// whose descriptor is the result.
    /// </summary>
    public LaunchStep OpenTerminalPeer(StepArgument master)
    {
        Ioctl(master, TIOCSPTLCK, Reserve(sizeof(int)), "TIOCSPTLCK");
        const OpenFlags flags = OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC;
        return Ioctl(master, TIOCGPTPEER, (int)flags, "TIOCGPTPEER", opensFd: true);
    }

    /// <summary>ioctl(TIOCSWINSZ).</summary>
    public LaunchStep SetWindowSize(StepArgument terminal, ushort rows, ushort columns) =>
        Ioctl(terminal, TIOCSWINSZ, Bytes(MemoryMarshal.AsBytes<ushort>([rows, columns, 0, 0])), "TIOCSWINSZ");

    /// <summary>sendmsg(2) of some bytes and the descriptor that <paramref name="opened"/> gave (SCM_RIGHTS).</summary>
    /// <param name="socket">A connected AF_UNIX socket.</param>
    /// <param name="opened">A step that opens a descriptor; later steps can go on using it.</param>
    /// <param name="text">What the receiver reads beside it.</param>
    public LaunchStep SendDescriptor(StepArgument socket, LaunchStep opened, string text)
    {
        const int MSG_NOSIGNAL = 0x4000, SOL_SOCKET = 1, SCM_RIGHTS = 1, HeaderLength = 16, ControlLength = 24;
        LaunchMemory control = Bytes(MemoryMarshal.AsBytes<ulong>(
            [HeaderLength + sizeof(int), SOL_SOCKET | ((ulong)SCM_RIGHTS << 32), 0]));
        // The descriptor's number becomes the four bytes after the header; the rest is padding.
        CopyResult(opened, control.From(HeaderLength));
        LaunchMemory bytes = Text(text);
        LaunchMemory vector = Words((ulong)bytes.Address, (ulong)bytes.Length - 1);
        LaunchMemory message = Words(0, 0, (ulong)vector.Address, 1, (ulong)control.Address, ControlLength, 0);
        return Call("sendmsg(SCM_RIGHTS)", null, SyscallNumbers.sendmsg, socket, message, MSG_NOSIGNAL);
    }

    // Its own slot may have been passed to other steps already, so a duplicate is what lands in the message.
    private void CopyResult(LaunchStep opened, LaunchMemory slot) => StoreResult(DupAbove(opened, 0), slot);
}
