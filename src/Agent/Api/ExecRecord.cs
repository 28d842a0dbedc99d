using Skiff.Agent.Containers;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Api;

/// <summary>A process that a client wants in a container: asked for by one request, started by another.</summary>
/// <param name="Id">64 hexadecimal digits.</param>
/// <param name="Container">Where.</param>
/// <param name="Request">What.</param>
/// <param name="Streams">Which of its streams the client joins.</param>
/// <param name="DetachKeys">The keys that leave it.</param>
internal sealed record ExecRecord(
    string Id, ContainerConfig Container, ExecRequest Request, AttachStreams Streams, string DetachKeys)
{
    private readonly Lock _lock = new();
    private int _started;

    /// <summary>When it was asked for, or ended; <see cref="Environment.TickCount64"/>.</summary>
    public long TouchedMs { get; set; } = Environment.TickCount64;

    /// <summary>The window, as the client has said last; no rows when it has not.</summary>
    public (ushort Rows, ushort Columns) Size { get; private set; }

    /// <summary>Its PID; 0 before.</summary>
    public int Pid { get; set; }

    /// <summary>Its exit code; null before its end.</summary>
    public int? ExitCode { get; set; }

    /// <summary>Its terminal while it runs; null without one.</summary>
    public Fd? Terminal { get; private set; }

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => Pid > 0 && ExitCode is null;

    /// <summary>Gives the window a size, which may come while the process is being started.</summary>
    public void Resize(ushort rows, ushort columns)
    {
        lock (_lock)
        {
            Size = (rows, columns);
            if (Terminal is not null) WindowSize.Set(Terminal, rows, columns);
        }
    }

    /// <summary>Keeps its terminal; null when it has ended.</summary>
    public void Joined(Fd? terminal)
    {
        lock (_lock)
        {
            Terminal = terminal;
            if (terminal is not null && Size.Rows > 0) WindowSize.Set(terminal, Size.Rows, Size.Columns);
        }
    }

    /// <summary>Whether the caller is the first to start it.</summary>
    public bool TryStart() => Interlocked.Exchange(ref _started, 1) == 0;
}
