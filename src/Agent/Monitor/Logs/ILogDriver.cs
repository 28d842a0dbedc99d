namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// Where a container's lines go. Called by one thread at a time; may block. Disposing flushes as far as that is
/// possible.
/// </summary>
internal interface ILogDriver : IDisposable
{
    /// <summary>Whether lines are kept until <see cref="Flush"/>.</summary>
    bool Keeps { get; }

    /// <summary>Takes one line, its newline included if it has one.</summary>
    /// <exception cref="Skiff.Interop.LinuxException">It is lost, and what was kept with it.</exception>
    void Write(in LogEntry entry, ReadOnlySpan<byte> line);

    /// <summary>Passes on what was kept.</summary>
    /// <exception cref="Skiff.Interop.LinuxException">It is lost.</exception>
    void Flush();
}
