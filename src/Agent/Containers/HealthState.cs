namespace Skiff.Agent.Containers;

/// <summary>What a container's health checks have found. In memory of the host only: RUNROOT, not the disk.</summary>
/// <param name="Status">starting, healthy or unhealthy.</param>
/// <param name="FailingStreak">Failures in a row.</param>
/// <param name="Log">The last five results, oldest first.</param>
internal sealed record HealthState(string Status, int FailingStreak, HealthResult[] Log)
{
    private const int LogLength = 5;

    /// <summary>Before the first result.</summary>
    public static HealthState Starting { get; } = new("starting", 0, []);

    /// <summary>The state after one more result.</summary>
    /// <param name="result">What the check gave.</param>
    /// <param name="counts">Whether a failure counts: within the start period it does not.</param>
    /// <param name="retries">Failures in a row that make a container unhealthy.</param>
    public HealthState After(HealthResult result, bool counts, int retries)
    {
        HealthResult[] log = [.. Log.TakeLast(LogLength - 1), result];
        if (result.ExitCode == 0) return new HealthState("healthy", 0, log);
        if (Status == "starting" && !counts) return this with { Log = log };
        int streak = FailingStreak + 1;
        return new HealthState(streak >= retries ? "unhealthy" : Status, streak, log);
    }
}
