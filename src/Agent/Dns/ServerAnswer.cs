using System.Buffers.Binary;

namespace Skiff.Agent.Dns;

/// <summary>Judges what a server has sent, and brings it into the form in which it is kept and passed on.</summary>
internal ref struct ServerAnswer
{
    private const uint MaxTtl = 86_400, MaxNegativeTtl = 300;
    private const int SoaMinimum = 4; // From the end of its data.

    private readonly Span<byte> _message;

    private ServerAnswer(Span<byte> message) => _message = message;

    /// <summary>What it is worth.</summary>
    public ServerAnswerKind Kind { get; private set; }

    /// <summary>
    /// How long it is without its OPT record, which is between the server and us alone. What came after that is
    /// additional and left out too.
    /// </summary>
    public int Length { get; private set; }

    /// <summary>How many seconds it may be remembered; 0 is not at all.</summary>
    public uint Ttl { get; private set; }

    /// <summary>Reads a message.</summary>
    /// <param name="message">As it came; what is kept of it is changed in place.</param>
    /// <param name="id">What we gave the question.</param>
    /// <param name="question">The question as it was sent, name, type and class.</param>
    public static ServerAnswer Read(Span<byte> message, ushort id, ReadOnlySpan<byte> question)
    {
        var answer = new ServerAnswer(message);
        answer.Kind = answer.Judge(id, question);
        return answer;
    }

    private ServerAnswerKind Judge(ushort id, ReadOnlySpan<byte> question)
    {
        if (_message.Length < DnsHeader.Bytes) return ServerAnswerKind.Foreign;
        ushort flags = DnsHeader.Get(_message, DnsHeader.Flags);
        if (DnsHeader.Get(_message, 0) != id || (flags & (DnsHeader.QR | DnsHeader.OpcodeMask)) != DnsHeader.QR)
            return ServerAnswerKind.Foreign;
        var code = (DnsResponseCode)(flags & DnsHeader.CodeMask);
        bool isFailing = code is not (DnsResponseCode.NOERROR or DnsResponseCode.NXDOMAIN);
        Length = DnsHeader.Bytes + question.Length;
        // Some servers do not even repeat a question that they cannot, or will not, understand.
        if (DnsHeader.Get(_message, DnsHeader.Questions) == 0 && isFailing) return ServerAnswerKind.Failing;
        if (DnsHeader.Get(_message, DnsHeader.Questions) != 1 || _message.Length < Length
            || !DnsName.AreSame(_message[DnsHeader.Bytes..Length], question)) return ServerAnswerKind.Foreign;
        // Some servers cut in the middle of a record.
        if ((flags & DnsHeader.TC) != 0) return ServerAnswerKind.Truncated;
        return !ReadRecords(question, code) ? ServerAnswerKind.Broken
            : isFailing ? ServerAnswerKind.Failing : ServerAnswerKind.Good;
    }

    private bool ReadRecords(ReadOnlySpan<byte> question, DnsResponseCode code)
    {
        int position = DnsHeader.Bytes, answers = DnsHeader.Get(_message, DnsHeader.Answers);
        Span<byte> starts = stackalloc byte[_message.Length / 8 + 1], name = stackalloc byte[DnsName.MaxBytes];
        starts.Clear();
        DnsName.TryRead(_message, ref position, name, out _, starts);
        position = Length;
        uint least = uint.MaxValue;
        bool isNegative = code == DnsResponseCode.NXDOMAIN || answers == 0, hasSoa = false;
        for (int left = answers + DnsHeader.Get(_message, DnsHeader.Authorities); left > 0; left--)
        {
            if (!DnsRecord.TryRead(_message, ref position, out DnsRecord record) || !record.IsSound(_message, starts)
                || record.Type == DnsType.OPT) return false;
            Unmix(record, question);
            least = Math.Min(least, Seconds(record.Ttl));
            if (record.Type != DnsType.SOA) continue;
            hasSoa = true;
            if (isNegative || left <= DnsHeader.Get(_message, DnsHeader.Authorities)) least = Math.Min(
                least, BinaryPrimitives.ReadUInt32BigEndian(_message[(record.End - SoaMinimum)..]));
        }
        Length = position;
        if (!ReadAdditional(starts, ref least)) return false;
        // RFC 2308 5: without a SOA record nobody says how long there is nothing.
        Ttl = isNegative ? hasSoa ? Math.Min(least, MaxNegativeTtl) : 0 : Math.Min(least, MaxTtl);
        return true;
    }

    private bool ReadAdditional(scoped Span<byte> starts, ref uint least)
    {
        int kept = 0, position = Length;
        bool isCut = false;
        for (int left = DnsHeader.Get(_message, DnsHeader.Additional); left > 0; left--)
        {
            if (!DnsRecord.TryRead(_message, ref position, out DnsRecord record) || !record.IsSound(_message, starts))
                return false;
            isCut |= record.Type == DnsType.OPT;
            // Names after a gap could point into it.
            if (isCut) continue;
            kept++;
            Length = position;
            least = Math.Min(least, Seconds(record.Ttl));
        }
        DnsHeader.Set(_message, DnsHeader.Additional, kept);
        return true;
    }

    // The question went out in mixed case, and a server may have copied it to where clients would see it.
    private readonly void Unmix(in DnsRecord record, ReadOnlySpan<byte> question)
    {
        Span<byte> owner = _message[record.Start..record.Fields];
        if (!DnsName.AreSame(owner, question[..^4])) return;
        foreach (ref byte b in owner) b = DnsName.Lower(b);
    }

    // RFC 2181 8: the highest bit makes it none.
    private static uint Seconds(uint ttl) => ttl > int.MaxValue ? 0 : ttl;
}
