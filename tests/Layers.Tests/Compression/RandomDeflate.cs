namespace Skiff.Layers.Tests.Compression;

/// <summary>
/// DEFLATE streams that nobody's compressor makes: random codes, lengths and distances; most of them valid.
/// </summary>
public static class RandomDeflate
{
    private static readonly byte[] s_fixedLitLen = [.. Enumerable.Range(0, 288).Select(
        symbol => (byte)(symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8))];

    private static readonly byte[] s_fixedDistance = [.. Enumerable.Repeat((byte)5, 32)];

    public static byte[] Make(Random random)
    {
        var writer = new DeflateWriter();
        int blocks = random.Next(1, 5), written = 0;
        for (int block = 0; block < blocks; block++)
        {
            bool last = block == blocks - 1;
            switch (random.Next(4))
            {
                case 0:
                    // Now and then a whole window.
                    byte[] data = new byte[random.Next(8) == 0 ? 33_000 : random.Next(2) * random.Next(2000)];
                    random.NextBytes(data);
                    writer.Stored(last, data);
                    written += data.Length;
                    break;
                case 1:
                    writer.Bits(last ? 1u : 0, 1).Bits(1, 2);
                    written = Data(writer, random, s_fixedLitLen, s_fixedDistance, written);
                    break;
                default:
                    byte[] litLen = Lengths(random, random.Next(257, 287), mustHave: 256);
                    byte[] distance = Lengths(random, random.Next(1, 31), mustHave: 0);
                    writer.Dynamic(last, litLen, distance);
                    written = Data(writer, random, litLen, distance, written);
                    break;
            }
        }
        return writer.ToArray();
    }

    // A complete code, as long as 15 bits: leaves of a tree are split until there are enough.
    private static byte[] Lengths(Random random, int symbols, int mustHave)
    {
        var leaves = new List<int> { 1, 1 };
        int wanted = random.Next(2, symbols + 1);
        // Splitting the newest leaf makes codes long, any leaf makes them even.
        bool steep = random.Next(2) == 0;
        while (leaves.Count < wanted)
        {
            int leaf = steep && random.Next(3) > 0 ? leaves.Count - 1 : random.Next(leaves.Count);
            if (leaves[leaf] == 15) leaf = leaves.FindIndex(l => l < 15);
            leaves[leaf]++;
            leaves.Add(leaves[leaf]);
        }
        var lengths = new byte[symbols];
        if (symbols == 1)
        {
            lengths[0] = 1;
            return lengths;
        }
        int[] places = [.. Enumerable.Range(0, symbols).Where(symbol => symbol != mustHave)];
        random.Shuffle(places);
        lengths[mustHave] = (byte)leaves[0];
        for (int i = 1; i < leaves.Count; i++) lengths[places[i - 1]] = (byte)leaves[i];
        return lengths;
    }

    private static int Data(DeflateWriter writer, Random random, byte[] litLen, byte[] distance, int written)
    {
        int[] used = [.. Enumerable.Range(0, litLen.Length).Where(symbol => litLen[symbol] > 0 && symbol != 256)];
        int[] near = [.. Enumerable.Range(0, distance.Length).Where(
            symbol => distance[symbol] > 0 && symbol < 30 && Furthest(symbol) <= written)];
        bool furthest = random.Next(3) == 0;
        for (int left = used.Length == 0 ? 0 : random.Next(3000); left > 0; left--)
        {
            int symbol = used[random.Next(used.Length)];
            if (symbol > 285 || (symbol > 256 && near.Length == 0)) continue;
            writer.Symbol(litLen, symbol);
            written++;
            if (symbol < 256) continue;
            int lengthBits = symbol is < 265 or 285 ? 0 : (symbol - 261) / 4;
            writer.Bits((uint)random.Next(1 << lengthBits), lengthBits);
            int code = furthest ? near[^1] : near[random.Next(near.Length)], bits = DistanceBits(code);
            writer.Symbol(distance, code).Bits((uint)(furthest ? (1 << bits) - 1 : random.Next(1 << bits)), bits);
            written += 2;
        }
        writer.Symbol(litLen, 256);
        return written;
    }

    private static int DistanceBits(int code) => code < 4 ? 0 : code / 2 - 1;

    private static int Furthest(int code) => code < 4 ? code + 1 : (3 + code % 2) << DistanceBits(code);
}
