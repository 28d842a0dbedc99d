namespace Skiff.System.Tests;

/// <summary>One call of the binary in a soak.</summary>
/// <param name="Name">What it is counted as.</param>
/// <param name="Arguments">Of the binary.</param>
/// <param name="EndAfterMs">When a signal ends it, for those that may wait for long; 0 is never.</param>
/// <param name="Expects">Must be in what it prints, whatever others do; null when they may get in the way.</param>
public sealed record SoakVerb(string Name, string[] Arguments, int EndAfterMs = 0, string? Expects = null);
