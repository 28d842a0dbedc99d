using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;
using Skiff.Interop.Processes;
using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Agent.Oci.Plan;

/// <summary>
/// The steps that give a process its standard input and output: a terminal of the container's own devpts, whose other
/// side goes to a socket, or the runtime's own three descriptors.
/// </summary>
/// <param name="program">The program that gets the steps.</param>
/// <param name="process">The process.</param>
/// <param name="socket">Where the terminal's other side goes; null without a terminal.</param>
internal sealed class ConsolePlan(LaunchProgram program, ProcessSpec process, Fd? socket)
{
    private const OpenFlags Terminal = OpenFlags.O_RDWR | OpenFlags.O_NOCTTY;

    private LaunchStep? _slave;

    /// <summary>Opens a terminal of the first process, and shows it as /dev/console.</summary>
    /// <param name="mounts">The container's mounts.</param>
    /// <param name="inside">The container's root.</param>
    public void OpenForInit(MountPlan mounts, InsideRoot inside)
    {
        if (!process.Terminal) return;
        if (!mounts.HasTerminals)
            throw new UsageException("process.terminal is true, but no mount has the destination /dev/pts");
        Open(mounts.Devpts is { } devpts ? program.OpenAt(devpts, "ptmx", Terminal)
            : inside.Open("/dev/pts/ptmx", Terminal));
        // The file is made by its name in a directory that was found inside, and covered by descriptor
        // (CVE-2025-52565).
        LaunchStep tree = program.OpenTree(_slave!.Value, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
        program.MoveMountTo(tree, inside.Ensure("/dev/console", directory: false, real: true), "/dev/console");
    }

    /// <summary>Opens a terminal of a further process, in the container that the child has joined.</summary>
    public void OpenForExec()
    {
        if (!process.Terminal) return;
        // The container decides what is there by now; what is no terminal fails the first request.
        Open(program.OpenAt2(Fd.Cwd, "/dev/pts/ptmx", Terminal | OpenFlags.O_NONBLOCK,
            ResolveFlags.RESOLVE_NO_SYMLINKS | ResolveFlags.RESOLVE_NO_MAGICLINKS));
    }

    /// <summary>Makes a session, and descriptors 0, 1 and 2 the process' own.</summary>
    public void Attach()
    {
        program.SetSid();
        if (_slave is { } slave)
        {
            for (int i = 0; i < 3; i++) program.Dup3(slave, i);
            program.SetControllingTerminal(0);
        }
        // So that a process of another user can open /dev/stdout again. It may be a file of somebody else's.
        if (process.Uid != 0)
            for (int i = 0; i < 3; i++) program.Fchown(Fd.Borrow(i), process.Uid, uint.MaxValue, OnError.Ignore);
    }

    private void Open(LaunchStep master)
    {
        _slave = program.OpenTerminalPeer(master);
        if (process.ConsoleRows > 0 && process.ConsoleColumns > 0)
            program.SetWindowSize(_slave.Value, process.ConsoleRows, process.ConsoleColumns);
        program.SendDescriptor(socket!, master, "/dev/pts/ptmx");
    }
}
