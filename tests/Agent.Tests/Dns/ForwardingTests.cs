using System.Diagnostics;
using System.Net;
using Skiff.Agent.Dns;

namespace Skiff.Agent.Tests.Dns;

/// <summary>What others are asked, and what becomes of their answers: dig, and servers on real sockets.</summary>
public class ForwardingTests
{
    private const string First = "127.1.0.1", Second = "127.1.0.2", Third = "127.1.0.3";

    private static readonly DnsOptions s_one = Servers(First), s_two = Servers(First, Second);

    private static DnsOptions Servers(params string[] addresses) =>
        new() { Servers = [.. addresses.Select(IPAddress.Parse)] };

    private static void Run(DnsOptions options, Action<DnsGround> test) =>
        DnsGround.Run(options, new FakeNames(), test);

    [Fact]
    public void Answers_come_through_with_their_names_types_and_codes() => Run(s_one, ground =>
    {
        using var server = new FakeServer(First, q => q.Name.ToLowerInvariant() switch
        {
            "nothing.example" => q.Reply(3, authorities: [Question.Soa(60, 60)]),
            _ when q.Type == 28 => q.Addresses(60, "2001:db8::1"),
            _ when q.Type == 16 => q.Reply(answers: [Question.Record([0xC0, 12], 16, 60, [2, (byte)'h', (byte)'i'])]),
            _ => q.Addresses(60, "192.0.2.1", "192.0.2.2"),
        });
        Assert.Equal(["192.0.2.1", "192.0.2.2"], ground.Short("some.example"));
        Assert.Equal(["2001:db8::1"], ground.Short("some.example", "AAAA"));
        Assert.Equal(["\"hi\""], ground.Short("some.example", "TXT"));
        Assert.Equal(["192.0.2.1", "192.0.2.2"], ground.Short("+tcp", "tcp.example"));
        string output = ground.Dig("nothing.example");
        Assert.Contains("status: NXDOMAIN", output);
        Assert.Contains("AUTHORITY: 1,", output);
        output = ground.Dig("Some.Example");
        Assert.Contains("flags: qr rd ra;", output);
        Assert.Matches(@"\nSome\.Example\.\s+\d+\s+IN\s+A\s+192\.0\.2\.1\n", output);
        Assert.Equal(0, server.TcpCount);
    });

    [Fact]
    public void Ids_ports_and_letters_are_different_each_time() => Run(s_one, ground =>
    {
        using var server = new FakeServer(First, q => q.Addresses(0, "192.0.2.1"));
        for (int i = 0; i < 12; i++) Assert.Equal(["192.0.2.1"], ground.Short("a-longer-name.example"));
        Assert.Equal(12, server.UdpCount);
        Assert.True(server.Questions.Select(q => q.Port).Distinct().Count() >= 11, "ports");
        Assert.True(server.Questions.Select(q => q.Message[0] << 8 | q.Message[1]).Distinct().Count() >= 11, "ids");
        Assert.True(server.Questions.Select(q => q.Name).Distinct().Count() >= 11, "letters");
    });

    [Fact]
    public void Answers_are_remembered_as_long_as_they_say() => Run(s_one, ground =>
    {
        using var server = new FakeServer(First, q => q.Name[0] is 's' or 'S' ? q.Addresses(1, "192.0.2.1")
            : q.Name[0] is 'z' or 'Z' ? q.Addresses(0, "192.0.2.1") : q.Addresses(300, "192.0.2.1"));
        for (int i = 0; i < 3; i++) Assert.Equal(["192.0.2.1"], ground.Short("long.example"));
        Assert.Equal(["192.0.2.1"], ground.Short("+tcp", "LONG.example"));
        Assert.Equal(1, server.UdpCount);
        for (int i = 0; i < 2; i++) ground.Short("long.example", "AAAA");
        for (int i = 0; i < 2; i++) ground.Short("+dnssec", "long.example");
        Assert.Equal(3, server.UdpCount);
        for (int i = 0; i < 2; i++) ground.Short("zero.example");
        Assert.Equal(5, server.UdpCount);
        ground.Short("short.example");
        Assert.Equal(6, server.UdpCount);
        Thread.Sleep(1100);
        Assert.Matches(@"\s29[0-9]\s+IN\s+A", ground.Dig("long.example"));
        Assert.Equal(6, server.UdpCount);
        Assert.Equal(["192.0.2.1"], ground.Short("short.example"));
        Assert.Equal(7, server.UdpCount);
    });

    [Theory]
    [InlineData(3, true, 1)]
    [InlineData(3, false, 2)]
    [InlineData(0, true, 1)]
    [InlineData(0, false, 2)]
    public void That_there_is_nothing_is_remembered_if_it_says_how_long(int code, bool soa, int asked) =>
        Run(s_one, ground =>
        {
            using var server = new FakeServer(First, q =>
                q.Reply(code, authorities: soa ? [Question.Soa(900, 100)] : []));
            for (int i = 0; i < 2; i++)
                Assert.Contains(code == 3 ? "status: NXDOMAIN" : "status: NOERROR", ground.Dig("none.example"));
            Assert.Equal(asked, server.UdpCount);
        });

    [Fact]
    public void Edns_is_ours_with_the_server_and_the_clients_with_us() => Run(s_one, ground =>
    {
        using var server = new FakeServer(First, q => q.Reply(answers: [Question.Address("192.0.2.1", 60)],
            additional: q.EdnsBytes == 0 ? [] : [Question.Record([0], 41, 0, [0, 10, 0, 2, 1, 2], 4000)]));
        Assert.DoesNotContain("OPT PSEUDOSECTION", ground.Dig("+noedns", "no.example"));
        Assert.Equal(0, server.Questions.Last().EdnsBytes);
        string output = ground.Dig("+bufsize=4096", "yes.example");
        Assert.Contains("EDNS: version: 0, flags:; udp: 1232", output);
        Assert.DoesNotContain("COOKIE", output);
        Assert.Equal(1232, server.Questions.Last().EdnsBytes);
        // Remembered without it, given to both kinds.
        Assert.DoesNotContain("OPT PSEUDOSECTION", ground.Dig("+noedns", "yes.example"));
        Assert.Equal(2, server.UdpCount);
    });

    [Fact]
    public void Answer_that_is_cut_off_is_fetched_by_tcp() => Run(s_one, ground =>
    {
        string[] many = [.. Enumerable.Range(0, 60).Select(i => $"192.0.2.{i}")];
        using var server = new FakeServer(First, q => q.IsTcp ? q.Addresses(60, many) : q.Reply(flags: 0x8380));
        Assert.Equal(many.Order(), ground.Short("+bufsize=4096", "big.example"));
        Assert.Equal((1, 1), (server.UdpCount, server.TcpCount));
        // dig comes again by TCP by itself: from memory.
        Assert.Equal(many.Order(), ground.Short("+noedns", "big.example"));
        Assert.Matches("flags: qr tc rd ra;.* ANSWER: 30,", ground.Dig("+noedns", "+ignore", "big.example"));
        Assert.Equal((1, 1), (server.UdpCount, server.TcpCount));
    });

    [Fact]
    public void Answer_that_cannot_be_had_whole_is_given_as_cut_off() => Run(s_one, ground =>
    {
        using var server = new FakeServer(First, q => q.IsTcp ? null : q.Reply(flags: 0x8380));
        server.Questions.Clear();
        string output = ground.Dig("+ignore", "big.example");
        Assert.Contains("status: NOERROR", output);
        Assert.Contains("flags: qr tc rd ra;", output);
    });

    [Fact]
    public void Server_that_refuses_the_port_is_passed_over_at_once() => Run(s_two, ground =>
    {
        using var server = new FakeServer(Second, q => q.Addresses(0, "192.0.2.1"));
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < 5; i++) Assert.Equal(["192.0.2.1"], ground.Short("x.example"));
        Assert.True(watch.ElapsedMilliseconds < 4000, $"{watch.ElapsedMilliseconds} ms for five");
    });

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(4)]
    [InlineData(1)]
    public void Server_that_cannot_is_passed_over_at_once(int code) => Run(s_two, ground =>
    {
        using var bad = new FakeServer(First, q => q.Reply(code));
        using var good = new FakeServer(Second, q => q.Addresses(0, "192.0.2.1"));
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < 5; i++) Assert.Equal(["192.0.2.1"], ground.Short("x.example"));
        Assert.True(watch.ElapsedMilliseconds < 4000, $"{watch.ElapsedMilliseconds} ms for five");
        // The one that answered is asked first for a while.
        Assert.Equal((1, 5), (bad.UdpCount, good.UdpCount));
    });

    [Theory]
    [InlineData("short address")]
    [InlineData("circle")]
    [InlineData("no records")]
    [InlineData("broken by tcp")]
    [InlineData("empty by tcp")]
    [InlineData("end by tcp")]
    public void Server_that_sends_rubbish_is_passed_over_at_once(string kind) => Run(s_two, ground =>
    {
        byte[]? Rubbish(Question q) => kind switch
        {
            "short address" => q.Reply(answers: [Question.Record([0xC0, 12], 1, 60, [1, 2, 3])]),
            "circle" => q.Reply(answers: [Question.Record([0xC0, (byte)q.Reply().Length], 1, 60, [1, 2, 3, 4])]),
            "no records" => [.. q.Reply()[..6], 0, 9, .. q.Reply()[8..]],
            _ when !q.IsTcp => q.Reply(flags: 0x8380),
            "broken by tcp" => q.Reply(answers: [[0xC0]]),
            "empty by tcp" => [],
            _ => throw new System.Net.Sockets.SocketException(),
        };
        using var bad = new FakeServer(First, Rubbish);
        using (var good = new FakeServer(Second, q => q.Addresses(0, "192.0.2.1")))
            Assert.InRange(Milliseconds(() => Assert.Equal(["192.0.2.1"], ground.Short("x.example"))), 0, 4000);
        long time = Milliseconds(() => Assert.Matches(
            kind.EndsWith("tcp") ? "flags: qr tc rd ra" : "status: SERVFAIL", ground.Dig("+ignore", "y.example")));
        Assert.InRange(time, 0, 4000);
    });

    [Fact]
    public void That_there_is_no_such_name_is_an_answer() => Run(s_two, ground =>
    {
        using var one = new FakeServer(First, q => q.Reply(3));
        using var other = new FakeServer(Second, q => q.Addresses(0, "192.0.2.1"));
        Assert.Contains("status: NXDOMAIN", ground.Dig("x.example"));
        Assert.Equal(0, other.UdpCount);
    });

    [Fact]
    public void When_all_servers_fail_the_client_learns_how() => Run(s_two, ground =>
    {
        using var one = new FakeServer(First, q => q.Reply(5));
        using var other = new FakeServer(Second, q => q.Reply(5));
        Assert.Contains("status: REFUSED", ground.Dig("x.example"));
        one.Dispose();
        other.Dispose();
        Assert.Contains("status: SERVFAIL", ground.Dig("y.example"));
    });

    [Fact]
    public void Silent_server_costs_a_moment_once_and_a_slow_one_is_waited_for() => Run(s_two, ground =>
    {
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var silent = new FakeServer(First, _ =>
        {
            asked.Enqueue("silent");
            return null;
        });
        using var slow = new FakeServer(Second, q =>
        {
            asked.Enqueue("slow");
            Thread.Sleep(300);
            return q.Addresses(0, "192.0.2.1");
        });
        long first = Milliseconds(() => Assert.Equal(["192.0.2.1"], ground.Short("x.example")));
        Assert.InRange(first, 490, 7900);
        Assert.Equal(["silent", "slow"], asked);
        Assert.Equal(["192.0.2.1"], ground.Short("x.example"));
        // Once more when the slow one took its time.
        Assert.Equal(["silent", "slow", "slow", "silent"], asked);
    });

    [Fact]
    public void Silence_of_all_ends_after_five_seconds_and_leaves_nothing() => Run(s_one, ground =>
    {
        using var silent = new FakeServer(First, _ => null);
        long time = Milliseconds(() => Assert.Contains("status: SERVFAIL", ground.Dig("x.example")));
        Assert.InRange(time, 4900, 7900);
        // Once, and twice again.
        Assert.Equal(3, silent.UdpCount);
        Assert.Equal(0, ground.Do(() => ground.Server.Pending));
        Assert.Equal(0, DnsGround.SocketsTo(First));
    });

    [Fact]
    public void Lost_packet_is_sent_again() => Run(s_one, ground =>
    {
        int count = 0;
        using var lossy = new FakeServer(First, q => Interlocked.Increment(ref count) == 1 ? null
            : q.Addresses(0, "192.0.2.1"));
        Assert.InRange(Milliseconds(() => Assert.Equal(["192.0.2.1"], ground.Short("x.example"))), 900, 1900);
    });

    [Fact]
    public void Answers_to_other_questions_are_as_if_they_had_not_come() => Run(s_one, ground =>
    {
        using var server = new FakeServer(First, q =>
        {
            byte[] answer = q.Addresses(0, "192.0.2.66");
            switch (q.Name[0] | 0x20)
            {
                case 'i': answer[0] ^= 1; break; // Another id.
                case 'n': answer[13] = (byte)'m'; break; // Another name.
                case 'q': answer[2] &= 0x7F; break; // A question.
                case 't': answer[^20] = 28; break; // Another type.
                case 'o': answer[2] |= 0x08; break; // Another operation.
            }
            return answer;
        });
        foreach (string name in (string[])["i", "n", "q", "o"])
        {
            string output = ground.Dig("+time=1", name + ".example");
            Assert.Contains("timed out", output);
        }
    });

    [Fact]
    public void Same_question_of_several_clients_is_asked_once() => Run(s_one, ground =>
    {
        using var server = new FakeServer(First, q =>
        {
            Thread.Sleep(400);
            return q.Addresses(0, "192.0.2.1");
        });
        Process[] digs = [.. Enumerable.Range(0, 5).Select(_ => ground.StartInside(
            "dig", "@127.0.0.11", "+short", "same.example"))];
        foreach (Process dig in digs)
        {
            Assert.Equal("192.0.2.1\n", dig.StandardOutput.ReadToEnd());
            dig.Dispose();
        }
        Assert.InRange(server.UdpCount, 1, 2);
    });

    [Fact]
    public void Old_answer_does_when_nobody_answers() => Run(s_two, ground =>
    {
        var one = new FakeServer(First, q => q.Addresses(1, "192.0.2.1"));
        Assert.Equal(["192.0.2.1"], ground.Short("x.example"));
        one.Dispose();
        Thread.Sleep(2100);
        // Nobody is there: at once, and its records live 30 seconds.
        long time = Milliseconds(() => Assert.Matches(@"\s30\s+IN\s+A\s+192\.0\.2\.1", ground.Dig("x.example")));
        // A server that may still answer would be waited for longer.
        Assert.InRange(time, 0, 1700);
        Assert.Contains("status: SERVFAIL", ground.Dig("never.example"));
    });

    [Fact]
    public void Old_answer_does_when_a_server_is_too_slow_and_the_new_one_replaces_it() => Run(s_one, ground =>
    {
        int count = 0;
        using var server = new FakeServer(First, q =>
        {
            if (Interlocked.Increment(ref count) == 1) return q.Addresses(1, "192.0.2.1");
            Thread.Sleep(2500);
            return q.Addresses(100, "192.0.2.2");
        });
        Assert.Equal(["192.0.2.1"], ground.Short("x.example"));
        Thread.Sleep(1100);
        long time = Milliseconds(() => Assert.Equal(["192.0.2.1"], ground.Short("x.example")));
        Assert.InRange(time, 1750, 7900);
        Thread.Sleep(2500);
        Assert.Equal(["192.0.2.2"], ground.Short("x.example"));
    });

    [Fact]
    public void Names_that_only_have_upper_case_letters_in_other_places_are_found_as_well() => Run(s_one, ground =>
    {
        using var server = new FakeServer(First, q =>
        {
            // A server that repeats the name, as it was written, in its record.
            byte[] name = [.. q.Message.AsSpan(12, q.Message.Length - 12 - 4)];
            return q.Reply(answers: [Question.Record(name, 1, 60, [192, 0, 2, 1])]);
        });
        Assert.Matches(@"\nmixed\.example\.\s+60\s+IN\s+A\s+192", ground.Dig("+noedns", "mixed.example"));
    });

    private static long Milliseconds(Action work)
    {
        var watch = Stopwatch.StartNew();
        work();
        return watch.ElapsedMilliseconds;
    }
}
