using Skiff.Interop.Processes;

namespace Skiff.Agent.Api;

/// <summary>Gives memory back when no request has ended for a while.</summary>
internal sealed class IdleRelease
{
    private const int IdleMs = 2000;

    private long _last;
    private int _isWaiting;

    /// <summary>A request has ended.</summary>
    public void RequestEnded()
    {
        Volatile.Write(ref _last, Environment.TickCount64);
        if (Interlocked.Exchange(ref _isWaiting, 1) == 0) _ = WaitAsync();
    }

    private async Task WaitAsync()
    {
        while (IdleMs - (Environment.TickCount64 - Volatile.Read(ref _last)) is > 0 and var left)
            await Task.Delay((int)left);
        Volatile.Write(ref _isWaiting, 0);
        IdleMemory.GiveBack();
    }
}
