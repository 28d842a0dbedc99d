using System.Buffers;
using System.Globalization;
using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// Docker's <c>syslog</c>: RFC 3164 or 5424 to a socket, over which stream sockets have lines end with a newline. A
/// connection that breaks is made anew, after a failure not more often than once a second.
/// </summary>
internal sealed class SyslogDriver : ILogDriver
{
    private const int Informational = 6, Error = 3;
    private const int RetryMs = 1000;
    private const int BatchBytes = 32 << 10;

    private readonly SyslogSettings _settings;
    private readonly string _name;
    private readonly string _host = System.Environment.MachineName;
    private readonly ArrayBufferWriter<byte> _batch = new(1024);
    private SyslogSocket? _socket;
    private long _retryAt;
    private LinuxException? _trouble;

    /// <summary>Connects.</summary>
    /// <exception cref="LinuxException">Nobody listens there.</exception>
    public SyslogDriver(SyslogSettings settings, string tag)
    {
        _settings = settings;
        _name = settings.Format.StartsWith("rfc5424", StringComparison.Ordinal)
            ? $"{tag} {System.Environment.ProcessId} {tag} -" : $"{tag}[{System.Environment.ProcessId}]:";
        _socket = SyslogSocket.Open(settings);
    }

    /// <inheritdoc/>
    public bool Keeps => _socket?.IsStream == true;

    /// <inheritdoc/>
    public void Write(in LogEntry entry, ReadOnlySpan<byte> line)
    {
        string head = Head(_settings, entry, _host, _name);
        Encoding.UTF8.GetBytes(head, _batch);
        _batch.Write(line.TrimEnd((byte)'\n'));
        _batch.Write("\n"u8);
        if (_socket is { IsStream: false } or null || _batch.WrittenCount > BatchBytes) Flush();
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (_batch.WrittenCount == 0) return;
        try
        {
            Send(_batch.WrittenSpan);
        }
        finally
        {
            _batch.ResetWrittenCount();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Flush();
        }
        finally
        {
            _socket?.Dispose();
        }
    }

    /// <summary>What stands in front of a line.</summary>
    internal static string Head(SyslogSettings settings, in LogEntry entry, string host, string name)
    {
        int priority = settings.Facility * 8 + (entry.Stream == 2 ? Error : Informational);
        DateTime time = DateTime.UnixEpoch.AddTicks(entry.UnixNanoseconds / 100).ToLocalTime();
        return settings.Format switch
        {
            "rfc5424" => $"<{priority}>1 {In(time, "yyyy-MM-dd'T'HH:mm:ssK")} {host} {name} ",
            "rfc5424micro" => $"<{priority}>1 {In(time, "yyyy-MM-dd'T'HH:mm:ss.ffffffK")} {host} {name} ",
            "rfc3164" => $"<{priority}>{Short(time)} {host} {name} ",
            _ => $"<{priority}>{Short(time)} {name} ",
        };
    }

    private static string Short(DateTime time) => $"{In(time, "MMM")} {time.Day,2} {In(time, "HH:mm:ss")}";

    private static string In(DateTime time, string format)
    {
        string text = time.ToString(format, CultureInfo.InvariantCulture);
        return text.EndsWith("+00:00", StringComparison.Ordinal) ? text[..^6] + "Z" : text;
    }

    private void Send(ReadOnlySpan<byte> messages)
    {
        if (_socket is not null)
        {
            try
            {
                _socket.Send(messages);
                return;
            }
            catch (LinuxException)
            {
                _socket.Dispose();
                _socket = null;
            }
        }
        if (_trouble is not null && System.Environment.TickCount64 < _retryAt) throw _trouble;
        try
        {
            _socket = SyslogSocket.Open(_settings);
            _socket.Send(messages);
            _trouble = null;
        }
        catch (LinuxException e)
        {
            (_trouble, _retryAt) = (e, System.Environment.TickCount64 + RetryMs);
            throw;
        }
    }
}
