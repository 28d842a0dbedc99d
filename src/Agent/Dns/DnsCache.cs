using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Skiff.Agent.Dns;

/// <summary>
/// Remembers answers in one array, round and round: a new one overwrites the oldest. Nothing is ever deleted or moved,
/// so that the bytes it takes are bounded, and looking something up allocates nothing. Answers whose time is over stay
/// as long as there is room: they may be of use when no server answers. The array exists from the first answer on.
/// </summary>
internal sealed class DnsCache
{
    /// <summary>Stale answers are given for this long (RFC 8767 5 says one to three days).</summary>
    public const uint MaxStaleSeconds = 86_400;

    private const int BucketCount = 256;

    private readonly int _bytes;
    private readonly uint _seed;
    private byte[] _ring = [];
    private long[] _buckets = [];
    private long _head = 1; // Positions only grow; the ring has each at its remainder. 0 is none.

    /// <summary>An empty cache.</summary>
    /// <param name="bytes">Of the array; 0 remembers nothing.</param>
    /// <param name="seed">Random.</param>
    public DnsCache(int bytes, uint seed) => (_bytes, _seed) = (bytes & ~7, seed);

    /// <summary>Looks up a question; the newest answer to it.</summary>
    /// <param name="key">See <see cref="QuestionKey"/>.</param>
    /// <param name="nowMs">A clock that no one sets.</param>
    /// <param name="freshFromMs">What is older is not fresh.</param>
    /// <param name="answer">The answer; valid until the next <see cref="Put"/>.</param>
    /// <param name="age">Its seconds in here.</param>
    /// <param name="isFresh">Whether it may still be given without asking anybody.</param>
    public bool TryGet(
        ReadOnlySpan<byte> key, long nowMs, long freshFromMs,
        out ReadOnlySpan<byte> answer, out uint age, out bool isFresh)
    {
        answer = default;
        (age, isFresh) = (0, false);
        if (_ring.Length == 0) return false;
        uint hash = QuestionKey.Hash(key, _seed);
        for (long at = _buckets[hash % BucketCount]; at > 0 && at >= _head - _bytes;)
        {
            ref Entry entry = ref EntryAt(at);
            ReadOnlySpan<byte> content = _ring.AsSpan((int)(at % _bytes) + Entry.Bytes);
            if (entry.Hash == hash && content[..entry.KeyLength].SequenceEqual(key))
            {
                age = (uint)((nowMs - entry.StoredMs) / 1000);
                answer = content.Slice(entry.KeyLength, entry.AnswerLength);
                isFresh = age < entry.Ttl && entry.StoredMs >= freshFromMs;
                return age < entry.Ttl + MaxStaleSeconds;
            }
            at = entry.Next;
        }
        return false;
    }

    /// <summary>Remembers an answer. One that would take a quarter of the room or more is not worth it.</summary>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> answer, uint ttl, long nowMs)
    {
        int length = (Entry.Bytes + key.Length + answer.Length + 7) & ~7;
        if (ttl == 0 || length > _bytes / 4) return;
        if (_ring.Length == 0)
        {
            _ring = GC.AllocateUninitializedArray<byte>(_bytes);
            _buckets = new long[BucketCount];
            _head = _bytes;
        }
        int offset = (int)(_head % _bytes);
        // An entry is in one piece.
        if (offset + length > _bytes) _head += _bytes - offset;
        long at = _head;
        _head += length;
        uint hash = QuestionKey.Hash(key, _seed);
        ref long bucket = ref _buckets[hash % BucketCount];
        EntryAt(at) = new Entry
        {
            Next = bucket, StoredMs = nowMs, Hash = hash, Ttl = ttl,
            KeyLength = key.Length, AnswerLength = answer.Length,
        };
        Span<byte> content = _ring.AsSpan((int)(at % _bytes) + Entry.Bytes);
        key.CopyTo(content);
        answer.CopyTo(content[key.Length..]);
        bucket = at;
    }

    private ref Entry EntryAt(long position) =>
        ref MemoryMarshal.AsRef<Entry>(_ring.AsSpan((int)(position % _bytes), Entry.Bytes));

    // A chain goes from newer to older entries; one that has been overwritten ends it.
    private struct Entry
    {
        internal const int Bytes = 32;

        internal long Next;
        internal long StoredMs;
        internal uint Hash;
        internal uint Ttl;
        internal int KeyLength;
        internal int AnswerLength;
    }
}
