namespace Skiff.Agent.Monitor;

/// <summary>
/// How long a monitor waits before it starts its container again, as docker does: 100 ms, twice as long after each
/// further end, a minute at most; from the beginning again after a run of ten seconds.
/// </summary>
internal sealed class RestartDelay
{
    private const int FirstMs = 100;
    private const int LongestMs = 60_000;
    private static readonly TimeSpan s_goodRun = TimeSpan.FromSeconds(10);

    private int _lastMs;

    /// <summary>Milliseconds to wait after a run of that length; zero for a start that failed.</summary>
    public int Next(TimeSpan ran)
    {
        if (ran >= s_goodRun) _lastMs = 0;
        return _lastMs = _lastMs == 0 ? FirstMs : Math.Min(2 * _lastMs, LongestMs);
    }
}
