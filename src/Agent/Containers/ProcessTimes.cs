using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>Telling a process from another one that got its number later.</summary>
internal static class ProcessTimes
{
    private const int TicksPerSecond = 100; // USER_HZ, on every architecture that .NET runs on.

    /// <summary>Start time in clock ticks since boot; 0 when the process is gone.</summary>
    public static long StartTime(int pid) => PidFd.TryReadStartTime(pid, out ulong time) == Errno.None ? (long)time : 0;

    /// <summary>How long ago a start time was; not less than 0.</summary>
    public static TimeSpan Since(long startTime)
    {
        ReadOnlySpan<char> uptime = Files.ReadAllText("/proc/uptime").AsSpan();
        double now = double.Parse(uptime[..uptime.IndexOf(' ')], System.Globalization.CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(Math.Max(0, now - (double)startTime / TicksPerSecond));
    }

    /// <summary>
    /// Whether this very process still runs. One that has ended is there for as long as its parent does not ask how:
    /// that of a killed monitor's is the host's init, which may take its time.
    /// </summary>
    public static bool IsAlive(int pid, long startTime) => pid > 0 && startTime != 0
        && PidFd.TryReadStat(pid, out char state, out ulong started) == Errno.None
        && (long)started == startTime && state is not ('Z' or 'X');
}
