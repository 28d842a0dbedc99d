using System.IO.Compression;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Logs;

/// <summary>One file of a log, read front to back; one that is being written can be read on later.</summary>
internal sealed class LogFile : IDisposable
{
    private const int BufferBytes = 64 << 10;

    private readonly Fd _fd;
    private readonly Stream? _compressed;
    private readonly string _path;
    private byte[] _buffer = new byte[BufferBytes];
    private int _filled;
    private long _position;

    private LogFile(Fd fd, string path, bool isCompressed)
    {
        (_fd, _path) = (fd, path);
        if (isCompressed) _compressed = new GZipStream(new FdStream(fd), CompressionMode.Decompress);
    }

    /// <summary>The file's inode, by which it is known under another name.</summary>
    public ulong Inode => Files.Stat(_fd).Ino;

    /// <summary>Opens a file; null when it is not there.</summary>
    public static LogFile? TryOpen(string path, bool isCompressed)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? fd);
        if (errno == Errno.ENOENT) return null;
        return errno == Errno.None ? new LogFile(fd!, path, isCompressed)
            : throw new LinuxException(errno, "open", path);
    }

    /// <summary>Back to the beginning, for a second reading.</summary>
    public LogFile Again()
    {
        Files.Seek(_fd, 0);
        return new LogFile(_fd, _path, _compressed is not null);
    }

    /// <summary>Reads the records that are there. What is damaged is passed over, with a warning.</summary>
    /// <param name="format">The file's format.</param>
    /// <param name="take">Gets each record, which is valid for this call alone.</param>
    /// <param name="quiet">Whether damage was told of already.</param>
    public void Read(ILogFormat format, Action<LogRecord> take, bool quiet = false)
    {
        long damaged = 0;
        KeepWithin();
        while (ReadMore(ref damaged)) TakeRecords(format, take, ref damaged);
        if (damaged > 0 && !quiet)
            Output.Error($"skiff: the log is damaged: {damaged} bytes of {_path} were passed over");
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private void TakeRecords(ILogFormat format, Action<LogRecord> take, ref long damaged)
    {
        int at = 0;
        while (format.Read(_buffer.AsSpan(at, _filled - at), out LogRecord record, out int used) is var parse
            && parse != LogParse.Incomplete)
        {
            at += used;
            if (parse == LogParse.Damaged) damaged += used;
            else take(record);
        }
        _buffer.AsSpan(at, _filled - at).CopyTo(_buffer);
        _filled -= at;
        if (_filled == _buffer.Length) Array.Resize(ref _buffer, 2 * _buffer.Length);
    }

    private bool ReadMore(ref long damaged)
    {
        try
        {
            Span<byte> room = _buffer.AsSpan(_filled);
            int count = _compressed?.Read(room) ?? Files.Read(_fd, room);
            _filled += count;
            _position += count;
            return count > 0;
        }
        catch (InvalidDataException)
        {
            damaged++;
            return false;
        }
    }

    // A writer cuts off what did not fit on a full disk; people empty a file that is in their way.
    private void KeepWithin()
    {
        if (_compressed is not null) return;
        long size = Files.Stat(_fd).Size;
        if (size >= _position) return;
        _filled = size >= _position - _filled ? (int)(size - (_position - _filled)) : 0;
        _position = size;
        Files.Seek(_fd, size);
    }
}
