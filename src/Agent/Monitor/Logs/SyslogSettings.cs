using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>How the syslog is reached and what it is told; by Docker's options.</summary>
/// <param name="Network">unix, unixgram, tcp, udp, or empty: the host's own, wherever that is.</param>
/// <param name="Address">A path, or a host.</param>
/// <param name="Port">Of tcp and udp.</param>
/// <param name="Facility">0 to 23.</param>
/// <param name="Format">rfc3164, rfc5424, rfc5424micro, or empty: rfc3164 without a host's name.</param>
internal sealed record SyslogSettings(string Network, string Address, ushort Port, int Facility, string Format)
{
    private const ushort DefaultPort = 514;
    private const int Daemon = 3;

    private static readonly string[] s_facilities =
    [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
        "", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ];

    /// <summary>Reads and checks.</summary>
    /// <exception cref="UsageException">Names the option.</exception>
    public static SyslogSettings Read(LogOptions options)
    {
        string format = options.Text("syslog-format") ?? "";
        if (format is not ("" or "rfc3164" or "rfc5424" or "rfc5424micro")) throw LogOptions.Invalid("syslog-format",
            format, "Invalid syslog format: expected rfc3164, rfc5424 or rfc5424micro");
        var (network, address, port) = Target(options.Text("syslog-address") ?? "");
        return new SyslogSettings(network, address, port, FacilityOf(options.Text("syslog-facility") ?? ""), format);
    }

    private static int FacilityOf(string text)
    {
        if (text.Length == 0) return Daemon;
        int named = Array.IndexOf(s_facilities, text);
        if (named >= 0) return named;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number < s_facilities.Length
            ? number
            : throw LogOptions.Invalid("syslog-facility", text, "invalid syslog facility: "
                + "expected a name such as daemon or local3, or 0 to 23");
    }

    private static (string Network, string Address, ushort Port) Target(string text)
    {
        if (text.Length == 0) return ("", "", 0);
        int colon = text.IndexOf("://", StringComparison.Ordinal);
        string scheme = colon < 0 ? "" : text[..colon], rest = colon < 0 ? "" : text[(colon + 3)..];
        switch (scheme)
        {
            case "unix" or "unixgram":
                return rest.StartsWith('/') ? (scheme, rest, (ushort)0) : throw Bad("expected an absolute path");
            case "tcp" or "udp":
                return (scheme, HostOf(rest, out ushort port) is { Length: > 0 } host ? host : "127.0.0.1", port);
            case "tcp+tls": throw Bad("syslog over TLS is not supported");
            default: throw Bad($"unsupported scheme: '{scheme}': expected unix, unixgram, tcp or udp");
        }

        UsageException Bad(string problem) => LogOptions.Invalid("syslog-address", text, problem);

        string HostOf(string authority, out ushort port)
        {
            port = DefaultPort;
            if (authority.Contains('/')) throw Bad("expected HOST[:PORT]");
            int last = authority.LastIndexOf(':');
            bool hasPort = last >= 0 && !authority.EndsWith(']')
                && (authority[0] == '[' || authority.IndexOf(':') == last);
            if (hasPort && (!ushort.TryParse(authority[(last + 1)..], NumberStyles.None, CultureInfo.InvariantCulture,
                out port) || port == 0)) throw Bad("invalid port");
            return (hasPort ? authority[..last] : authority).Trim('[', ']');
        }
    }
}
