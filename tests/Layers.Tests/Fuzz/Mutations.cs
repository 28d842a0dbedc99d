namespace Skiff.Layers.Tests.Fuzz;

/// <summary>Ways to damage input.</summary>
internal static class Mutations
{
    private static readonly byte[] s_special =
        [0, 1, 0x7F, 0x80, 0xFE, 0xFF, (byte)'0', (byte)'7', (byte)'/', (byte)'.'];

    /// <summary>
    /// A few bytes are changed, removed, doubled or cut off. Headers are short, and most of what can be wrong is in
    /// them: half of the damage goes there.
    /// </summary>
    internal static byte[] Bytes(byte[] input, Random random)
    {
        for (int times = random.Next(1, 5); times > 0 && input.Length > 0; times--)
        {
            int at = random.Next(random.Next(2) == 0 ? input.Length : Math.Min(input.Length, 80));
            input = random.Next(10) switch
            {
                0 => input[..at],
                1 => [.. input[..at], .. input[(at + 1)..]],
                2 => [.. input[..at], .. Piece(input, random), .. input[at..]],
                3 => [.. input[..at], .. new byte[random.Next(1, 600)], .. input[at..]],
                4 or 5 => Set(input, at, s_special[random.Next(s_special.Length)]),
                6 => Set(input, at, (byte)random.Next(256)),
                _ => Set(input, at, (byte)(input[at] ^ (1 << random.Next(8)))),
            };
        }
        return input;
    }

    /// <summary>As <see cref="Bytes"/>, and words of the format are put in or exchanged.</summary>
    internal static byte[] Words(byte[] input, Random random, ReadOnlySpan<byte[]> words)
    {
        for (int times = random.Next(1, 4); times > 0; times--)
        {
            byte[] word = words[random.Next(words.Length)], other = words[random.Next(words.Length)];
            int at = random.Next(input.Length + 1);
            int found = input.AsSpan(at).IndexOf(other);
            if (found >= 0) at += found;
            int end = Math.Min(input.Length, found >= 0 ? at + other.Length : at + random.Next(3));
            input = [.. input[..at], .. word, .. input[end..]];
        }
        return random.Next(3) == 0 ? Bytes(input, random) : input;
    }

    private static byte[] Piece(byte[] input, Random random)
    {
        int start = random.Next(input.Length);
        return input[start..Math.Min(input.Length, start + random.Next(1, 600))];
    }

    private static byte[] Set(byte[] input, int at, byte value)
    {
        byte[] changed = [.. input];
        changed[at] = value;
        return changed;
    }
}
