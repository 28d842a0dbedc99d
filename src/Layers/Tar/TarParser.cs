using Skiff.Layers.Oci;

namespace Skiff.Layers.Tar;

/// <summary>
/// Reads a tar that is pushed through it, cut anywhere: v7, ustar, pax and GNU dialects (tar(5)). It keeps one
/// block and the extended headers of one entry, never content, and allocates nothing per entry once its buffers
/// have grown.
/// </summary>
/// <param name="visitor">Told what comes.</param>
/// <param name="limits">What is refused for its size; null for the defaults.</param>
public sealed partial class TarParser(ITarVisitor visitor, IngestLimits? limits = null)
{
    private enum State { Header, Extended, OldMap, TextMap, Data, Padding, Ended }

    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private readonly ByteBuffer _extended = new(1024);
    private readonly IngestLimits _limits = limits ?? IngestLimits.Default;
    private readonly PaxAttributes _global = new(limits), _next = new(limits);
    private readonly TarEntry _entry = new(limits);
    private State _state;
    private byte _extendedType;
    private int _blockFill, _zeroBlocks;
    private long _remaining, _padding, _entries, _extendedBytes;
    private bool _entryPending; // Extended headers came, and their entry has to follow.
    private bool _entryKnown; // The entry's path is that of the header that is being read, and not the last one's.

    /// <summary>Bytes taken so far.</summary>
    public long Position { get; private set; }

    /// <summary>Takes the next bytes; the buffer is the caller's again when the call returns.</summary>
    /// <exception cref="ImageException">The tar is malformed.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= _limits.LayerBytes - Position)
        {
            Take(bytes);
            return;
        }
        Take(bytes[..(int)(_limits.LayerBytes - Position)]);
        throw Located(_limits.TooLong($"the tar has more than {_limits.LayerBytes} bytes"));
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int taken = _state switch
            {
                State.Header or State.OldMap or State.TextMap => TakeBlock(bytes),
                State.Extended => TakeExtended(bytes),
                State.Data => TakeData(bytes),
                State.Padding => TakePadding(bytes),
                _ => TakeRest(bytes),
            };
            bytes = bytes[taken..];
        }
    }

    /// <summary>Says that there are no more bytes.</summary>
    /// <exception cref="ImageException">The tar ends inside an entry.</exception>
    public void Complete()
    {
        bool whole = _state switch
        {
            State.Header => _blockFill == 0 && !_entryPending,
            State.Extended or State.OldMap or State.TextMap or State.Data => false,
            State.Padding => !_entryPending, // Some writers leave out the last padding.
            _ => true,
        };
        if (_state == State.Header) _entryKnown = false;
        if (!whole) throw Located(new ImageException($"tar is cut short at byte {Position}: an entry is incomplete"));
    }

    private int TakeBlock(ReadOnlySpan<byte> bytes)
    {
        if (_blockFill == 0 && bytes.Length >= TarHeader.BlockSize)
        {
            Position += TarHeader.BlockSize;
            Block(bytes[..TarHeader.BlockSize]);
            return TarHeader.BlockSize;
        }
        int taken = Math.Min(bytes.Length, TarHeader.BlockSize - _blockFill);
        bytes[..taken].CopyTo(_block.AsSpan(_blockFill));
        _blockFill += taken;
        Position += taken;
        if (_blockFill < TarHeader.BlockSize) return taken;
        _blockFill = 0;
        Block(_block);
        return taken;
    }

    private int TakeExtended(ReadOnlySpan<byte> bytes)
    {
        int taken = (int)Math.Min(bytes.Length, _remaining);
        _extended.Append(bytes[..taken]);
        Position += taken;
        _remaining -= taken;
        if (_remaining == 0) EndOfExtended();
        return taken;
    }

    private int TakeData(ReadOnlySpan<byte> bytes)
    {
        int taken = (int)Math.Min(bytes.Length, _remaining);
        if (_entry.Map is not null) TakeSparseData(bytes[..taken]);
        else
        {
            Position += taken;
            visitor.Data(_entry.Size - _remaining, bytes[..taken]);
        }
        _remaining -= taken;
        if (_remaining > 0) return taken;
        visitor.EndOfData();
        SkipPadding();
        return taken;
    }

    private int TakePadding(ReadOnlySpan<byte> bytes)
    {
        int taken = (int)Math.Min(bytes.Length, _padding);
        Position += taken;
        _padding -= taken;
        if (_padding == 0) _state = State.Header;
        return taken;
    }

    /// <summary>What follows the end mark is filler; it belongs to the DiffId and to nothing else.</summary>
    private int TakeRest(ReadOnlySpan<byte> bytes)
    {
        Position += bytes.Length;
        return bytes.Length;
    }

    private void SkipPadding()
    {
        _padding = -Position & (TarHeader.BlockSize - 1);
        _state = _padding == 0 ? State.Header : State.Padding;
    }

    private void Block(ReadOnlySpan<byte> block)
    {
        try
        {
            if (_state != State.Header) TakeMapBlock(block);
            else
            {
                _entryKnown = false;
                ReadHeader(block);
            }
            if (!_entryKnown || _state != State.Header) return;
            _remaining = _entry.Size;
            if (_entry.Map is { } map) _entry.Size = map.Check(_realSize, _remaining, Position);
        }
        catch (ImageException e)
        {
            throw Located(e);
        }
        Emit();
    }

    /// <summary>The error with the entry in whose headers or content it was met, or the last one before it.</summary>
    private ImageException Located(ImageException e) => new(_entries == 0 ? $"{e.Message} (at the first entry)"
        : $"{e.Message} ({(_entryKnown ? "in" : "after")} entry \"{TarPath.Show(_entry.Path)}\")", e);

    private void ReadHeader(ReadOnlySpan<byte> block)
    {
        long position = Position - TarHeader.BlockSize;
        if (!block.ContainsAnyExcept((byte)0))
        {
            if (++_zeroBlocks == 2) _state = State.Ended;
            return;
        }
        if (_zeroBlocks > 0)
            throw new ImageException($"bad tar at byte {position}: an entry after the end mark's first block");
        if (!TarHeader.ChecksumMatches(block))
            throw new ImageException($"bad tar header at byte {position}: checksum does not match");
        byte type = block[156];
        if (type is (byte)'x' or (byte)'X' or (byte)'g' or (byte)'L' or (byte)'K') StartExtended(block, type, position);
        else StartEntry(block, type, position);
    }

    private void StartExtended(ReadOnlySpan<byte> block, byte type, long position)
    {
        long size = TarHeader.Number(block.Slice(124, 12), "size", position);
        if (size < 0) throw new ImageException($"bad tar header at byte {position}: size {size}");
        // One after the other could make an entry's attributes grow without end.
        _extendedBytes = (_entryPending ? _extendedBytes : 0) + Math.Min(size, int.MaxValue);
        if (_extendedBytes > _limits.HeaderBytes)
            throw IngestLimits.Exceeded("header-bytes", _limits.HeaderBytes,
                $"bad tar header at byte {position}: extended headers of {_extendedBytes} bytes");
        _extendedType = type;
        _entryPending |= type != 'g';
        _extended.Clear();
        _remaining = size;
        _state = State.Extended;
        if (size == 0) EndOfExtended();
    }

    private void EndOfExtended()
    {
        try
        {
            ReadExtended(Position - _extended.Length);
        }
        catch (ImageException e)
        {
            throw Located(e);
        }
        SkipPadding();
    }

    private void ReadExtended(long position)
    {
        switch (_extendedType)
        {
            case (byte)'g':
                _global.Read(_extended.Span, position);
                break;
            case (byte)'L':
                _next.Path.Set(TarHeader.Text(_extended.Span));
                break;
            case (byte)'K':
                _next.LinkPath.Set(TarHeader.Text(_extended.Span));
                break;
            default:
                _next.Read(_extended.Span, position);
                break;
        }
    }

    private void StartEntry(ReadOnlySpan<byte> block, byte type, long position)
    {
        TarHeader.ReadPath(block, _entry.PathBytes);
        _entryKnown = true;
        if (++_entries > _limits.Entries)
            throw IngestLimits.Exceeded(
                "layer-entries", _limits.Entries, $"the tar has more than {_limits.Entries} entries");
        _entry.LinkBytes.Set(TarHeader.Text(block.Slice(157, 100)));
        _entry.Mode = (uint)TarHeader.Number(block.Slice(100, 8), "mode", position) & 0xFFF;
        _entry.Uid = Id(block.Slice(108, 8), "uid", position);
        _entry.Gid = Id(block.Slice(116, 8), "gid", position);
        _entry.Size = TarHeader.Number(block.Slice(124, 12), "size", position);
        _entry.MtimeSeconds = TarHeader.Number(block.Slice(136, 12), "mtime", position);
        _entry.MtimeNanoseconds = 0;
        _entry.Xattrs.Clear();
        _global.ApplyTo(_entry);
        _next.ApplyTo(_entry);
        _entry.Type = TypeOf(type, position);
        ReadDevice(block, position);
        _entry.Map = null;
        if (type == 'S' || _next.Sparse) StartSparse(block, type == 'S', position);
        _next.Clear();
        _entryPending = false;
        CheckSize(position);
    }

    private void CheckSize(long position)
    {
        if (_entry.Type != TarEntryType.Regular) _entry.Size = 0;
        if (_entry.Size < 0) throw new ImageException($"bad tar header at byte {position}: size {_entry.Size}");
        if (_entry.Size > _limits.LayerBytes - Position)
            throw _limits.TooLong($"bad tar header at byte {position}: size {_entry.Size}");
    }

    private void Emit()
    {
        _entry.DataOffset = Position;
        visitor.Entry(_entry);
        if (_entry.Type != TarEntryType.Regular) return;
        if (_remaining > 0) _state = State.Data;
        else visitor.EndOfData();
    }

    private TarEntryType TypeOf(byte type, long position) => type switch
    {
        (byte)'0' or (byte)'7' or (byte)'S' => TarEntryType.Regular,
        // v7 has no directory type: the name's last slash says it.
        0 => _entry.Path.EndsWith((byte)'/') ? TarEntryType.Directory : TarEntryType.Regular,
        (byte)'1' => TarEntryType.HardLink,
        (byte)'2' => TarEntryType.Symlink,
        (byte)'3' => TarEntryType.CharDevice,
        (byte)'4' => TarEntryType.BlockDevice,
        (byte)'5' => TarEntryType.Directory,
        (byte)'6' => TarEntryType.Fifo,
        _ => throw new ImageException(
            $"bad tar header at byte {position}: \"{TarPath.Show(_entry.Path)}\" has unknown type 0x{type:x2}"),
    };

    private void ReadDevice(ReadOnlySpan<byte> block, long position)
    {
        (_entry.DeviceMajor, _entry.DeviceMinor) = (0, 0);
        bool device = _entry.Type is TarEntryType.CharDevice or TarEntryType.BlockDevice;
        if (!device || !TarHeader.HasDeviceNumbers(block)) return;
        long major = TarHeader.Number(block.Slice(329, 8), "devmajor", position);
        long minor = TarHeader.Number(block.Slice(337, 8), "devminor", position);
        if (major is < 0 or > 0xFFF || minor is < 0 or > 0xFFFFF)
            throw new ImageException($"bad tar header at byte {position}: device {major}:{minor} is out of range");
        (_entry.DeviceMajor, _entry.DeviceMinor) = ((uint)major, (uint)minor);
    }

    private static uint Id(ReadOnlySpan<byte> field, string name, long position)
    {
        long value = TarHeader.Number(field, name, position);
        return value is >= 0 and <= uint.MaxValue ? (uint)value
            : throw new ImageException($"bad tar header at byte {position}: {name} {value} is out of range");
    }
}
