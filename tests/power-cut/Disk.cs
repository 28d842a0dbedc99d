namespace Skiff.PowerCut;

/// <summary>
/// A disk with a volatile write cache, as flash and hard disks have: a write is answered before it is on the medium, a
/// flush puts everything there that was answered before. At a power cut each write since the last flush is there, or
/// isn't, or is there in part and in no order, in pieces of 4096 bytes: smaller ones are not torn, as on flash and on
/// disks with physical sectors of that size. (With torn pieces of 512 bytes, ext4 itself may refuse to mount: the
/// checksum of its superblock is in another sector than most of what it covers.)
/// </summary>
internal sealed class Disk(byte[] image)
{
    private const int Sector = 4096;

    private readonly Lock _lock = new();
    private readonly byte[] _medium = image;
    private readonly byte[] _seen = [.. image];
    private readonly List<(long Offset, byte[] Data)> _cache = [];

    /// <summary>Bytes.</summary>
    public long Length => _medium.Length;

    /// <summary>Whether something was written since the last flush.</summary>
    public bool IsDirty
    {
        get
        {
            lock (_lock) return _cache.Count > 0;
        }
    }

    /// <summary>What a read gives: the last write, flushed or not.</summary>
    public void Read(long offset, Span<byte> data)
    {
        lock (_lock) _seen.AsSpan((int)offset, data.Length).CopyTo(data);
    }

    /// <summary>Takes a write; not on the medium before <see cref="Flush"/>.</summary>
    public void Write(long offset, byte[] data)
    {
        lock (_lock)
        {
            data.CopyTo(_seen, offset);
            _cache.Add((offset, data));
        }
    }

    /// <summary>Everything that was written is on the medium.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            foreach ((long offset, byte[] data) in _cache) data.CopyTo(_medium, offset);
            _cache.Clear();
        }
    }

    /// <summary>
    /// The power goes: decides what of the cache reached the medium; that is what is seen from now on.
    /// </summary>
    /// <param name="random">Decides.</param>
    /// <param name="mode">How.</param>
    /// <returns>What the cache held, for the log.</returns>
    public CutSummary Cut(Random random, CutMode mode)
    {
        lock (_lock)
        {
            int kept = 0, torn = 0;
            foreach ((long offset, byte[] data) in _cache)
            {
                int bytes = Reach(random, mode, offset, data);
                if (bytes == data.Length) kept++;
                else if (bytes > 0) torn++;
            }
            foreach ((long offset, byte[] data) in _cache)
                _medium.AsSpan((int)offset, data.Length).CopyTo(_seen.AsSpan((int)offset));
            var summary = new CutSummary(mode, _cache.Count, kept, torn);
            _cache.Clear();
            return summary;
        }
    }

    /// <summary>What is on the medium, for a look at it after a failure.</summary>
    public void Save(string path)
    {
        lock (_lock) File.WriteAllBytes(path, _medium);
    }

    // Copies what reaches the medium of one write, and returns how many bytes that are.
    private int Reach(Random random, CutMode mode, long offset, byte[] data)
    {
        double chance = mode switch
        {
            CutMode.KeepsAll => 1,
            CutMode.LosesAll => 0,
            CutMode.LosesWrites => random.Next(2),
            _ => random.Next(4) == 0 ? random.NextDouble() : random.Next(2),
        };
        int bytes = 0;
        for (int at = 0, next; at < data.Length; at = next)
        {
            next = Math.Min(data.Length, at + Sector - (int)((offset + at) % Sector));
            if (random.NextDouble() >= chance) continue;
            data.AsSpan(at..next).CopyTo(_medium.AsSpan((int)offset + at));
            bytes += next - at;
        }
        return bytes;
    }
}
