namespace Skiff.Agent.Monitor.Logs;

/// <summary>How a log file is read.</summary>
internal interface ILogFormat
{
    /// <summary>The most bytes of one record.</summary>
    int MaxRecordBytes { get; }

    /// <summary>Reads the record at the beginning of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">From the file.</param>
    /// <param name="record">The record, when it is whole; its line is valid until the next call.</param>
    /// <param name="used">How many bytes are done with: the record's, or those that are no record.</param>
    LogParse Read(ReadOnlySpan<byte> bytes, out LogRecord record, out int used);
}
