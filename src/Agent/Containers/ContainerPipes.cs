using Skiff.Interop;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Containers;

/// <summary>
/// Both ends of a container's stdio before its start: a terminal, or three pipes (/dev/null for a stdin that nobody
/// feeds). The
/// container's ends are closed on disposal, once the child has them; the engine's ends go on to the running container.
/// </summary>
internal sealed class ContainerPipes : IDisposable
{
    private ContainerPipes() { }

    /// <summary>Master side of the terminal, non-blocking, or null.</summary>
    public Fd? Terminal { get; private init; }

    /// <summary>Write end of stdin, non-blocking, or null.</summary>
    public Fd? Stdin { get; private init; }

    /// <summary>Read end of stdout, non-blocking, or null.</summary>
    public Fd? Stdout { get; private init; }

    /// <summary>Read end of stderr, non-blocking, or null.</summary>
    public Fd? Stderr { get; private init; }

    /// <summary>What becomes fd 0, 1 and 2 of the container.</summary>
    public required Fd[] Inside { get; init; }

    /// <summary>Makes them as the container's configuration asks.</summary>
    public static ContainerPipes Create(ContainerConfig config, Fd devPts, ushort rows, ushort columns)
    {
        if (config.Tty)
        {
            Pty pty = Pty.Open(Files.OpenAt(devPts, "ptmx", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY));
            if (rows > 0) WindowSize.Set(pty.Master, rows, columns);
            Files.SetNonBlocking(pty.Master);
            return new ContainerPipes { Terminal = pty.Master, Inside = [pty.Slave, pty.Slave, pty.Slave] };
        }
        var (outRead, outInside) = OutputPipe();
        var (errRead, errInside) = OutputPipe();
        Fd? inWrite = null;
        Fd inRead;
        if (config.OpenStdin) (inRead, inWrite) = Files.Pipe();
        else inRead = Files.Open("/dev/null", OpenFlags.O_RDWR);
        foreach (Fd? own in (ReadOnlySpan<Fd?>)[inWrite, outRead, errRead])
            if (own is not null)
                Files.SetNonBlocking(own);
        return new ContainerPipes { Stdin = inWrite, Stdout = outRead, Stderr = errRead, Inside =
            [inRead, outInside, errInside] };
    }

    // The container holds its pipe for reading, too: when its monitor is killed, what it writes waits for the next one
    // instead of ending it by SIGPIPE.
    private static (Fd Read, Fd Inside) OutputPipe()
    {
        var (read, write) = Files.Pipe();
        using (write) return (read, Files.Open($"/proc/self/fd/{write.Number}", OpenFlags.O_RDWR));
    }

    /// <summary>
    /// Lets the container's root open its stdio again, as /dev/stdout; /dev/null, in the place of a stdin, is the
    /// host's.
    /// </summary>
    public void GiveTo(UserMapping mapping)
    {
        if (Terminal is not null) mapping.OwnTerminal(Inside[0]);
        else for (int i = Stdin is null ? 1 : 0; i < Inside.Length; i++) mapping.Own(Inside[i]);
    }

    /// <summary>Closes the engine's ends.</summary>
    public void DisposeOwn()
    {
        foreach (Fd? fd in (ReadOnlySpan<Fd?>)[Terminal, Stdin, Stdout, Stderr]) fd?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Fd fd in Inside) fd.Dispose();
    }
}
