namespace Skiff.Agent.Api;

/// <summary>How a run of a container has ended.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Doubt">Why that is not known for certain; empty when it is.</param>
internal readonly record struct RunEnd(int ExitCode, string Doubt);
