using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Skiff.Layers.Tests.Compression;

/// <summary>
/// zstd frames put together by hand (RFC 8878 section 3.1): every form of header, and blocks of every type one after
/// the other. All of them are valid, most of them nobody's compressor makes.
/// </summary>
internal static class RandomZstd
{
    private const int Raw = 0, Rle = 1, Compressed = 2;
    private const int MaxBlockBytes = 128 << 10, LibraryHeaderBytes = 6, LiteralsBytes = 5;

    private static readonly byte[] s_magic = [0x28, 0xB5, 0x2F, 0xFD];

    /// <param name="Bytes">As it is in the blob.</param>
    /// <param name="Plain">What it holds.</param>
    /// <param name="WindowBytes">The memory that its header asks for.</param>
    internal sealed record Frame(byte[] Bytes, byte[] Plain, long WindowBytes);

    /// <summary>A frame with a few blocks.</summary>
    /// <param name="random">Decides about everything.</param>
    /// <param name="tail">Plain bytes whose compressed blocks end the frame; empty for a last block by hand.</param>
    /// <param name="multipleOf">The content's length is a multiple of this.</param>
    internal static Frame Make(Random random, byte[] tail, int multipleOf)
    {
        List<byte> blocks = [], plain = [];
        int largest = 1 << 10;
        for (int count = random.Next(5); count > 0; count--)
        {
            byte[] content = Block(blocks, random);
            plain.AddRange(content);
            largest = Math.Max(largest, content.Length);
        }
        byte[] filling = new byte[(multipleOf - (plain.Count + tail.Length) % multipleOf) % multipleOf];
        AddBlock(blocks, Raw, filling, filling.Length, isLast: tail.Length == 0);
        plain.AddRange([.. filling, .. tail]);
        long window = Math.Max(largest, filling.Length);
        if (tail.Length > 0)
        {
            byte[] frame = Library(tail, random.Next(-5, 10), random.Next(10, 21), checksum: false);
            blocks.AddRange(frame[LibraryHeaderBytes..]);
            window = Math.Max(window, Window(frame[LibraryHeaderBytes - 1]));
        }
        byte[] header = Header(random, plain.Count, ref window, out bool hasChecksum);
        byte[] checksum = hasChecksum ? Library([.. plain], -5, 10, checksum: true)[^4..] : [];
        return new Frame([.. s_magic, .. header, .. blocks, .. checksum], [.. plain], window);
    }

    /// <summary>A frame that is passed over.</summary>
    internal static byte[] Skippable(Random random)
    {
        int length = random.Next(random.Next(8) == 0 ? 100_000 : 50);
        byte[] head = [(byte)(0x50 + random.Next(16)), 0x2A, 0x4D, 0x18];
        return [.. head, .. BitConverter.GetBytes(length), .. new byte[length]];
    }

    // The window that is needed becomes the one that is asked for.
    private static byte[] Header(Random random, int contentBytes, ref long window, out bool hasChecksum)
    {
        hasChecksum = random.Next(2) == 0;
        bool isSingle = random.Next(3) == 0;
        int dictionary = random.Next(4) == 0 ? random.Next(1, 4) : 0, size = SizeField(random, contentBytes, isSingle);
        // Bit 4 is without meaning.
        int descriptor = size << 6 | (isSingle ? 0x20 : 0) | random.Next(2) << 4 | (hasChecksum ? 4 : 0) | dictionary;
        List<byte> header = [(byte)descriptor];
        if (!isSingle) header.Add(WindowDescriptor(random, window));
        window = isSingle ? contentBytes : Window(header[^1]);
        // Number 0 is no dictionary.
        header.AddRange(new byte[1 << dictionary >> 1]);
        int sizeBytes = size == 0 ? (isSingle ? 1 : 0) : 1 << size;
        return [.. header, .. BitConverter.GetBytes((long)contentBytes - (size == 1 ? 256 : 0))[..sizeBytes]];
    }

    private static int SizeField(Random random, int contentBytes, bool isSingle)
    {
        while (true)
        {
            int field = random.Next(4);
            if (field == 0 && isSingle && contentBytes > 255) continue;
            if (field != 1 || contentBytes is >= 256 and < 256 + 65536) return field;
        }
    }

    // Up to 64 MiB; any of these is half the time not far above what is needed.
    private static byte WindowDescriptor(Random random, long needed)
    {
        int descriptor = 0;
        while (Window((byte)descriptor) < needed) descriptor++;
        const int highest = 16 << 3;
        return (byte)random.Next(descriptor, Math.Min(highest, random.Next(2) == 0 ? descriptor + 9 : highest) + 1);
    }

    private static long Window(byte descriptor) => (8L + descriptor % 8) << (7 + descriptor / 8);

    private static byte[] Block(List<byte> blocks, Random random)
    {
        int length = random.Next(random.Next(16) == 0 ? MaxBlockBytes + 1 : 400);
        int type = random.Next(3);
        // A block must not take more in the frame than the frame's whole window, which may be its content.
        byte[] content = new byte[Math.Max(length, type == Compressed ? LiteralsBytes : type == Rle ? 1 : 0)];
        if (type == Raw) random.NextBytes(content);
        else content.AsSpan().Fill((byte)random.Next(256));
        if (type == Compressed) Literals(blocks, content);
        else AddBlock(blocks, type, type == Rle ? content[..1] : content, content.Length, isLast: false);
        return content;
    }

    // A compressed block without sequences: all of it is one literal, repeated (section 3.1.1.3.1.1, twenty bits of
    // size).
    private static void Literals(List<byte> blocks, byte[] content)
    {
        byte[] header = BitConverter.GetBytes(Rle | 3 << 2 | content.Length << 4)[..3];
        byte[] body = [.. header, content[0], 0];
        AddBlock(blocks, Compressed, body, body.Length, isLast: false);
    }

    private static void AddBlock(List<byte> blocks, int type, byte[] body, int size, bool isLast)
    {
        blocks.AddRange(BitConverter.GetBytes(size << 3 | type << 1 | (isLast ? 1 : 0))[..3]);
        blocks.AddRange(body);
    }

    // Its header has the window and nothing else.
    private static byte[] Library(byte[] plain, int level, int windowLog, bool checksum)
    {
        using var compressor = new Compressor(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_contentSizeFlag, 0);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, checksum ? 1 : 0);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, windowLog);
        return compressor.Wrap(plain).ToArray();
    }
}
