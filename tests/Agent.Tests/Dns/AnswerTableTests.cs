using Skiff.Agent.Dns;
using static Skiff.Agent.Tests.Dns.MessageBytes;

namespace Skiff.Agent.Tests.Dns;

/// <summary>Odd messages of servers, and what they have to be taken for.</summary>
public class AnswerTableTests
{
    private const int Ok = 0x8180;
    private const string Foreign = "Foreign", Broken = "Broken", Failing = "Failing", Truncated = "Truncated";

    private static readonly byte[] s_question = Question(Name("web.example"));
    private static readonly byte[] s_name = [0xC0, 12], s_address = [1, 2, 3, 4];

    private static readonly byte[] s_soa =
        Record([0], 6, [0, 0, .. new byte[16], 0, 0, 0, 50]);

    /// <summary>What it is, the message, its worth, and the seconds that it may be remembered.</summary>
    private static readonly (string What, byte[] Message, string Kind, uint Ttl)[] s_rows =
    [
        ("nothing", [], Foreign, 0),
        ("eleven bytes", Header(Ok)[..11], Foreign, 0),
        ("a header alone", Header(Ok), Foreign, 0),
        ("another id", Join([0x12, 0x35], Header(Ok)[2..], s_question), Foreign, 0),
        ("a question", Join(Header(0x0100), s_question), Foreign, 0),
        ("another operation", Join(Header(0x8980), s_question), Foreign, 0),
        ("another name", Join(Header(Ok), Question(Name("wab.example"))), Foreign, 0),
        ("a longer name", Join(Header(Ok), Question(Name("web.example.x"))), Foreign, 0),
        ("another type", Join(Header(Ok), Question(Name("web.example"), 28)), Foreign, 0),
        ("another class", Join(Header(Ok), Question(Name("web.example"), 1, 3)), Foreign, 0),
        ("two questions", Join(Header(Ok, 2), s_question, s_question), Foreign, 0),
        ("no question and no error", Header(Ok, 0), Foreign, 0),
        ("no question, no such name", Header(0x8183, 0), Foreign, 0),
        ("all bits", [.. Enumerable.Repeat((byte)0xFF, 100)], Foreign, 0),
        ("zeros", new byte[100], Foreign, 0),
        ("refusal without the question", Header(0x8185, 0), Failing, 0),
        ("FORMERR without the question", Header(0x8181, 0), Failing, 0),
        ("SERVFAIL", Join(Header(0x8182), s_question), Failing, 0),
        ("NOTIMP", Join(Header(0x8184), s_question), Failing, 0),
        ("code 15", Join(Header(0x818F), s_question), Failing, 0),
        ("SERVFAIL with rubbish", Join(Header(0x8182, 1, 1), s_question, [1]), Broken, 0),
        ("the name in other letters", Join(Header(Ok, 1, 1), Question(Name("wEb.eXample")),
            Record(s_name, 1, s_address)), "Good", 60),
        ("cut off", Join(Header(Ok | 0x200), s_question), Truncated, 0),
        ("cut off within a record", Join(Header(Ok | 0x200, 1, 1), s_question, [0xC0, 12, 0]), Truncated, 0),
        ("an address", Join(Header(Ok, 1, 1), s_question, Record(s_name, 1, s_address)), "Good", 60),
        ("rubbish after it", Join(Header(Ok, 1, 1), s_question, Record(s_name, 1, s_address), [1, 2, 3]), "Good", 60),
        ("two lives", Join(Header(Ok, 1, 2), s_question, Record(s_name, 1, s_address, 70),
            Record(s_name, 1, s_address, 30)), "Good", 30),
        ("a life of 0", Join(Header(Ok, 1, 1), s_question, Record(s_name, 1, s_address, 0)), "Good", 0),
        ("a negative life", Join(Header(Ok, 1, 1), s_question, Record(s_name, 1, s_address, 0x80000001)), "Good", 0),
        ("a life of 68 years", Join(Header(Ok, 1, 1), s_question, Record(s_name, 1, s_address, int.MaxValue)),
            "Good", 86400),
        ("nothing of the kind", Join(Header(Ok), s_question), "Good", 0),
        ("nothing of the kind, for a while", Join(Header(Ok, 1, 0, 1), s_question, s_soa), "Good", 50),
        ("no such name", Join(Header(0x8183), s_question), "Good", 0),
        ("no such name, for a while", Join(Header(0x8183, 1, 0, 1), s_question, s_soa), "Good", 50),
        ("no such name, for ever", Join(Header(0x8183, 1, 0, 1), s_question,
            Record([0], 6, [0, 0, .. new byte[16], 0x7F, 255, 255, 255], 1_000_000)), "Good", 300),
        ("an alias of nothing", Join(Header(0x8183, 1, 1, 1), s_question, Record(s_name, 5, Name("a.b")), s_soa),
            "Good", 50),
        ("an address of 3 bytes", Join(Header(Ok, 1, 1), s_question, Record(s_name, 1, [1, 2, 3])), Broken, 0),
        ("an address of 5 bytes", Join(Header(Ok, 1, 1), s_question, Record(s_name, 1, [1, 2, 3, 4, 5])), Broken, 0),
        ("an address of no bytes", Join(Header(Ok, 1, 1), s_question, Record(s_name, 1, [])), Broken, 0),
        ("IPv6 of 4 bytes", Join(Header(Ok, 1, 1), s_question, Record(s_name, 28, s_address)), Broken, 0),
        ("IPv6", Join(Header(Ok, 1, 1), s_question, Record(s_name, 28, new byte[16])), "Good", 60),
        ("more records than there are", Join(Header(Ok, 1, 2), s_question, Record(s_name, 1, s_address)), Broken, 0),
        ("65,535 answers that are not there", Join(Header(Ok, 1, 0xFFFF), s_question), Broken, 0),
        ("a record longer than the rest",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 16, [1, 2], length: 3)), Broken, 0),
        ("a record without its fields", Join(Header(Ok, 1, 1), s_question, [0xC0, 12, 0, 1]), Broken, 0),
        ("a record whose name points to itself",
            Join(Header(Ok, 1, 1), s_question, Record([0xC0, 29], 1, s_address)), Broken, 0),
        ("a record whose name points ahead",
            Join(Header(Ok, 1, 1), s_question, Record([0xC0, 50], 1, s_address), new byte[40]), Broken, 0),
        ("a record whose name points into the header",
            Join(Header(Ok, 1, 1), s_question, Record([0xC0, 4], 1, s_address)), Broken, 0),
        ("two names that point to each other", Join(Header(Ok, 1, 2), s_question,
            Record([1, (byte)'a', 0xC0, 45], 1, s_address), Record([0xC0, 29], 1, s_address)), Broken, 0),
        ("a name that goes round", Join(Header(Ok, 1, 1), s_question, Record(s_name, 5, [1, (byte)'a', 0xC0, 41])),
            Broken, 0),
        ("a chain of pointers", Join(Header(Ok, 1, 2), s_question, Record(s_name, 5, [0xC0, 16]),
            Record([0xC0, 41], 1, s_address)), "Good", 60),
        ("a name that grows beyond 255 bytes", Join(Header(Ok, 1, 2), s_question, Record(s_name, 5, NameOf(250)),
            Record([5, .. "abcde"u8, 0xC0, 41], 1, s_address)), Broken, 0),
        ("a name with a reserved label",
            Join(Header(Ok, 1, 1), s_question, Record([0x41, 0, 0], 1, s_address)), Broken, 0),
        ("an alias cut off", Join(Header(Ok, 1, 1), s_question, Record(s_name, 5, [5, (byte)'a'])), Broken, 0),
        ("an alias longer than its record",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 5, Name("a.b"), length: 2),
            new byte[40]), Broken, 0),
        ("an alias shorter than its record",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 5, [1, 97, 0, 0])), Broken, 0),
        ("an alias of no bytes", Join(Header(Ok, 1, 1), s_question, Record(s_name, 5, [])), Broken, 0),
        ("an alias with a pointer",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 5, [1, 97, 0xC0, 12])), "Good", 60),
        ("half a pointer at the end", Join(Header(Ok, 1, 1), s_question, Record(s_name, 5, [1, 97, 0xC0])), Broken, 0),
        ("a mail server", Join(Header(Ok, 1, 1), s_question, Record(s_name, 15, [0, 1, 1, 97, 0])), "Good", 60),
        ("a mail server without a name", Join(Header(Ok, 1, 1), s_question, Record(s_name, 15, [0, 1])), Broken, 0),
        ("a mail server of one byte", Join(Header(Ok, 1, 1), s_question, Record(s_name, 15, [0])), Broken, 0),
        ("a service",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 33, [0, 1, 0, 1, 0, 80, 1, 97, 0])), "Good", 60),
        ("a service cut off", Join(Header(Ok, 1, 1), s_question, Record(s_name, 33, [0, 1, 0, 1, 0, 80])), Broken, 0),
        ("a SOA record cut off", Join(Header(0x8183, 1, 0, 1), s_question, Record([0], 6, [0, 0, 1, 2, 3])), Broken, 0),
        ("a SOA record too long",
            Join(Header(0x8183, 1, 0, 1), s_question, Record([0], 6, [0, 0, .. new byte[21]])), Broken, 0),
        ("texts", Join(Header(Ok, 1, 1), s_question, Record(s_name, 16, [1, 97, 0, 2, 98, 99])), "Good", 60),
        ("a text longer than its record",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 16, [3, 97, 98])), Broken, 0),
        ("no text", Join(Header(Ok, 1, 1), s_question, Record(s_name, 16, [])), Broken, 0),
        ("a type that nobody knows", Join(Header(Ok, 1, 1), s_question, Record(s_name, 65280, [1, 2])), "Good", 60),
        ("OPT among the answers", Join(Header(Ok, 1, 1), s_question, Opt()), Broken, 0),
        ("OPT", Join(Header(Ok, 1, 1, 0, 1), s_question, Record(s_name, 1, s_address), Opt(512, 5)), "Good", 60),
        ("OPT before another record", Join(Header(Ok, 1, 1, 0, 2), s_question, Record(s_name, 1, s_address), Opt(),
            Record(s_name, 1, s_address, 7)), "Good", 60),
        ("additional rubbish", Join(Header(Ok, 1, 1, 0, 1), s_question, Record(s_name, 1, s_address), [9]), Broken, 0),
        ("an additional record that dies sooner", Join(Header(Ok, 1, 1, 0, 1), s_question,
            Record(s_name, 1, s_address), Record(s_name, 1, s_address, 7)), "Good", 7),
        ("a question cut off", Join(Header(Ok), s_question[..^1]), Foreign, 0),
        ("two questions, one of them cut off", Join(Header(Ok, 2), s_question, s_question[..5]), Foreign, 0),
        ("65,535 questions", Join(Header(Ok, 0xFFFF), s_question), Foreign, 0),
        ("cut off, without the question", Header(Ok | 0x200, 0), Foreign, 0),
        ("cut off, and SERVFAIL", Join(Header(0x8382), s_question), Truncated, 0),
        ("SERVFAIL with an address", Join(Header(0x8182, 1, 1), s_question, Record(s_name, 1, s_address)), Failing, 60),
        ("YXDOMAIN", Join(Header(0x8186), s_question), Failing, 0),
        ("no such name, with its address",
            Join(Header(0x8183, 1, 1), s_question, Record(s_name, 1, s_address)), "Good", 0),
        ("all harmless flags", Join(Header(0x85F0, 1, 1), s_question, Record(s_name, 1, s_address)), "Good", 60),
        ("an address of class CHAOS", Join(Header(Ok, 1, 1), s_question, Record(s_name, 1, s_address, 60, 3)),
            "Good", 60),
        ("an address of 255 bytes' name", Join(Header(Ok, 1, 1), s_question, Record(NameOf(255), 1, s_address)),
            "Good", 60),
        ("an address of 256 bytes' name", Join(Header(Ok, 1, 1), s_question, Record(NameOf(256), 1, s_address)),
            Broken, 0),
        ("an address of 127 labels", Join(Header(Ok, 1, 1), s_question,
            Record(Name(string.Join('.', Enumerable.Repeat("a", 127))), 1, s_address)), "Good", 60),
        ("an address of 128 labels", Join(Header(Ok, 1, 1), s_question,
            Record(Name(string.Join('.', Enumerable.Repeat("a", 128))), 1, s_address)), Broken, 0),
        ("a label of 64 bytes", Join(Header(Ok, 1, 1), s_question,
            Record([64, .. new byte[64], 0], 1, s_address)), Broken, 0),
        ("a pointer into a label", Join(Header(Ok, 1, 1), s_question, Record([0xC0, 14], 1, s_address)), Broken, 0),
        ("a pointer to the question's type",
            Join(Header(Ok, 1, 1), s_question, Record([0xC0, 25], 1, s_address)), Broken, 0),
        ("a pointer to the question's root",
            Join(Header(Ok, 1, 1), s_question, Record([0xC0, 24], 1, s_address)), "Good", 60),
        ("a pointer into an address", Join(Header(Ok, 1, 2), s_question, Record(s_name, 1, [1, 97, 0, 0]),
            Record([0xC0, 41], 1, s_address)), Broken, 0),
        ("IPv6 of 15 bytes", Join(Header(Ok, 1, 1), s_question, Record(s_name, 28, new byte[15])), Broken, 0),
        ("IPv6 of 17 bytes", Join(Header(Ok, 1, 1), s_question, Record(s_name, 28, new byte[17])), Broken, 0),
        ("a name server of no bytes", Join(Header(Ok, 1, 0, 1), s_question, Record(s_name, 2, [])), Broken, 0),
        ("a pointer's name with rubbish behind it",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 12, [1, 97, 0, 9])), Broken, 0),
        ("an alias of a tree (DNAME) cut off",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 39, [3, 97, 98])), Broken, 0),
        ("a mail server that points to itself",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 15, [0, 1, 0xC0, 43])), Broken, 0),
        ("a mail server with rubbish behind it",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 15, [0, 1, 1, 97, 0, 9])), Broken, 0),
        ("a service that points ahead", Join(Header(Ok, 1, 1), s_question,
            Record(s_name, 33, [0, 1, 0, 1, 0, 80, 0xC0, 60]), new byte[40]), Broken, 0),
        ("a service of the root", Join(Header(Ok, 1, 1), s_question, Record(s_name, 33, [0, 1, 0, 1, 0, 80, 0])),
            "Good", 60),
        ("an empty text", Join(Header(Ok, 1, 1), s_question, Record(s_name, 16, [0])), "Good", 60),
        ("two texts, one of them cut off",
            Join(Header(Ok, 1, 1), s_question, Record(s_name, 16, [1, 97, 5, 98])), Broken, 0),
        ("a SOA record of a life of 0", Join(Header(0x8183, 1, 0, 1), s_question,
            Record([0], 6, [0, 0, .. new byte[16], 0, 0, 0, 50], 0)), "Good", 0),
        ("a SOA record with a least life of 0",
            Join(Header(0x8183, 1, 0, 1), s_question, Record([0], 6, [0, 0, .. new byte[20]])), "Good", 0),
        ("a SOA record without its second name",
            Join(Header(0x8183, 1, 0, 1), s_question, Record([0], 6, [0, 0xC0, .. new byte[19]])), Broken, 0),
        ("a SOA record where it means nothing", Join(Header(Ok, 1, 0, 0, 1), s_question, s_soa), "Good", 0),
        ("an authority cut off", Join(Header(Ok, 1, 0, 1), s_question, s_soa[..^1]), Broken, 0),
        ("65,535 authorities that are not there", Join(Header(Ok, 1, 0, 0xFFFF), s_question), Broken, 0),
        ("65,535 additional records that are not there", Join(Header(Ok, 1, 0, 0, 0xFFFF), s_question), Broken, 0),
        ("OPT among the authorities", Join(Header(Ok, 1, 0, 1), s_question, Opt()), Broken, 0),
        ("two OPT records", Join(Header(Ok, 1, 1, 0, 2), s_question, Record(s_name, 1, s_address), Opt(), Opt()),
            "Good", 60),
        ("OPT with a name", Join(Header(Ok, 1, 1, 0, 1), s_question, Record(s_name, 1, s_address),
            Record(Name("a"), 41, [])), "Good", 60),
        ("OPT cut off", Join(Header(Ok, 1, 0, 0, 1), s_question, Opt()[..^1]), Broken, 0),
        ("OPT longer than the rest",
            Join(Header(Ok, 1, 0, 0, 1), s_question, Record([0], 41, [0], length: 2)), Broken, 0),
        ("a signature (TSIG)", Join(Header(Ok, 1, 1, 0, 1), s_question, Record(s_name, 1, s_address),
            Record(Name("key"), 250, new byte[30], 0, 255)), "Good", 0),
    ];

    public static TheoryData<string> Rows => [.. s_rows.Select(row => row.What)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Odd_answer_is_taken_for_what_the_table_says(string what)
    {
        (_, byte[] message, string kind, uint ttl) = s_rows.Single(row => row.What == what);
        var answer = ServerAnswer.Read(message, 0x1234, s_question);
        Assert.Equal((kind, ttl), (answer.Kind.ToString(), answer.Ttl));
        if (answer.Kind != ServerAnswerKind.Good) return;
        AnswerCheck.AssertPassedOn(message.AsSpan(0, answer.Length));
    }

    [Fact]
    public void Good_answer_cut_off_anywhere_is_not_taken()
    {
        byte[] whole = Join(Header(Ok, 1, 2, 1, 1), s_question, Record(s_name, 5, [1, 97, 0xC0, 12]),
            Record([0xC0, 41], 1, s_address), s_soa, Opt());
        for (int length = 0; length < whole.Length; length++)
        {
            ServerAnswerKind kind = ServerAnswer.Read(whole[..length], 0x1234, s_question).Kind;
            Assert.Equal(length < 12 + s_question.Length ? ServerAnswerKind.Foreign : ServerAnswerKind.Broken, kind);
        }
        Assert.Equal(ServerAnswerKind.Good, ServerAnswer.Read(whole, 0x1234, s_question).Kind);
    }
}
