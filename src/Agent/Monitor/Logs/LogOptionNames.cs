using Skiff.Agent.Manager;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>Which driver has which options.</summary>
internal static class LogOptionNames
{
    private static readonly string[] s_ring = ["max-size", "max-file", "compress"];
    private static readonly string[] s_details = ["labels", "labels-regex", "env", "env-regex", "tag"];
    private static readonly string[] s_common =
        ["mode", "max-buffer-size", "cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"];

    private static readonly (string Driver, string[] Options)[] s_drivers =
    [
        ("local", s_ring), ("json-file", [.. s_ring, .. s_details]), ("journald", s_details),
        ("syslog", [.. s_details, "syslog-address", "syslog-facility", "syslog-format"]), ("none", []),
    ];

    /// <summary>Refuses a driver that is none, and options that it has not got.</summary>
    /// <exception cref="UsageException">Names it.</exception>
    public static void Check(string driver, Dictionary<string, string> values)
    {
        string[]? known = null;
        foreach (var row in s_drivers)
            if (row.Driver == driver) known = row.Options;
        if (known is null) throw new UsageException(
            $"unknown --log-driver \"{driver}\": expected local, json-file, journald, syslog or none");
        if (driver == "none" && values.Count > 0) throw new UsageException("invalid logging opts for driver none");
        foreach (string name in values.Keys)
        {
            if (name.StartsWith("syslog-tls-", StringComparison.Ordinal) && driver == "syslog")
                throw new UsageException($"--log-opt {name} is not supported: syslog over TLS is not");
            if (!known.Contains(name) && !s_common.Contains(name))
                throw new UsageException($"unknown log opt '{name}' for {driver} log driver");
        }
    }
}
