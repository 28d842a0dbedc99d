namespace Skiff.Agent.Monitor;

/// <summary>Something that an <see cref="EventLoop"/> is to do once, later. Milliseconds on a clock that no one sets.
/// </summary>
internal sealed class LoopTimer(long dueMs, Action action)
{
    /// <summary>When it is due, by <see cref="System.Environment.TickCount64"/>.</summary>
    public long DueMs { get; } = dueMs;

    /// <summary>What is done then.</summary>
    public Action Action { get; } = action;
}
