using System.Buffers.Binary;

namespace Skiff.Agent.Dns;

/// <summary>Writes an answer to a question. Allocates nothing.</summary>
internal ref struct DnsReply
{
    private const int OptBytes = 11, FixedBytes = 12; // Of a record whose name is a pointer.
    private const ushort InternetClass = 1, QuestionPointer = 0xC000 | DnsHeader.Bytes;

    /// <summary>What is offered to clients, and asked of servers: not fragmented on any path.</summary>
    public const ushort UdpBytes = 1232;

    private readonly Span<byte> _to;
    private readonly DnsQuery _query;
    private readonly int _limit;
    private int _length;
    private ushort _answers;
    private bool _truncated;

    private DnsReply(Span<byte> to, in DnsQuery query)
    {
        _to = to;
        _query = query;
        _limit = to.Length - (query.HasEdns ? OptBytes : 0);
    }

    /// <summary>Where the next record goes.</summary>
    public readonly int Length => _length;

    /// <summary>How many more bytes there is room for.</summary>
    public readonly int Room => _limit - _length;

    /// <summary>Begins with header and question.</summary>
    /// <param name="to">Where; its length is the limit. At least 512 bytes.</param>
    /// <param name="message">The client's message, or what is left of it: header and question.</param>
    /// <param name="query">What it says.</param>
    public static DnsReply Begin(Span<byte> to, ReadOnlySpan<byte> message, in DnsQuery query)
    {
        var reply = new DnsReply(to, query) { _length = query.QuestionEnd };
        message[..query.QuestionEnd].CopyTo(to);
        to[DnsHeader.Flags..DnsHeader.Bytes].Clear();
        to[DnsHeader.Questions + 1] = (byte)(query.QuestionEnd > DnsHeader.Bytes ? 1 : 0);
        return reply;
    }

    /// <summary>A whole reply without any records; its length.</summary>
    public static int WriteEmpty(
        Span<byte> to, ReadOnlySpan<byte> message, in DnsQuery query, DnsResponseCode code, bool truncated = false)
    {
        DnsReply reply = Begin(to, message, query);
        reply._truncated = truncated;
        return reply.Finish(code);
    }

    /// <summary>
    /// Adds one record for each of the addresses, in random order. Of those that do not fit, chance leaves out which.
    /// </summary>
    /// <param name="type">A or AAAA.</param>
    /// <param name="addresses">One after the other.</param>
    /// <param name="ttl">Seconds.</param>
    /// <param name="random">Any number.</param>
    public void AddAddresses(DnsType type, ReadOnlySpan<byte> addresses, uint ttl, uint random)
    {
        int size = type == DnsType.A ? 4 : 16, count = addresses.Length / size;
        if (count == 0) return;
        int fit = Math.Min(count, Room / (FixedBytes + size)), first = (int)(random % (uint)count), start = _length;
        for (int i = 0; i < fit; i++)
        {
            int next = (first + i) % count;
            addresses.Slice(next * size, size).CopyTo(BeginRecord(type, size, ttl));
        }
        Shuffle(_to[start.._length], FixedBytes + size, random);
        _truncated |= fit < count;
    }

    /// <summary>Adds a record whose data are one name, given as text; one that is no name is left out.</summary>
    public void AddName(DnsType type, ReadOnlySpan<byte> text, uint ttl)
    {
        Span<byte> name = stackalloc byte[DnsName.MaxBytes];
        int length = DnsName.Write(text, name);
        if (length == 0) return;
        if (FixedBytes + length > Room) _truncated = true;
        else name[..length].CopyTo(BeginRecord(type, length, ttl));
    }

    /// <summary>Completes header and EDNS; how many bytes the reply has.</summary>
    public int Finish(DnsResponseCode code)
    {
        int flags = DnsHeader.QR | DnsHeader.RA | (int)code & DnsHeader.CodeMask | (_truncated ? DnsHeader.TC : 0)
            | _query.Flags & (DnsHeader.RD | DnsHeader.CD | DnsHeader.OpcodeMask);
        DnsHeader.Set(_to, DnsHeader.Flags, flags);
        DnsHeader.Set(_to, DnsHeader.Answers, _answers);
        return WriteEdns(_to, _length, _query, code);
    }

    /// <summary>Appends the OPT record, if the client had one; the new length.</summary>
    public static int WriteEdns(
        Span<byte> to, int length, in DnsQuery query, DnsResponseCode code = DnsResponseCode.NOERROR)
    {
        if (!query.HasEdns) return length;
        Span<byte> opt = to.Slice(length, OptBytes);
        opt.Clear();
        DnsHeader.Set(opt, 1, (int)DnsType.OPT);
        DnsHeader.Set(opt, 3, UdpBytes);
        opt[5] = (byte)((int)code >> 4);
        opt[7] = (byte)(query.DnssecOk ? 0x80 : 0);
        DnsHeader.Set(to, DnsHeader.Additional, DnsHeader.Get(to, DnsHeader.Additional) + 1);
        return length + OptBytes;
    }

    /// <summary>How much of an answer's room EDNS takes.</summary>
    public static int EdnsBytes(in DnsQuery query) => query.HasEdns ? OptBytes : 0;

    private Span<byte> BeginRecord(DnsType type, int dataBytes, uint ttl)
    {
        Span<byte> record = _to.Slice(_length, FixedBytes + dataBytes);
        DnsHeader.Set(record, 0, QuestionPointer);
        DnsHeader.Set(record, 2, (int)type);
        DnsHeader.Set(record, 4, InternetClass);
        BinaryPrimitives.WriteUInt32BigEndian(record[6..], ttl);
        DnsHeader.Set(record, 10, dataBytes);
        _length += record.Length;
        _answers++;
        return record[FixedBytes..];
    }

    private static void Shuffle(Span<byte> records, int size, uint random)
    {
        Span<byte> spare = stackalloc byte[size];
        for (int left = records.Length / size; left > 1; left--)
        {
            random = random * 1664525 + 1013904223;
            Span<byte> last = records.Slice((left - 1) * size, size);
            Span<byte> other = records.Slice((int)((ulong)random * (uint)left >> 32) * size, size);
            last.CopyTo(spare);
            other.CopyTo(last);
            spare.CopyTo(other);
        }
    }
}
