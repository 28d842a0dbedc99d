using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Monitor;

/// <summary>
/// Appends output to a bounded log: <see cref="FileLimitBytes"/> a file, <see cref="FileCount"/> files. Lines are
/// gathered per stream so that a record is a line; a torn end from an earlier crash is cut off when the file is opened.
/// A log that cannot be written, as on a full disk, harms no container: what did not fit is left out, and a line in the
/// log says so once it can be written again.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    /// <summary>Size at which the file is rotated.</summary>
    public const long FileLimitBytes = 20 << 20;

    /// <summary>Files kept, the current one included.</summary>
    public const int FileCount = 5;

    private readonly string _path;
    private readonly byte[][] _pending =
        [LazyBuffer.Create(LogFormat.MaxLineBytes), LazyBuffer.Create(LogFormat.MaxLineBytes)];

    private readonly int[] _pendingBytes = new int[2];
    private readonly byte[] _batch =
        LazyBuffer.Create(2 * (LogFormat.MaxLineBytes + LogFormat.HeaderBytes));
    private int _batchBytes;
    private Fd? _file;
    private long _size;
    private long _missingBytes;
    private string _missingWhy = "";

    /// <summary>Opens or creates the log in <paramref name="directory"/>.</summary>
    public LogWriter(string directory)
    {
        _path = Path.Combine(directory, LogFormat.FileName);
        _file = Open();
        _size = CutTornEnd(_file);
    }

    /// <summary>Takes bytes of <paramref name="stream"/> (1 stdout, 2 stderr) and writes every finished line.</summary>
    public void Append(byte stream, ReadOnlySpan<byte> bytes)
    {
        long now = UnixNanoseconds();
        ref int filled = ref _pendingBytes[stream - 1];
        byte[] pending = _pending[stream - 1];
        while (!bytes.IsEmpty)
        {
            int newline = bytes.IndexOf((byte)'\n');
            int take = Math.Min(newline < 0 ? bytes.Length : newline + 1, pending.Length - filled);
            bytes[..take].CopyTo(pending.AsSpan(filled));
            filled += take;
            bool ended = newline >= 0 && take == newline + 1;
            bytes = bytes[take..];
            if (!ended && filled < pending.Length) break;
            Emit(stream, pending.AsSpan(0, filled), ended ? (byte)0 : LogFormat.Partial, now);
            filled = 0;
        }
        Flush();
    }

    /// <summary>Writes what is left without a newline; nothing follows.</summary>
    public void Dispose()
    {
        for (byte stream = 1; stream <= 2; stream++)
            if (_pendingBytes[stream - 1] > 0)
                Emit(stream, _pending[stream - 1].AsSpan(0, _pendingBytes[stream - 1]), 0, UnixNanoseconds());
        Flush();
        _file?.Dispose();
    }

    private static long UnixNanoseconds() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    private void Emit(byte stream, ReadOnlySpan<byte> line, byte flags, long now)
    {
        if (_batchBytes + LogFormat.HeaderBytes + line.Length > _batch.Length) Flush();
        LogFormat.WriteHeader(_batch.AsSpan(_batchBytes), line.Length, stream, flags, now);
        line.CopyTo(_batch.AsSpan(_batchBytes + LogFormat.HeaderBytes));
        _batchBytes += LogFormat.HeaderBytes + line.Length;
    }

    private void Flush()
    {
        if (_batchBytes == 0) return;
        try
        {
            if (_size + _batchBytes > FileLimitBytes) Rotate();
            _file ??= Open();
            if (_missingBytes > 0) WriteGap(_file);
            Write(_file, _batch.AsSpan(0, _batchBytes));
        }
        catch (LinuxException e)
        {
            _missingBytes += _batchBytes;
            _missingWhy = e.Message;
        }
        _batchBytes = 0;
    }

    private void Write(Fd file, ReadOnlySpan<byte> records)
    {
        try
        {
            Files.WriteAll(file, records);
            _size += records.Length;
        }
        catch (LinuxException)
        {
            Files.Ftruncate(file, _size); // A part may have fitted: readers must not take it for a record.
            throw;
        }
    }

    // The reader of the log sees where something is missing, on the stream of errors.
    private void WriteGap(Fd file)
    {
        string text = $"skiff: {_missingBytes} bytes of the log are missing here: {_missingWhy}\n";
        byte[] record = [.. new byte[LogFormat.HeaderBytes], .. Encoding.UTF8.GetBytes(text)];
        LogFormat.WriteHeader(record, record.Length - LogFormat.HeaderBytes, 2, 0, UnixNanoseconds());
        Write(file, record);
        _missingBytes = 0;
    }

    private void Rotate()
    {
        Files.TryUnlinkAt(Fd.Cwd, $"{_path}.{FileCount - 1}");
        for (int i = FileCount - 1; i >= 1; i--)
            Files.TryRenameAt(Fd.Cwd, i == 1 ? _path : $"{_path}.{i - 1}", Fd.Cwd, $"{_path}.{i}");
        _file?.Dispose();
        (_file, _size) = (null, 0);
    }

    private Fd Open() => Files.Open(_path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_APPEND, 0x1A0);

    private static long CutTornEnd(Fd file)
    {
        long good = 0;
        Span<byte> header = stackalloc byte[LogFormat.HeaderBytes];
        long size = Files.Stat(file).Size;
        while (good + LogFormat.HeaderBytes <= size && Files.PRead(file, header, good) == LogFormat.HeaderBytes)
        {
            uint payload = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(header);
            if (payload > LogFormat.MaxLineBytes || good + LogFormat.HeaderBytes + payload > size) break;
            good += LogFormat.HeaderBytes + payload;
        }
        if (good < size) Files.Ftruncate(file, good);
        return good;
    }
}
