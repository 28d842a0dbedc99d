using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// A flock(2) that is held until this is disposed of. It is given back in words then, not by closing the descriptor: a
/// child that another thread has cloned meanwhile has a copy of that until it executes its program, which it may not do
/// before whoever waits for this lock has done something for it.
/// </summary>
/// <param name="fd">The locked file, owned.</param>
internal sealed class FileLock(Fd fd) : IDisposable
{
    /// <summary>The locked file.</summary>
    public Fd Fd => fd;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!fd.IsClosed) Files.Unlock(fd);
        fd.Dispose();
    }
}
