using System.IO.Compression;
using Skiff.Layers.Tests.Compression;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>Bare DEFLATE: the decoder has to say of each stream what zlib says.</summary>
internal sealed class InflateTarget : FuzzTarget
{
    internal override string Name => "inflate";

    internal override byte[] Make(Random random) =>
        random.Next(2) == 0 ? RandomDeflate.Make(random) : Compressed(random);

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        Zlib.Result expected = Zlib.Inflate(input, Zlib.Raw);
        (int inputBytes, int outputBytes) = (Size(random), Size(random));
        Zlib.Result actual = Streams.Inflate(input, inputBytes, outputBytes);
        string what = $"{inputBytes} and {outputBytes} bytes at a time";
        Assert.True(expected.IsWhole == actual.IsWhole, $"{what}: zlib says {expected.IsWhole}");
        Assert.True(expected.Output.AsSpan().SequenceEqual(actual.Output), $"{what}: other bytes than zlib's");
        if (expected.IsWhole) Assert.True(expected.Consumed == actual.Consumed, $"{what}: ends elsewhere");
    }

    /// <summary>Of a piece or a buffer. Very small ones find the most and take the longest.</summary>
    internal static int Size(Random random) =>
        random.Next(1, random.Next(8) switch { 0 => 9, < 4 => 700, _ => 100_000 });

    internal static byte[] Plain(Random random)
    {
        // Now and then more than two windows of DEFLATE, and more than a block of zstd.
        byte[] plain = new byte[random.Next(1, random.Next(8) == 0 ? 200_000 : 20_000)];
        int letters = random.Next(1, 256);
        for (int i = 0; i < plain.Length; i++)
            plain[i] = i > 40 && random.Next(4) > 0 ? plain[i - 1 - i % 39] : (byte)random.Next(letters);
        return plain;
    }

    internal static byte[] Compressed(Random random)
    {
        ZLibCompressionStrategy[] strategies = Enum.GetValues<ZLibCompressionStrategy>();
        return Streams.Deflate(Plain(random), random.Next(10), strategies[random.Next(strategies.Length)]);
    }
}
