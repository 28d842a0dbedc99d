namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// Lines for two drivers: one that <c>logs</c> cannot read, and the files that it reads in its place. Neither's trouble
/// is the other's.
/// </summary>
/// <param name="remote">Owned.</param>
/// <param name="cache">Owned.</param>
internal sealed class TeeDriver(LossyDriver remote, LossyDriver cache) : ILogDriver
{
    /// <inheritdoc/>
    public bool Keeps => false;

    /// <inheritdoc/>
    public void Write(in LogEntry entry, ReadOnlySpan<byte> line)
    {
        cache.Write(entry, line);
        remote.Write(entry, line);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        cache.Flush();
        remote.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        cache.Dispose();
        remote.Dispose();
    }
}
