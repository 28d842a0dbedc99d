using Skiff.Agent.Dns;
using Skiff.Interop;
using static Skiff.Agent.Tests.Dns.MessageBytes;

namespace Skiff.Agent.Tests.Dns;

/// <summary>
/// Random messages, from a seed that is printed (SKIFF_SEED repeats it, SKIFF_DNS_FUZZ=n does n of each).
/// </summary>
public class DnsFuzzTests(ITestOutputHelper output)
{
    private static readonly int s_count = int.Parse(Environment.GetEnvironmentVariable("SKIFF_DNS_FUZZ") ?? "60000");

    [Fact]
    public void Any_question_is_read_to_its_end_or_refused() => Fuzz(s_count, (random, _) =>
    {
        byte[] message = Damage(random, Join(Header(0x0100, 1, 0, 0, 1), Question(SomeName(random), random.Next(300)),
            Opt(random.Next(65536), (uint)random.Next(), [0, 10, 0, 4, 1, 2, 3, 4])));
        byte[] name = new byte[DnsName.MaxBytes];
        if (!DnsQuery.TryRead(message, name, out DnsQuery query)) return;
        Assert.InRange(query.QuestionEnd, 12, message.Length);
        Assert.InRange(query.UdpBytes, 512, 4096);
        byte[] space = new byte[512];
        int length = DnsReply.WriteEmpty(space, message, query, query.Refusal);
        Assert.InRange(length, 12, 512);
        byte[] text = new byte[DnsName.MaxBytes];
        if (query.QuestionEnd > 12 && DnsName.TryText(name, text, out int chars))
        {
            // The same name comes of its text.
            byte[] again = new byte[DnsName.MaxBytes];
            int bytes = DnsName.Write(text.AsSpan(0, chars), again);
            Assert.Equal(name[..query.NameLength], again[..bytes]);
        }
    });

    [Fact]
    public void Any_answer_is_refused_or_can_be_passed_on() => Fuzz(s_count, (random, seen) =>
    {
        byte[] question = Question(SomeName(random));
        byte[] message = Damage(random, Answer(random, question));
        var answer = ServerAnswer.Read(message, 0x1234, question);
        seen.Add(answer.Kind.ToString());
        if (answer.Kind != ServerAnswerKind.Good) return;
        Assert.InRange(answer.Length, 12 + question.Length, message.Length);
        AnswerCheck.AssertPassedOn(message.AsSpan(0, answer.Length));
    }, "Good", "Broken", "Foreign", "Failing", "Truncated");

    [Fact]
    public void Cache_gives_back_what_was_put_last_or_nothing() => Fuzz(s_count / 20, (random, seen) =>
    {
        var cache = new DnsCache(4096, (uint)random.Next());
        var model = new Dictionary<string, (byte[] Answer, uint Ttl, long Ms)>();
        for (int i = 0; i < 40; i++)
        {
            byte[] key = [.. SomeName(random)[..^1], (byte)random.Next(4)];
            string text = Convert.ToHexString(key);
            if (random.Next(2) == 0)
            {
                var entry = (RandomBytesOf(random, random.Next(700)), (uint)random.Next(1, 100), (long)i * 1000);
                cache.Put(key, entry.Item1, entry.Item2, entry.Item3);
                model[text] = entry;
            }
            bool found = cache.TryGet(key, i * 1000, 0, out ReadOnlySpan<byte> answer, out uint age, out bool isFresh);
            seen.Add(found ? "found" : "lost");
            if (!found) continue;
            Assert.Equal(model[text].Answer, answer.ToArray());
            Assert.Equal((i * 1000 - model[text].Ms) / 1000, age);
            Assert.Equal(age < model[text].Ttl, isFresh);
        }
    }, "found", "lost");

    private void Fuzz(int count, Action<Random, HashSet<string>> test, params string[] kinds)
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("SKIFF_SEED") ?? $"{Random.Shared.Next()}");
        output.WriteLine($"SKIFF_SEED={seed}");
        var random = new Random(seed);
        var seen = new HashSet<string>();
        for (int i = 0; i < count; i++) test(random, seen);
        // A target that never gets anywhere proves nothing.
        if (count >= 1000) Assert.Superset(kinds.ToHashSet(), seen);
    }

    private static byte[] SomeName(Random random) => random.Next(4) switch
    {
        0 => Name("web"),
        1 => Name("some.longer.name.example"),
        2 => NameOf(random.Next(3, 256)),
        _ => Name($"{(char)random.Next('a', 'z')}.b"),
    };

    private static byte[] Answer(Random random, byte[] question)
    {
        int answers = random.Next(4), authorities = random.Next(2), additional = random.Next(3);
        int code = random.Next(4) == 0 ? random.Next(6) : 0;
        byte[] message = Join(Header(0x8180 | code | (random.Next(10) == 0 ? 0x200 : 0), 1, answers, authorities,
            additional), question);
        for (int i = 0; i < answers + authorities + additional; i++)
            message = Join(message, SomeRecord(random, message));
        return message;
    }

    private static byte[] SomeRecord(Random random, byte[] before)
    {
        byte[] name = random.Next(3) == 0 ? SomeName(random)
            : [0xC0, random.Next(4) == 0 ? (byte)random.Next(12, Math.Min(255, before.Length)) : (byte)12];
        uint ttl = (uint)random.Next(-1, 1000);
        return random.Next(7) switch
        {
            0 => Record(name, 1, RandomBytesOf(random, 4), ttl),
            1 => Record(name, 28, RandomBytesOf(random, 16), ttl),
            2 => Record(name, 5, SomeName(random), ttl),
            3 => Record(name, 6, [0, 0xC0, 12, .. RandomBytesOf(random, 20)], ttl),
            4 => Record(name, 16, [3, 97, 98, 99], ttl),
            5 => Opt(),
            _ => Record(name, random.Next(65536), RandomBytesOf(random, random.Next(40)), ttl),
        };
    }

    private static byte[] RandomBytesOf(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Damage(Random random, byte[] message)
    {
        for (int left = random.Next(5) - 1; left > 0; left--)
        {
            int at = random.Next(message.Length);
            message[at] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(message[at] ^ 1 << random.Next(8)),
                _ => (byte)(random.Next(2) == 0 ? 0xC0 : 0),
            };
        }
        return random.Next(8) switch
        {
            0 => message[..random.Next(message.Length + 1)],
            1 => [.. message, .. RandomBytesOf(random, random.Next(20))],
            _ => message,
        };
    }
}
