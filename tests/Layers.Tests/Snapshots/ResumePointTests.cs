using System.Text;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

public class ResumePointTests
{
    private static readonly ResumePoint s_point = new(
        Digest.Parse("sha256:" + new string('1', 64)),
        new DecoderCheckpoint(CompressionKind.Gzip, 1L << 40, 7, 1L << 42, 1L << 41, uint.MaxValue,
            new DeflateBlock(true, 0, 286, [1, 2, 15, 0], 258, 32768)),
        Digest.Parse("sha256:" + new string('2', 64)));

    [Fact]
    public void Point_is_read_as_it_was_written()
    {
        Assert.True(ResumePoint.TryParse(s_point.ToJson(), out ResumePoint read));
        Assert.Equal(s_point.Place.Block!.CodeLengths, read.Place.Block!.CodeLengths);
        DeflateBlock block = read.Place.Block with { CodeLengths = s_point.Place.Block.CodeLengths };
        Assert.Equal(s_point, read with { Place = read.Place with { Block = block } });
        ResumePoint without = s_point with { Place = DecoderCheckpoint.Boundary(CompressionKind.Zstd, 5, 6) };
        Assert.True(ResumePoint.TryParse(without.ToJson(), out read));
        Assert.Equal(without, read);
    }

    [Fact]
    public void Point_that_was_cut_off_is_none()
    {
        byte[] whole = s_point.ToJson();
        for (int length = 0; length < whole.Length; length++)
            Assert.False(ResumePoint.TryParse(whole.AsSpan(0, length), out _));
    }

    [Theory]
    [InlineData("\"bits\":7", "\"bits\":8")]
    [InlineData("\"bits\":7", "\"bits\":\"7\"")]
    [InlineData("\"compression\":1", "\"compression\":9")]
    [InlineData("\"offset\":1099511627776", "\"offset\":-1")]
    [InlineData("\"offset\":1099511627776", "\"offset\":99999999999999999999")]
    [InlineData("\"tarBytes\":4398046511104", "\"tarBytes\":1")]
    [InlineData("\"memberCrc\"", "\"crc\"")]
    [InlineData("\"sha256:1", "\"sha256:x")]
    [InlineData("\"codeLengths\":\"", "\"codeLengths\":\"*")]
    [InlineData("{\"blob\"", "[{\"blob\"")]
    public void Anything_else_is_none(string from, string to)
    {
        string json = Encoding.UTF8.GetString(s_point.ToJson());
        Assert.Contains(from, json);
        Assert.False(ResumePoint.TryParse(Encoding.UTF8.GetBytes(json.Replace(from, to)), out _));
    }
}
