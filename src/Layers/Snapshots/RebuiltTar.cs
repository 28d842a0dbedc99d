using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;
using ZstdSharp;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// A layer's tar, put together again from what <see cref="TarRecordWriter"/> wrote and from the layer's files. It
/// checks nothing but that there are enough bytes: whoever needs more hashes them.
/// </summary>
internal sealed class RebuiltTar : ForwardStream
{
    private readonly Digest _diffId;
    private readonly string _layer;
    private readonly LayerContent _content;
    private readonly DecompressionStream _zstd;
    private readonly byte[] _buffer = new byte[32 << 10];
    private int _at, _filled; // What is unread in the buffer.
    private Fd? _file;
    private long _literal, _contentStart, _contentLength, _position;
    private bool _ended;

    /// <summary>Opens the record.</summary>
    /// <param name="diffId">For messages.</param>
    /// <param name="layer">The layer's directory.</param>
    /// <exception cref="ImageException">There is none.</exception>
    internal RebuiltTar(Digest diffId, string layer)
    {
        (_diffId, _layer) = (diffId, layer);
        string path = Path.Combine(layer, OverlaySnapshotter.Record);
        if (Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? record) != Errno.None)
            throw Damaged($"{path} cannot be opened");
        _zstd = new DecompressionStream(new FdStream(record!), leaveOpen: false);
        _content = new LayerContent(layer);
    }

    public override long Length => Measure();
    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (_literal == 0 && _contentLength == 0)
        {
            if (_ended) return 0;
            Step();
        }
        int count = _literal > 0 ? ReadLiteral(buffer) : ReadContent(buffer);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file?.Dispose();
            _content.Dispose();
            _zstd.Dispose();
        }
        base.Dispose(disposing);
    }

    // A second reader, which skips what this one would give.
    private long Measure()
    {
        using var other = new RebuiltTar(_diffId, _layer);
        Span<byte> skipped = stackalloc byte[4 << 10];
        while (!other._ended)
        {
            other.Step();
            while (other._literal > 0) other._position += other.ReadLiteral(skipped);
            other._position += other._contentLength;
            other._contentLength = 0;
        }
        return other._position;
    }

    private void Step()
    {
        long step = Varint(), number = step >> TarRecord.KindBits;
        switch ((int)step & TarRecord.KindMask)
        {
            case TarRecord.Literal:
                _literal = number;
                break;
            case TarRecord.File:
                OpenFile(number);
                break;
            case TarRecord.Content:
                (_contentStart, _contentLength) = (Varint(), number);
                break;
            default:
                if (Varint() != _position) throw Damaged("its record has another length at its end");
                if (_at < _filled || Decompress() > 0) throw Damaged("its record goes on after its end");
                _ended = true;
                break;
        }
    }

    private void OpenFile(long pathLength)
    {
        if (pathLength > TarPath.MaxBytes) throw Damaged("its record has a path that is too long");
        Span<byte> path = stackalloc byte[(int)pathLength];
        for (int filled = 0; filled < path.Length;) filled += Take(path[filled..]);
        long inode = Varint();
        _file?.Dispose();
        Errno errno = _content.TryOpen(path, inode, out _file);
        if (errno != Errno.None) throw Damaged($"\"{TarPath.Show(path)}\" cannot be opened ({errno})");
    }

    private int ReadLiteral(Span<byte> buffer)
    {
        int count = Take(buffer[..(int)Math.Min(buffer.Length, _literal)]);
        _literal -= count;
        return count;
    }

    private int ReadContent(Span<byte> buffer)
    {
        if (_file is null) throw Damaged("its record has content of no file");
        int count = Files.PRead(_file, buffer[..(int)Math.Min(buffer.Length, _contentLength)], _contentStart);
        if (count == 0) throw Damaged($"{_file} is shorter than it was");
        _contentStart += count;
        _contentLength -= count;
        return count;
    }

    private long Varint()
    {
        long value = 0;
        Span<byte> next = stackalloc byte[1];
        for (int i = 0; i < TarRecord.MaxVarintBytes; i++)
        {
            Take(next);
            value |= (long)(next[0] & 0x7F) << (7 * i);
            if (next[0] < 0x80) return value >= 0 ? value : throw Damaged("its record has a negative number");
        }
        throw Damaged("its record has a number that does not end");
    }

    /// <summary>Bytes of the record: at least one.</summary>
    private int Take(Span<byte> to)
    {
        if (_at == _filled)
        {
            (_at, _filled) = (0, Decompress());
            if (_filled == 0) throw Damaged("its record is cut short");
        }
        int count = Math.Min(to.Length, _filled - _at);
        _buffer.AsSpan(_at, count).CopyTo(to);
        _at += count;
        return count;
    }

    private int Decompress()
    {
        try
        {
            return _zstd.Read(_buffer.AsSpan());
        }
        catch (Exception e) when (e is ZstdException or EndOfStreamException)
        {
            throw Damaged($"its record does not decompress: {e.Message}");
        }
    }

    private ImageException Damaged(string what) =>
        new($"layer {_diffId} is damaged: {what}; remove the image and pull it again");
}
