namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// Where a container's lines go. Called by one thread at a time; may block. Disposing flushes as far as that is
/// possible.
/// </summary>
internal interface ILogDriver : IDisposable
{
    /// <summary>Takes one line, its newline included if it has one; it may be kept until <see cref="Flush"/>.</summary>
    /// <exception cref="Skiff.Interop.LinuxException">
    /// It cannot be taken, and with it is lost what was taken since the last flush.
    /// </exception>
    void Write(in LogEntry entry, ReadOnlySpan<byte> line);

    /// <summary>Passes on what was kept.</summary>
    /// <exception cref="Skiff.Interop.LinuxException">It is lost.</exception>
    void Flush();
}
