using System.Buffers;
using Skiff.Interop;
using Skiff.Layers.Tar;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Writes down what a tar has besides its files' content, while it passes: all bytes that nobody claimed as content,
/// in their order, and between them which part of which file comes next. How a file's data is laid out, whole or as the
/// segments of a sparse file, is the caller's business.
/// </summary>
internal sealed class TarRecordWriter : IDisposable
{
    private const int FlushBytes = 32 << 10;

    // Headers resemble their neighbours: higher levels and a larger window gain nothing, and each layer's ingest would
    // pay for their tables.
    private const int Level = 1, WindowLog = 17;

    private readonly Fd _file;
    private readonly Compressor _zstd = new(Level);
    private readonly byte[] _compressed = new byte[FlushBytes];
    private readonly ByteBuffer _out = new(2 * FlushBytes), _paths = new();
    private readonly List<Mark> _marks = [];
    private long _total, _written, _contentStart, _contentLength;

    /// <summary>A place in the bytes about to be written.</summary>
    /// <param name="At">Offset in them.</param>
    /// <param name="Inode">The file that content comes from from now on, or -1: this is content.</param>
    /// <param name="Length">Bytes of the path, or of content.</param>
    /// <param name="Start">Where the content starts in its file.</param>
    private readonly record struct Mark(int At, int Inode, int Length, long Start);

    /// <summary>Starts an empty record.</summary>
    /// <param name="file">Owned from now on.</param>
    internal TarRecordWriter(Fd file)
    {
        _file = file;
        _zstd.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, WindowLog);
        _zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
    }

    /// <summary>Says that behind byte <paramref name="at"/> of the next <see cref="Write"/> a file starts.</summary>
    internal void MarkFile(int at, int inode, ReadOnlySpan<byte> path)
    {
        _paths.Append(path);
        _marks.Add(new Mark(at, inode, path.Length, 0));
    }

    /// <summary>
    /// Says that <paramref name="length"/> bytes from <paramref name="at"/> of the next <see cref="Write"/> are what
    /// the file has at <paramref name="start"/>.
    /// </summary>
    internal void MarkContent(int at, int length, long start) => _marks.Add(new Mark(at, -1, length, start));

    /// <summary>Takes the next bytes of the tar, to which the marks since the last call apply.</summary>
    internal void Write(ReadOnlySpan<byte> tar)
    {
        int at = 0, path = 0;
        foreach (Mark mark in _marks)
        {
            Literal(tar[at..mark.At]);
            at = mark.At;
            if (mark.Inode >= 0)
            {
                File(mark.Inode, _paths.Span.Slice(path, mark.Length));
                path += mark.Length;
                continue;
            }
            Content(mark.Start, mark.Length);
            at += mark.Length;
        }
        Literal(tar[at..]);
        _total += tar.Length;
        _marks.Clear();
        _paths.Clear();
    }

    /// <summary>Writes all that was taken so far, without flushing it to disk; more may follow.</summary>
    internal void Flush()
    {
        if (_file.IsClosed) return; // It is finished.
        FlushContent();
        Flush(last: false);
        OperationStatus status;
        do
        {
            status = _zstd.FlushStream(_compressed, out int written);
            Files.WriteAll(_file, _compressed.AsSpan(0, written));
            _written += written;
        }
        while (status == OperationStatus.DestinationTooSmall);
    }

    /// <summary>Writes the end and closes the file, without flushing it to disk; how many bytes it has.</summary>
    internal long Finish()
    {
        Step(TarRecord.End, 0);
        Varint(_total);
        Flush(last: true);
        _file.Dispose();
        return _written;
    }

    public void Dispose()
    {
        _zstd.Dispose();
        _file.Dispose();
    }

    private void Literal(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        Step(TarRecord.Literal, bytes.Length);
        _out.Append(bytes);
        if (_out.Length >= FlushBytes) Flush(last: false);
    }

    private void File(int inode, ReadOnlySpan<byte> path)
    {
        Step(TarRecord.File, path.Length);
        _out.Append(path);
        Varint(inode);
    }

    /// <summary>A large file's content comes in many pieces, but is one step.</summary>
    private void Content(long start, int length)
    {
        if (_contentLength > 0 && start == _contentStart + _contentLength)
        {
            _contentLength += length;
            return;
        }
        FlushContent();
        (_contentStart, _contentLength) = (start, length);
    }

    private void FlushContent()
    {
        long length = _contentLength;
        if (length == 0) return;
        _contentLength = 0;
        Step(TarRecord.Content, length);
        Varint(_contentStart);
    }

    private void Step(int kind, long number)
    {
        FlushContent();
        Varint((number << TarRecord.KindBits) | (uint)kind);
    }

    private void Varint(long value)
    {
        ulong rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7) _out.Append((byte)(rest | 0x80));
        _out.Append((byte)rest);
    }

    private void Flush(bool last)
    {
        ReadOnlySpan<byte> rest = _out.Span;
        OperationStatus status;
        do
        {
            status = _zstd.WrapStream(rest, _compressed, out int consumed, out int written, last);
            Files.WriteAll(_file, _compressed.AsSpan(0, written));
            _written += written;
            rest = rest[consumed..];
        }
        while (status == OperationStatus.DestinationTooSmall || !rest.IsEmpty);
        _out.Clear();
    }
}
