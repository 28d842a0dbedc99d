using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Skiff.Agent.Containers;
using Skiff.Interop;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// Docker's <c>journald</c>: one datagram a line in the journal's native protocol (systemd.io, "Native Journal
/// Protocol"); what is too large for one goes in a sealed file in memory. The fields are Docker's.
/// </summary>
internal sealed class JournaldDriver : ILogDriver
{
    private const string DefaultSocket = "/run/systemd/journal/socket";
    private const int Informational = 6, Error = 3;

    private readonly ArrayBufferWriter<byte> _message = new(1024);
    private readonly byte[] _constant;
    private readonly string _path;
    private readonly (string Id, int Ordinal)[] _parts = new (string, int)[2];
    private UnixSocket _socket;
    private long _ordinal;

    /// <summary>Connects.</summary>
    /// <exception cref="LinuxException">No journal listens.</exception>
    public JournaldDriver(ContainerConfig config, LogOptions options, string path = DefaultSocket)
    {
        _path = path;
        _socket = Connect();
        string tag = LogTag.Render(options.Text("tag") is { Length: > 0 } template ? template : LogTag.Default, config);
        Field("CONTAINER_ID", config.Id[..12]);
        Field("CONTAINER_ID_FULL", config.Id);
        Field("CONTAINER_NAME", config.Name);
        Field("CONTAINER_TAG", tag);
        Field("IMAGE_NAME", config.Image);
        Field("SYSLOG_IDENTIFIER", tag);
        Field("CONTAINER_LOG_EPOCH", ContainerStore.NewId());
        foreach (var (name, value) in LogAttributes.Of(config, options, FieldName))
            if (name.Length > 0) Field(name, value);
        _constant = _message.WrittenSpan.ToArray();
    }

    /// <summary>A label's or a variable's name as the journal takes it: capital letters, digits, underscores.</summary>
    public static string FieldName(string name) => string.Create(name.Length, name, static (text, name) =>
    {
        for (int i = 0; i < name.Length; i++)
            text[i] = char.IsAsciiLetterOrDigit(name[i]) ? char.ToUpperInvariant(name[i]) : '_';
    }).TrimStart('_');

    /// <inheritdoc/>
    public bool Keeps => false;

    /// <inheritdoc/>
    public void Write(in LogEntry entry, ReadOnlySpan<byte> line)
    {
        _message.ResetWrittenCount();
        Field("MESSAGE", line.TrimEnd((byte)'\n'));
        Field("PRIORITY", entry.Stream == 2 ? Error : Informational);
        Span<byte> time = stackalloc byte[LogTime.MaxBytes];
        Field("SYSLOG_TIMESTAMP", time[..LogTime.Write(time, entry.UnixNanoseconds)]);
        Field("CONTAINER_LOG_ORDINAL", ++_ordinal);
        if (entry.Continues || entry.Continued) PartialFields(entry);
        _message.Write(_constant);
        Send(_message.WrittenSpan);
    }

    /// <inheritdoc/>
    public void Flush() { }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void PartialFields(in LogEntry entry)
    {
        ref var part = ref _parts[entry.Stream - 1];
        part = entry.Continued ? (part.Id, part.Ordinal + 1) : (ContainerStore.NewId(), 1);
        Field("CONTAINER_PARTIAL_ID", part.Id);
        Field("CONTAINER_PARTIAL_ORDINAL", part.Ordinal);
        Field("CONTAINER_PARTIAL_LAST", entry.Continues ? "false" : "true");
        if (entry.Continues) Field("CONTAINER_PARTIAL_MESSAGE", "true");
    }

    private void Field(string name, long value) => Field(name, value.ToString(CultureInfo.InvariantCulture));

    private void Field(string name, string value) => Field(name, Encoding.UTF8.GetBytes(value));

    private void Field(string name, ReadOnlySpan<byte> value)
    {
        Encoding.ASCII.GetBytes(name, _message);
        if (value.Contains((byte)'\n'))
        {
            _message.Write("\n"u8);
            BinaryPrimitives.WriteInt64LittleEndian(_message.GetSpan(sizeof(long)), value.Length);
            _message.Advance(sizeof(long));
        }
        else _message.Write("="u8);
        _message.Write(value);
        _message.Write("\n"u8);
    }

    private void Send(ReadOnlySpan<byte> message)
    {
        Errno errno = _socket.TrySend(message);
        if (errno is Errno.EMSGSIZE or Errno.ENOBUFS) errno = SendAsFile(message);
        if (errno is Errno.ECONNREFUSED or Errno.ENOTCONN or Errno.ECONNRESET or Errno.EPIPE)
        {
            // The journal was started anew.
            UnixSocket socket = Connect();
            _socket.Dispose();
            _socket = socket;
            errno = _socket.TrySend(message);
            if (errno is Errno.EMSGSIZE or Errno.ENOBUFS) errno = SendAsFile(message);
        }
        if (errno != Errno.None) throw new LinuxException(errno, "sendmsg", _path);
    }

    private Errno SendAsFile(ReadOnlySpan<byte> message)
    {
        using Fd file = Files.MemoryFile("skiff-journal-entry");
        Files.WriteAll(file, message);
        Files.Seal(file);
        return _socket.TrySend([], [file.Number]);
    }

    private UnixSocket Connect()
    {
        Errno errno = UnixSocket.TryConnect(_path, out UnixSocket? socket, UnixSocketType.SOCK_DGRAM);
        return errno == Errno.None ? socket!
            : throw new LinuxException(errno, "connect", _path, "journald is not enabled on this host");
    }
}
