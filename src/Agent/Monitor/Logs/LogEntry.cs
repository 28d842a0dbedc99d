namespace Skiff.Agent.Monitor.Logs;

/// <summary>What is known of a line, or of a piece of one that is too long for one record.</summary>
/// <param name="Stream">1 stdout, 2 stderr.</param>
/// <param name="Continues">The line goes on in the stream's next record.</param>
/// <param name="Continued">The line began in an earlier record.</param>
/// <param name="UnixNanoseconds">When it was read.</param>
internal readonly record struct LogEntry(byte Stream, bool Continues, bool Continued, long UnixNanoseconds)
{
    /// <summary>The longest piece; longer lines become several records, as with Docker.</summary>
    public const int MaxBytes = 16 << 10;

    /// <summary>Now, as the records have it.</summary>
    public static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
