using System.Buffers.Binary;
using Skiff.Interop.Events;
using Waiting = System.Threading.Monitor;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// Output on its way to a driver that may take its time, which a thread of its own talks to: the monitor's loop never
/// waits for it. When the queue is full, either no more output is read until it has room (<c>mode=blocking</c>), or
/// output is lost, and the log says how much (<c>mode=non-blocking</c>).
/// </summary>
internal sealed class LogQueue : IDisposable
{
    /// <summary>What one read of output may add to a queue that is full.</summary>
    public const int PieceBytes = 33 << 10;

    // Length u32, stream u8, three zeros, time i64, bytes lost before it i64.
    private const int HeaderBytes = 24;
    private const int CloseTimeoutMs = 10_000;
    private const int CheckMs = 500;

    private readonly LogWriter _writer;
    private readonly LogCompression? _compression;
    private readonly bool _drops;
    private readonly int _limit;
    private readonly string _why;
    private readonly byte[] _ring;
    private readonly byte[] _piece = LazyBuffer.Create(PieceBytes);
    private readonly long[] _lost = new long[2];
    private readonly object _door = new();
    private readonly Thread _thread;
    private int _start, _used;
    private bool _wasFull, _closing;

    /// <summary>Starts the thread.</summary>
    /// <param name="writer">Owned.</param>
    /// <param name="compression">What the thread has to look after, or null.</param>
    /// <param name="bytes">When it is full.</param>
    /// <param name="drops">Whether output is lost when it is full.</param>
    public LogQueue(LogWriter writer, LogCompression? compression, int bytes, bool drops)
    {
        (_writer, _compression, _drops, _limit) = (writer, compression, drops, bytes);
        _why = $"the log driver did not keep up, and the buffer of {bytes} bytes (max-buffer-size) was full";
        _ring = LazyBuffer.Create(bytes + 2 * PieceBytes);
        // On Linux a thread's stack costs what it touches.
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Signalled when a queue that was full has room again.</summary>
    public EventFd Resumed { get; } = new();

    /// <summary>Whether no more output should be read; never, when output may be lost.</summary>
    public bool IsFull
    {
        get
        {
            lock (_door) return _wasFull = !_drops && _used >= _limit;
        }
    }

    /// <summary>Takes output; waits only when the container is read to its end faster than the driver takes it.
    /// </summary>
    public void Append(byte stream, ReadOnlySpan<byte> bytes, long unixNanoseconds)
    {
        int length = HeaderBytes + bytes.Length;
        lock (_door)
        {
            long end = Environment.TickCount64 + CloseTimeoutMs;
            while (!_drops && _used + length > _ring.Length && Environment.TickCount64 < end)
                Waiting.Wait(_door, CheckMs);
            if (_used + length > _ring.Length || (_drops && _used > 0 && _used + length > _limit))
            {
                _lost[stream - 1] += bytes.Length;
                return;
            }
            Put(stream, bytes, unixNanoseconds);
            Waiting.PulseAll(_door);
        }
    }

    /// <summary>Has the rest passed on, as far as the driver takes it in ten seconds.</summary>
    public void Dispose()
    {
        lock (_door)
        {
            _closing = true;
            Waiting.PulseAll(_door);
        }
        if (_thread.Join(CloseTimeoutMs)) Resumed.Dispose();
    }

    private void Put(byte stream, ReadOnlySpan<byte> bytes, long unixNanoseconds)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        Head(header, stream, bytes.Length, unixNanoseconds);
        Copy(header);
        Copy(bytes);
    }

    private void Head(Span<byte> header, int stream, int length, long unixNanoseconds)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], stream);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], unixNanoseconds);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], _lost[stream - 1]);
        _lost[stream - 1] = 0;
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        int at = (_start + _used) % _ring.Length, first = Math.Min(bytes.Length, _ring.Length - at);
        bytes[..first].CopyTo(_ring.AsSpan(at));
        bytes[first..].CopyTo(_ring);
        _used += bytes.Length;
    }

    private void Take(Span<byte> bytes)
    {
        int first = Math.Min(bytes.Length, _ring.Length - _start);
        _ring.AsSpan(_start, first).CopyTo(bytes);
        _ring.AsSpan(0, bytes.Length - first).CopyTo(bytes[first..]);
        _start = (_start + bytes.Length) % _ring.Length;
        _used -= bytes.Length;
    }

    private void Run()
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        while (TryTake(header, out int count))
        {
            byte stream = header[4];
            long lost = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
            if (lost > 0) _writer.Lose(stream, lost, _why);
            _writer.Append(stream, _piece.AsSpan(0, count), BinaryPrimitives.ReadInt64LittleEndian(header[8..]));
        }
        _writer.Dispose();
    }

    // What was lost behind the last piece is told of without waiting for another one.
    private bool TryTakeLoss(Span<byte> header)
    {
        int stream = _lost[0] > 0 ? 1 : 2;
        if (_lost[stream - 1] == 0) return false;
        Head(header, stream, 0, LogEntry.Now());
        return true;
    }

    // Waits for output; false when there is none left and none will come.
    private bool TryTake(Span<byte> header, out int count)
    {
        count = 0;
        lock (_door)
        {
            _compression?.Check();
            while (_used == 0)
            {
                if (TryTakeLoss(header)) return true;
                if (_closing) return false;
                Waiting.Wait(_door, _compression?.Running is null ? Timeout.Infinite : CheckMs);
                _compression?.Check();
            }
            Take(header);
            count = BinaryPrimitives.ReadInt32LittleEndian(header);
            Take(_piece.AsSpan(0, count));
            Waiting.PulseAll(_door);
            if (!_wasFull || _used >= _limit) return true;
            _wasFull = false;
        }
        Resumed.Signal();
        return true;
    }
}
