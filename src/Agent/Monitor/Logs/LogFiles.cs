using Skiff.Interop;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// A log on disk that is bounded: when a file is full it gets a number, a new one begins, and the oldest goes. Records
/// are gathered and written together. Nothing is flushed to the disk, and nothing is written while nothing is logged.
/// </summary>
internal sealed class LogFiles : IDisposable
{
    private const uint Mode = 0x1A0;

    private readonly string _path;
    private readonly LogLimits _limits;
    private readonly Func<Fd, long> _goodEnd;
    private readonly byte[] _batch;
    private int _filled;
    private Fd? _file;
    private long _size;
    private long _newest = -1;

    /// <summary>Opens or creates a log; a torn record at its end, as a power cut leaves it, is cut off.</summary>
    /// <param name="path">The file being written, see <see cref="LogFileNames"/>.</param>
    /// <param name="limits">How much is kept, and how.</param>
    /// <param name="batchBytes">Records gathered; no record may be longer.</param>
    /// <param name="goodEnd">Finds the end of a file's last whole record.</param>
    public LogFiles(string path, LogLimits limits, int batchBytes, Func<Fd, long> goodEnd)
    {
        (_path, _limits, _goodEnd, _batch) = (path, limits, goodEnd, LazyBuffer.Create(batchBytes));
        _file = Open();
        if (limits.Compress) Compression = new LogCompression(path);
    }

    /// <summary>Compresses full files; null when they stay as they are.</summary>
    public LogCompression? Compression { get; }

    /// <summary>Room for a record of at most that length; what is gathered may have to be written first.</summary>
    /// <exception cref="LinuxException">That failed, and what was gathered is lost.</exception>
    public Span<byte> Room(int bytes)
    {
        bool isFull = _filled + bytes > _batch.Length || _size + _filled + bytes > _limits.FileBytes;
        if (isFull && _filled > 0) Flush();
        return _batch.AsSpan(_filled);
    }

    /// <summary>Takes the record that was put into <see cref="Room"/>.</summary>
    public void Advance(int bytes) => _filled += bytes;

    /// <summary>Writes what was gathered.</summary>
    /// <exception cref="LinuxException">It is lost; no part of it is in the file.</exception>
    public void Flush()
    {
        if (_filled == 0) return;
        ReadOnlySpan<byte> records = _batch.AsSpan(0, _filled);
        _filled = 0;
        // Whoever wants room empties the file under us: what counts is what is in it.
        if (_file is not null && IsFull(records.Length)) _size = Files.Stat(_file).Size;
        if (IsFull(records.Length)) Rotate();
        _file ??= Open();
        Write(_file, records);
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
            _file?.Dispose();
            Compression?.Dispose();
        }
    }

    private bool IsFull(int bytes) => _size > 0 && _size + bytes > _limits.FileBytes;

    private void Write(Fd file, ReadOnlySpan<byte> records)
    {
        try
        {
            Files.WriteAll(file, records);
            _size += records.Length;
        }
        catch (LinuxException)
        {
            // A part may have fitted: readers must not take it for a record. Somebody may have emptied the file.
            Files.Ftruncate(file, Math.Min(_size, Files.Stat(file).Size));
            throw;
        }
    }

    private void Rotate()
    {
        if (_newest < 0) FindFull();
        Errno errno = _limits.Files == 1
            ? Files.TryUnlinkAt(Fd.Cwd, _path)
            : Files.TryRenameAt(Fd.Cwd, _path, Fd.Cwd, LogFileNames.Full(_path, _newest + 1));
        if (errno is not (Errno.None or Errno.ENOENT))
            throw new LinuxException(errno, "rename", _path, "rotating a log");
        _file?.Dispose();
        (_file, _size) = (null, 0);
        if (_limits.Files == 1) return;
        _newest++;
        string oldest = LogFileNames.Full(_path, _newest - _limits.Files + 1);
        Files.TryUnlinkAt(Fd.Cwd, oldest);
        Files.TryUnlinkAt(Fd.Cwd, oldest + LogFileNames.Compressed);
        Files.TryUnlinkAt(Fd.Cwd, oldest + LogFileNames.Compressed + LogFileNames.Unfinished);
        Compression?.Add(_newest);
    }

    // Most containers never fill a file, so a start does not look for full ones. Those that an earlier monitor has not
    // compressed are now.
    private void FindFull()
    {
        _newest = 0;
        foreach (var (number, isCompressed) in LogFileNames.List(_path))
        {
            _newest = number;
            if (!isCompressed) Compression?.Add(number);
        }
    }

    private Fd Open()
    {
        Fd file = Files.Open(_path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_APPEND, Mode);
        _size = Files.Stat(file).Size;
        long good = _size == 0 ? 0 : _goodEnd(file);
        if (good < _size) Files.Ftruncate(file, good);
        _size = good;
        return file;
    }
}
