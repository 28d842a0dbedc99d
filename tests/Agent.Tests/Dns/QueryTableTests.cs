using Skiff.Agent.Dns;
using static Skiff.Agent.Tests.Dns.MessageBytes;

namespace Skiff.Agent.Tests.Dns;

/// <summary>
/// Odd messages of clients, and what has to come of them: no answer at all, an error, or an answer.
/// </summary>
public class QueryTableTests
{
    private const int Rd = 0x0100;

    private static readonly byte[] s_web = Question(Name("web")), s_pointer = [0xC0, 12];

    /// <summary>What it is, the message, and <c>none</c>, the code, or <c>ok</c>.</summary>
    private static readonly (string What, byte[] Message, string Result)[] s_rows =
    [
        ("nothing", [], "none"),
        ("one byte", [0x12], "none"),
        ("eleven bytes", Header(Rd)[..11], "none"),
        ("an answer", Join(Header(0x8180), s_web), "none"),
        ("an answer with an error", Join(Header(0x8183), s_web), "none"),
        ("all bits", [.. Enumerable.Repeat((byte)0xFF, 64)], "none"),
        ("a header alone", Header(Rd), "FORMERR"),
        ("zeros", new byte[64], "FORMERR"),
        ("no question", Header(Rd, questions: 0), "FORMERR"),
        ("no question, but an OPT record", Join(Header(Rd, 0, 0, 0, 1), Opt()), "FORMERR"),
        ("two questions", Join(Header(Rd, 2), s_web, s_web), "FORMERR"),
        ("more questions than there are", Join(Header(Rd, 0xFFFF), s_web), "FORMERR"),
        ("an answer in it", Join(Header(Rd, 1, 1), s_web, Record(s_pointer, 1, [1, 2, 3, 4])), "FORMERR"),
        ("an authority in it", Join(Header(Rd, 1, 0, 1), s_web, Record(s_pointer, 2, [0])), "FORMERR"),
        ("more records than there are", Join(Header(Rd, 1, 0, 0, 2), s_web, Opt()), "FORMERR"),
        ("65,535 records that are not there", Join(Header(Rd, 1, 0, 0, 0xFFFF), s_web), "FORMERR"),
        ("more bytes than it says", Join(Header(Rd), s_web, [0]), "FORMERR"),
        ("a record that it does not count", Join(Header(Rd), s_web, Opt()), "FORMERR"),
        ("inverse query", Join(Header(0x0900), s_web), "NOTIMP"),
        ("status", Join(Header(0x1100), s_web), "NOTIMP"),
        ("notify", Join(Header(0x2100), s_web), "NOTIMP"),
        ("update", Join(Header(0x2900), s_web), "NOTIMP"),
        ("operation 15", Join(Header(0x7900), s_web), "NOTIMP"),
        ("notify without a question", Header(0x2000, 0), "NOTIMP"),
        ("a name that points to itself", Join(Header(Rd), [0xC0, 12, 0, 1, 0, 1]), "FORMERR"),
        ("a name that points into the header", Join(Header(Rd), [0xC0, 0, 0, 1, 0, 1]), "FORMERR"),
        ("a name that points ahead", Join(Header(Rd), [0xC0, 18, 0, 1, 0, 1, 0]), "FORMERR"),
        ("a label and a pointer", Join(Header(Rd), [3, .. "web"u8, 0xC0, 12, 0, 1, 0, 1]), "FORMERR"),
        ("half a pointer", Join(Header(Rd), [0xC0]), "FORMERR"),
        ("a label of 64 bytes", Join(Header(Rd), [64, .. new byte[64], 0, 0, 1, 0, 1]), "FORMERR"),
        ("a label of the reserved kind 0x80", Join(Header(Rd), [0x83, .. "web"u8, 0, 0, 1, 0, 1]), "FORMERR"),
        ("a bit label (RFC 2673)", Join(Header(Rd), [0x41, 8, 0xAA, 0, 0, 1, 0, 1]), "FORMERR"),
        ("a name of 256 bytes", Join(Header(Rd), Question(NameOf(256))), "FORMERR"),
        ("a name of 300 bytes", Join(Header(Rd), Question(NameOf(300))), "FORMERR"),
        ("a name of 255 bytes", Join(Header(Rd), Question(NameOf(255))), "ok"),
        ("a label of 63 bytes", Join(Header(Rd), Question(Name(new string('x', 63)))), "ok"),
        ("127 labels", Join(Header(Rd), Question(Name(string.Join('.', Enumerable.Repeat("a", 127))))), "ok"),
        ("128 labels", Join(Header(Rd), Question(Name(string.Join('.', Enumerable.Repeat("a", 128))))), "FORMERR"),
        ("a name without an end", Join(Header(Rd), [3, .. "web"u8]), "FORMERR"),
        ("a label cut off", Join(Header(Rd), [5, .. "web"u8]), "FORMERR"),
        ("no type", Join(Header(Rd), Name("web")), "FORMERR"),
        ("half a type", Join(Header(Rd), Name("web"), [0]), "FORMERR"),
        ("no class", Join(Header(Rd), Name("web"), [0, 1]), "FORMERR"),
        ("half a class", Join(Header(Rd), Name("web"), [0, 1, 0]), "FORMERR"),
        ("the root", Join(Header(Rd), Question([0], 2)), "ok"),
        ("a label with a dot in it", Join(Header(Rd), Question([5, .. "a.b.c"u8, 0])), "ok"),
        ("a label with a zero in it", Join(Header(Rd), Question([3, 0, 0, 0, 0])), "ok"),
        ("a label of other bytes", Join(Header(Rd), Question([4, 0xFF, 0x80, 0x20, 0x7F, 0])), "ok"),
        ("UTF-8", Join(Header(Rd), Question([4, .. "äö"u8, 0])), "ok"),
        ("type 0", Join(Header(Rd), Question(Name("web"), 0)), "FORMERR"),
        ("OPT as a type", Join(Header(Rd), Question(Name("web"), 41)), "FORMERR"),
        ("TSIG as a type", Join(Header(Rd), Question(Name("web"), 250)), "FORMERR"),
        ("TKEY as a type", Join(Header(Rd), Question(Name("web"), 249)), "FORMERR"),
        ("a zone's transfer", Join(Header(Rd), Question(Name("web"), 252)), "REFUSED"),
        ("a transfer of changes", Join(Header(Rd), Question(Name("web"), 251)), "REFUSED"),
        ("everything", Join(Header(Rd), Question(Name("web"), 255)), "ok"),
        ("type 65535", Join(Header(Rd), Question(Name("web"), 65535)), "ok"),
        ("HTTPS", Join(Header(Rd), Question(Name("web"), 65)), "ok"),
        ("class CHAOS", Join(Header(Rd), Question(Name("version.bind"), 16, 3)), "ok"),
        ("class 0", Join(Header(Rd), Question(Name("web"), 1, 0)), "ok"),
        ("no recursion wanted", Join(Header(0), s_web), "ok"),
        ("all harmless flags", Join(Header(0x07FF & ~0x0000), s_web), "ok"),
        ("EDNS", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt()), "ok"),
        ("EDNS of 0 bytes", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(0)), "ok"),
        ("EDNS of 65,535 bytes", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(65535)), "ok"),
        ("EDNS with all flags", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0xFFFF)), "ok"),
        ("EDNS version 1", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0x10000)), "BADVERS"),
        ("EDNS version 255", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0xFF0000)), "BADVERS"),
        ("EDNS with a response code", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0xFF000000)), "ok"),
        ("two OPT records", Join(Header(Rd, 1, 0, 0, 2), s_web, Opt(), Opt()), "FORMERR"),
        ("an OPT record with a name", Join(Header(Rd, 1, 0, 0, 1), s_web, Record(Name("a"), 41, [])), "FORMERR"),
        ("an OPT record with a pointer", Join(Header(Rd, 1, 0, 0, 1), s_web, Record(s_pointer, 41, [])), "FORMERR"),
        ("an OPT record cut off", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt()[..^1]), "FORMERR"),
        ("an OPT record longer than the rest",
            Join(Header(Rd, 1, 0, 0, 1), s_web, Record([0], 41, [0, 1], length: 3)), "FORMERR"),
        ("an OPT record of 65,535 bytes that are not there",
            Join(Header(Rd, 1, 0, 0, 1), s_web, Record([0], 41, [], length: 65535)), "FORMERR"),
        ("an option", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8)), "ok"),
        ("an empty option", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0, 0, 12, 0, 0)), "ok"),
        ("an unknown option", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0, 0xFE, 1, 0, 1, 9)), "ok"),
        ("padding", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0, [0, 12, 0, 200, .. new byte[200]])), "ok"),
        ("an option longer than its record",
            Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0, 0, 10, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8)), "FORMERR"),
        ("half an option", Join(Header(Rd, 1, 0, 0, 1), s_web, Opt(1232, 0, 0, 10, 0)), "FORMERR"),
        ("a signature (TSIG)", Join(Header(Rd, 1, 0, 0, 1), s_web, Record(Name("key"), 250, new byte[30])), "ok"),
        ("OPT, then a signature",
            Join(Header(Rd, 1, 0, 0, 2), s_web, Opt(), Record(Name("key"), 250, new byte[30])), "ok"),
        ("an additional record whose name has no end",
            Join(Header(Rd, 1, 0, 0, 1), s_web, [63, 1, 2]), "FORMERR"),
        ("an additional record of a reserved label",
            Join(Header(Rd, 1, 0, 0, 1), s_web, Record([0x80, 0], 1, [])), "FORMERR"),
        ("an additional record without its fields", Join(Header(Rd, 1, 0, 0, 1), s_web, [0, 0, 41]), "FORMERR"),
        ("a number that is no message", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), "NOTIMP"),
    ];

    public static TheoryData<string> Rows => [.. s_rows.Select(row => row.What)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Odd_message_gets_what_the_table_says(string what)
    {
        (_, byte[] message, string result) = s_rows.Single(row => row.What == what);
        byte[] name = new byte[DnsName.MaxBytes];
        bool isAnswerable = DnsQuery.TryRead(message, name, out DnsQuery query);
        Assert.Equal(result, !isAnswerable ? "none" : query.Refusal == DnsResponseCode.NOERROR ? "ok"
            : query.Refusal.ToString());
        if (!isAnswerable || result == "ok") return;
        // The error repeats id, operation and, where there is one, the question; nothing else.
        byte[] space = new byte[512];
        byte[] reply = space[..DnsReply.WriteEmpty(space, message, query, query.Refusal)];
        Assert.Equal(message[..2], reply[..2]);
        Assert.Equal((message[2] & 0x79) | 0x80, reply[2] & 0xF9);
        Assert.Equal((int)query.Refusal & 15, reply[3] & 15);
        Assert.Equal(query.QuestionEnd > 12 ? 1 : 0, reply[5]);
        Assert.Equal(query.QuestionEnd + (query.HasEdns ? 11 : 0), reply.Length);
        if (result == "BADVERS") Assert.Equal(1, reply[query.QuestionEnd + 5]);
    }

    [Fact]
    public void Tables_have_rows_enough()
    {
        Assert.InRange(s_rows.Length, 80, int.MaxValue);
        Assert.InRange(AnswerTableTests.Rows.Count, 100, int.MaxValue);
    }

    [Fact]
    public void Good_message_cut_off_anywhere_is_refused()
    {
        byte[] whole = Join(Header(Rd, 1, 0, 0, 1), Question(Name("some.name.example")),
            Opt(1232, 0x8000, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8));
        byte[] name = new byte[DnsName.MaxBytes];
        for (int length = 0; length < whole.Length; length++)
        {
            bool isAnswerable = DnsQuery.TryRead(whole.AsSpan(0, length), name, out DnsQuery query);
            Assert.Equal(length >= 12, isAnswerable);
            Assert.True(!isAnswerable || query.Refusal == DnsResponseCode.FORMERR, $"{length} bytes");
        }
        Assert.True(DnsQuery.TryRead(whole, name, out DnsQuery all));
        Assert.Equal(DnsResponseCode.NOERROR, all.Refusal);
        Assert.Equal((1232, true, true), (all.UdpBytes, all.HasEdns, all.DnssecOk));
    }
}
