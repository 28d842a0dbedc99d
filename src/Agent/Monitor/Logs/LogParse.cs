namespace Skiff.Agent.Monitor.Logs;

/// <summary>What the beginning of some bytes of a log is.</summary>
internal enum LogParse
{
    /// <summary>A record.</summary>
    Whole,

    /// <summary>The beginning of a record; more bytes are needed.</summary>
    Incomplete,

    /// <summary>No record.</summary>
    Damaged,
}
