namespace Skiff.Agent.Monitor.Logs;

/// <summary>How much of a log is kept.</summary>
/// <param name="FileBytes">A file that would grow beyond this is full.</param>
/// <param name="Files">Files, the one being written included.</param>
/// <param name="Compress">Whether full files are compressed.</param>
internal sealed record LogLimits(long FileBytes, int Files, bool Compress);
