using System.IO.Pipelines;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Compression;

public class DecompressStageTests
{
    private static readonly byte[] s_plain = TestImage.Tar(3000);

    public static TheoryData<string, byte[]> Blobs => new()
    {
        { "plain", s_plain },
        { "gzip", TestImage.Gzip(s_plain) },
        { "two members", [.. TestImage.Gzip(s_plain.AsSpan(0, 1000)), .. TestImage.Gzip(s_plain.AsSpan(1000))] },
        { "empty member between", [.. TestImage.Gzip(s_plain.AsSpan(0, 7)), .. TestImage.Gzip([]),
            .. TestImage.Gzip(s_plain.AsSpan(7))] },
        { "zstd", TestImage.Zstd(s_plain) },
        { "two frames", [.. TestImage.Zstd(s_plain.AsSpan(0, 99)), .. TestImage.Zstd(s_plain.AsSpan(99))] },
        { "skippable frame first", [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3, .. TestImage.Zstd(s_plain)] },
        { "gzip by the tool", Streams.Tool("gzip -9c", s_plain) },
        { "zstd by the tool", Streams.Tool("zstd -19 -c", s_plain) },
    };

    [Theory]
    [MemberData(nameof(Blobs))]
    public async Task Every_split_point_gives_the_same_bytes(string name, byte[] blob)
    {
        Assert.NotEmpty(name);
        for (int split = 0; split <= blob.Length; split++)
            Assert.Equal(s_plain, await RunAsync(blob.AsMemory(0, split), blob.AsMemory(split)));
    }

    [Theory]
    [MemberData(nameof(Blobs))]
    public async Task Blob_cut_off_anywhere_never_gives_the_whole(string name, byte[] blob)
    {
        Assert.NotEmpty(name);
        for (int length = 0; length < blob.Length; length++)
            try
            {
                byte[] result = await RunAsync(blob.AsMemory(0, length));
                // Only the trailer and the end of block are missing: the bytes are all there, the blob's digest tells.
                Assert.True(result.Length < s_plain.Length || blob.Length - length < 16);
            }
            catch (ImageException e)
            {
                Assert.Contains("malformed", e.Message);
            }
    }

    [Theory]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0 }, CompressionKind.Gzip)]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD }, CompressionKind.Zstd)]
    [InlineData(new byte[] { 0x5F, 0x2A, 0x4D, 0x18 }, CompressionKind.Zstd)]
    [InlineData(new byte[] { 0x1F, 0x8B }, CompressionKind.None)]
    [InlineData(new byte[] { }, CompressionKind.None)]
    [InlineData(new byte[] { (byte)'e', (byte)'t', (byte)'c', (byte)'/' }, CompressionKind.None)]
    public void Kind_is_told_by_the_first_bytes(byte[] head, CompressionKind kind) =>
        Assert.Equal(kind, CompressionMagic.Detect(head));

    private static async Task<byte[]> RunAsync(params ReadOnlyMemory<byte>[] pieces)
    {
        var compressed = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var plain = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        foreach (ReadOnlyMemory<byte> piece in pieces) await compressed.Writer.WriteAsync(piece);
        await compressed.Writer.CompleteAsync();
        DecompressStage.Run(
            compressed.Reader, plain.Writer, null, new CheckpointQueue(int.MaxValue),
            IngestLimits.Default, CancellationToken.None);
        await plain.Writer.CompleteAsync();
        var result = new MemoryStream();
        await plain.Reader.CopyToAsync(result);
        return result.ToArray();
    }
}
