namespace Skiff.Layers.Tests.Compression;

/// <summary>Writes DEFLATE bit by bit, right or wrong: what no compressor would make.</summary>
public sealed class DeflateWriter
{
    private static readonly byte[] s_order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly List<byte> _bytes = [];
    private int _bits;

    public byte[] ToArray() => [.. _bytes];

    /// <summary>Lowest bit first.</summary>
    public DeflateWriter Bits(uint value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (_bits++ % 8 == 0) _bytes.Add(0);
            _bytes[^1] |= (byte)((value >> i & 1) << ((_bits - 1) % 8));
        }
        return this;
    }

    /// <summary>The code of a symbol, its highest bit first, in the canonical code of these lengths.</summary>
    public DeflateWriter Symbol(byte[] lengths, int symbol)
    {
        uint code = 0;
        for (int length = 1; length <= lengths[symbol]; length++)
        {
            code <<= 1;
            if (length < lengths[symbol]) code += (uint)lengths.Count(l => l == length);
        }
        code += (uint)lengths.Take(symbol).Count(l => l == lengths[symbol]);
        for (int bit = lengths[symbol] - 1; bit >= 0; bit--) Bits(code >> bit & 1, 1);
        return this;
    }

    public DeflateWriter Stored(bool last, ReadOnlySpan<byte> data, int complement = 0xFFFF)
    {
        Bits(last ? 1u : 0, 3);
        while (_bits % 8 != 0) Bits(0, 1);
        Bits((uint)data.Length, 16).Bits((uint)(data.Length ^ complement), 16);
        foreach (byte value in data) Bits(value, 8);
        return this;
    }

    /// <summary>The header of a block with these codes; every length is written with four bits of its own.</summary>
    public DeflateWriter Dynamic(bool last, byte[] litLen, byte[] distance)
    {
        Bits(last ? 1u : 0, 1).Bits(2, 2);
        Bits((uint)litLen.Length - 257, 5).Bits((uint)distance.Length - 1, 5).Bits(15, 4);
        // Sixteen codes of four bits: the lengths 0 to 15, and no repetitions.
        foreach (byte symbol in s_order) Bits(symbol < 16 ? 4u : 0, 3);
        byte[] precode = [.. Enumerable.Repeat((byte)4, 16)];
        foreach (byte length in (byte[])[.. litLen, .. distance]) Symbol(precode, length);
        return this;
    }
}
