using System.IO.Compression;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Compression;

/// <summary>Random streams, whole and damaged: the decoder has to say of each what zlib says.</summary>
public static class InflateFuzz
{
    /// <summary>So many streams; the same ones for the same seed.</summary>
    public static void Run(int seed, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            var random = new Random(HashCode(seed, round));
            byte[] stream = random.Next(2) == 0 ? RandomDeflate.Make(random) : Compressed(random);
            Check(stream, random, $"seed {seed}, round {round}");
            Mutate(ref stream, random);
            Check(stream, random, $"seed {seed}, round {round}, damaged");
        }
    }

    private static int HashCode(int seed, int round) => unchecked(seed * 1_000_003 + round);

    private static void Check(byte[] stream, Random random, string what)
    {
        Zlib.Result expected = Zlib.Inflate(stream, Zlib.Raw);
        (int inputBytes, int outputBytes) = (Size(random), Size(random));
        what += $", {inputBytes} and {outputBytes} bytes at a time";
        Zlib.Result actual = Streams.Inflate(stream, inputBytes, outputBytes);
        Assert.True(expected.IsWhole == actual.IsWhole, $"{what}: zlib says {expected.IsWhole}");
        Assert.True(expected.Output.AsSpan().SequenceEqual(actual.Output), $"{what}: other bytes than zlib's");
        if (expected.IsWhole) Assert.True(expected.Consumed == actual.Consumed, $"{what}: ends elsewhere");
    }

    private static int Size(Random random) => random.Next(1, random.Next(3) switch { 0 => 9, 1 => 700, _ => 100_000 });

    private static byte[] Compressed(Random random)
    {
        byte[] plain = new byte[random.Next(1, 20_000)];
        int letters = random.Next(1, 256);
        for (int i = 0; i < plain.Length; i++)
            plain[i] = i > 40 && random.Next(4) > 0 ? plain[i - 1 - i % 39] : (byte)random.Next(letters);
        ZLibCompressionStrategy[] strategies = Enum.GetValues<ZLibCompressionStrategy>();
        return Streams.Deflate(plain, random.Next(10), strategies[random.Next(strategies.Length)]);
    }

    private static void Mutate(ref byte[] stream, Random random)
    {
        for (int times = random.Next(1, 4); times > 0 && stream.Length > 0; times--)
        {
            // Headers are short and most of what can be wrong is in them: half of the damage goes there.
            int at = random.Next(random.Next(2) == 0 ? stream.Length : Math.Min(stream.Length, 80));
            switch (random.Next(5))
            {
                case 0: stream[at] = (byte)random.Next(256); break;
                case 1: stream = stream[..at]; break;
                case 2: stream = [.. stream[..at], .. stream[(at + 1)..]]; break;
                default: stream[at] ^= (byte)(1 << random.Next(8)); break;
            }
        }
    }
}
