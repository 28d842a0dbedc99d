using Skiff.Layers.Compression;

namespace Skiff.Layers.Tests.Compression;

public class Crc32Tests
{
    [Fact]
    public void Check_value_is_the_standards() => Assert.Equal(0xCBF43926, Crc32.Append(0, "123456789"u8));

    [Fact]
    public void Every_length_and_alignment_gives_what_bytes_alone_give()
    {
        byte[] data = new byte[700];
        new Random(1).NextBytes(data);
        for (int start = 0; start < 17; start++)
            for (int length = 0; start + length <= data.Length; length++)
            {
                ReadOnlySpan<byte> piece = data.AsSpan(start, length);
                uint seed = (uint)(start * 0x9E3779B1);
                Assert.Equal(~Crc32.ByBytes(~seed, piece), Crc32.Append(seed, piece));
            }
    }
}
