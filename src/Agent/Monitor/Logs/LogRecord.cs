namespace Skiff.Agent.Monitor.Logs;

/// <summary>One record of a log that is read.</summary>
/// <param name="Entry">What is known of the line; whether it was continued is not recorded.</param>
/// <param name="Line">The line, its newline included if it has one.</param>
/// <param name="Attributes">Names and values of <c>--details</c>, or null.</param>
internal readonly record struct LogRecord(
    LogEntry Entry, ReadOnlyMemory<byte> Line, IReadOnlyDictionary<string, string>? Attributes);
