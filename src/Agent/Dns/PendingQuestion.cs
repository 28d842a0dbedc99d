using System.Net;

namespace Skiff.Agent.Dns;

/// <summary>A question that others are being asked: once, whoever waits for it.</summary>
internal sealed class PendingQuestion
{
    private const int LettersEnough = 6;
    private const ushort DnssecOkBit = 0x80;
    private const int OptBytes = 11;

    /// <summary>Makes the message for servers.</summary>
    /// <param name="key">See <see cref="QuestionKey"/>.</param>
    /// <param name="message">The client's.</param>
    /// <param name="query">What it says.</param>
    /// <param name="random">For the letters of the name.</param>
    public PendingQuestion(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, in DnsQuery query, RandomPool random)
    {
        Key = key.ToArray();
        QuestionEnd = query.QuestionEnd;
        Packet = new byte[QuestionEnd + (query.HasEdns ? OptBytes : 0)];
        DnsHeader.Set(Packet, DnsHeader.Flags, DnsHeader.AD | query.Flags & (DnsHeader.RD | DnsHeader.CD));
        DnsHeader.Set(Packet, DnsHeader.Questions, 1);
        key[..(query.NameLength + 4)].CopyTo(Packet.AsSpan(DnsHeader.Bytes));
        Mix(Packet.AsSpan(DnsHeader.Bytes, query.NameLength), message[DnsHeader.Bytes..], random);
        if (!query.HasEdns) return;
        Span<byte> opt = Packet.AsSpan(QuestionEnd);
        DnsHeader.Set(Packet, DnsHeader.Additional, 1);
        DnsHeader.Set(opt, 1, (int)DnsType.OPT);
        DnsHeader.Set(opt, 3, DnsReply.UdpBytes);
        if (query.DnssecOk) opt[7] = (byte)DnssecOkBit;
    }

    /// <summary>What makes it the same as another one.</summary>
    public byte[] Key { get; }

    /// <summary>What is sent; each exchange puts its own id first.</summary>
    public byte[] Packet { get; }

    /// <summary>Where the question in it ends.</summary>
    public int QuestionEnd { get; }

    /// <summary>Who waits.</summary>
    public List<Waiter> Waiters { get; } = new(1);

    /// <summary>The exchanges that are under way.</summary>
    public List<ServerExchange> Exchanges { get; } = new(1);

    /// <summary>Who may be asked, and where that begins.</summary>
    public IPAddress[] Servers { get; set; } = [];

    /// <summary>The first of them to be asked.</summary>
    public int First { get; set; }

    /// <summary>How many of them have been asked.</summary>
    public int Asked { get; set; }

    /// <summary>Whether they are asked from inside the container's namespace.</summary>
    public bool IsInside { get; set; }

    /// <summary>When asking began, on a clock that no one sets.</summary>
    public long BeganMs { get; set; }

    /// <summary>When it ends, whether or not it has had its turn.</summary>
    public long EndMs { get; set; }

    /// <summary>What is to be done next, if no answer comes before.</summary>
    public int Step { get; set; }

    /// <summary>When that is.</summary>
    public long DueMs { get; set; }

    /// <summary>What the last server that failed has said.</summary>
    public DnsResponseCode Failure { get; set; } = DnsResponseCode.SERVFAIL;

    /// <summary>A server had an answer that we have not got whole.</summary>
    public bool IsTruncated { get; set; }

    /// <summary>It is over; only a queue may still know it.</summary>
    public bool IsDone { get; set; }

    /// <summary>
    /// Whether a client's question is this very one, come back by a server that asks us. The letters of its name are
    /// in upper and lower case at random, and resolvers leave them as they are.
    /// </summary>
    public bool HasComeBack(ReadOnlySpan<byte> question)
    {
        ReadOnlySpan<byte> own = Packet.AsSpan(DnsHeader.Bytes..QuestionEnd);
        int letters = 0;
        foreach (byte b in own[..^4])
            if (char.IsAsciiLetter((char)b)) letters++;
        return letters >= LettersEnough && question.SequenceEqual(own);
    }

    private static void Mix(Span<byte> name, ReadOnlySpan<byte> asked, RandomPool random)
    {
        uint bits = 0;
        int left = 0, letter = -1;
        for (int i = 0; i < name.Length; i++)
        {
            // No label is long enough for its length to be a letter.
            if (!char.IsAsciiLetterLower((char)name[i])) continue;
            if (left-- == 0) (bits, left) = (random.Next(), 31);
            letter = i;
            name[i] = (byte)(name[i] ^ (int)(bits & 1) << 5);
            bits >>= 1;
        }
        // The client's own way of writing it must not look as if it had come back.
        if (letter >= 0 && asked.StartsWith(name)) name[letter] ^= 0x20;
    }
}
