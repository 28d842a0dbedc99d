namespace Skiff.Agent.Containers;

/// <summary>One health check.</summary>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended.</param>
/// <param name="ExitCode">0 is healthy; -1 when it could not run or took too long.</param>
/// <param name="Output">What it wrote, or why it did not end by itself; 4 KiB at most.</param>
internal sealed record HealthResult(DateTimeOffset Start, DateTimeOffset End, int ExitCode, string Output);
