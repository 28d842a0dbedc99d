namespace Skiff.Agent.Dns;

/// <summary>What a client asks, taken out of its message.</summary>
internal struct DnsQuery
{
    /// <summary>The fewest bytes that every client takes by UDP (RFC 1035 2.3.4).</summary>
    public const int LeastUdpBytes = 512;

    /// <summary>The most that are sent to one that says it takes more.</summary>
    public const int MostUdpBytes = 4096;

    private const ushort DnssecOkBit = 0x8000;
    private const ushort TransactionSignature = 250, TransactionKey = 249;

    /// <summary>What the answer has to repeat.</summary>
    public ushort Id { get; private set; }

    /// <summary>The header's flags.</summary>
    public ushort Flags { get; private set; }

    /// <summary>Where the question ends; the header's end when there is none that could be repeated.</summary>
    public int QuestionEnd { get; private set; }

    /// <summary>What is asked for.</summary>
    public DnsType Type { get; private set; }

    /// <summary>1 is the internet's.</summary>
    public ushort Class { get; private set; }

    /// <summary>How many bytes the name has.</summary>
    public int NameLength { get; private set; }

    /// <summary>Whether there is an OPT record, so that the answer gets one too.</summary>
    public bool HasEdns { get; private set; }

    /// <summary>Whether the client wants DNSSEC's records (RFC 3225).</summary>
    public bool DnssecOk { get; private set; }

    /// <summary>How many bytes of answer the client takes by UDP.</summary>
    public int UdpBytes { get; private set; }

    /// <summary>NOERROR, or what the client has to be told instead of an answer.</summary>
    public DnsResponseCode Refusal { get; private set; }

    /// <summary>Whether others may be asked.</summary>
    public readonly bool RecursionDesired => (Flags & DnsHeader.RD) != 0;

    /// <summary>
    /// Reads a message. False for what nobody answers: less than a header, and answers (answering one could go on for
    /// ever).
    /// </summary>
    /// <param name="message">As it came.</param>
    /// <param name="name">Room for a name; gets the question's, in lower case.</param>
    /// <param name="query">What it says.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, Span<byte> name, out DnsQuery query)
    {
        query = default;
        if (message.Length < DnsHeader.Bytes) return false;
        query.Id = DnsHeader.Get(message, 0);
        query.Flags = DnsHeader.Get(message, DnsHeader.Flags);
        query.QuestionEnd = DnsHeader.Bytes;
        query.UdpBytes = LeastUdpBytes;
        if ((query.Flags & DnsHeader.QR) != 0) return false;
        query.Refusal = (query.Flags & DnsHeader.OpcodeMask) != 0 ? DnsResponseCode.NOTIMP
            : query.ReadQuestion(message, name) && query.ReadAdditional(message) ? query.Judge()
            : DnsResponseCode.FORMERR;
        return true;
    }

    private bool ReadQuestion(ReadOnlySpan<byte> message, Span<byte> name)
    {
        int position = DnsHeader.Bytes;
        if (DnsHeader.Get(message, DnsHeader.Questions) != 1 || DnsHeader.Get(message, DnsHeader.Answers) != 0
            || DnsHeader.Get(message, DnsHeader.Authorities) != 0
            || !DnsName.TryRead(message, ref position, name, out int length)
            || position + 4 > message.Length) return false;
        NameLength = length;
        Type = (DnsType)DnsHeader.Get(message, position);
        Class = DnsHeader.Get(message, position + 2);
        QuestionEnd = position + 4;
        return true;
    }

    private bool ReadAdditional(ReadOnlySpan<byte> message)
    {
        int position = QuestionEnd;
        for (int left = DnsHeader.Get(message, DnsHeader.Additional); left > 0; left--)
        {
            if (!DnsRecord.TryRead(message, ref position, out DnsRecord record)) return false;
            if (record.Type == DnsType.OPT && (HasEdns || !ReadEdns(message, record))) return false;
        }
        return position == message.Length;
    }

    private bool ReadEdns(ReadOnlySpan<byte> message, in DnsRecord record)
    {
        // The root, in one byte.
        if (record.Fields != record.Start + 1) return false;
        HasEdns = true;
        UdpBytes = Math.Clamp((int)record.Class, LeastUdpBytes, MostUdpBytes);
        DnssecOk = (record.Ttl & DnssecOkBit) != 0;
        if ((record.Ttl >> 16 & 0xFF) != 0) Refusal = DnsResponseCode.BADVERS;
        ReadOnlySpan<byte> options = message[record.Data..record.End];
        while (!options.IsEmpty)
        {
            if (options.Length < 4 || DnsHeader.Get(options, 2) > options.Length - 4) return false;
            options = options[(4 + DnsHeader.Get(options, 2))..];
        }
        return true;
    }

    private readonly DnsResponseCode Judge() => Type switch
    {
        _ when Refusal != DnsResponseCode.NOERROR => Refusal,
        DnsType.None or DnsType.OPT or (DnsType)TransactionSignature or (DnsType)TransactionKey =>
            DnsResponseCode.FORMERR,
        DnsType.AXFR or DnsType.IXFR => DnsResponseCode.REFUSED,
        _ => DnsResponseCode.NOERROR,
    };
}
