using System.IO.Compression;
using Skiff.Layers.Compression;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Compression;

/// <summary>Members, their headers and trailers, and taking up the work again (RFC 1952).</summary>
public class GzipDecoderTests
{
    private static readonly byte[] s_plain = TestImage.Tar(150_000);
    private static readonly byte[] s_gzip = Gzip(s_plain);

    public static TheoryData<string, byte[], bool> Blobs() => new()
    {
        { "one member", s_gzip, true },
        { "two members", [.. s_gzip, .. s_gzip], true },
        { "a member of nothing", Member(0, [], []), true },
        { "all header fields", Member(0x1E, [3, 0, 1, 2, 3, .. "name\0"u8, .. "comment\0"u8], s_plain), true },
        { "header CRC is wrong", Damage(Member(2, [], s_plain), 10), false },
        { "reserved flag", Member(0x20, [], s_plain), false },
        { "unknown method", Damage(s_gzip, 2), false },
        { "no gzip", Damage(s_gzip, 0), false },
        { "CRC is wrong", Damage(s_gzip, s_gzip.Length - 8), false },
        { "length is wrong", Damage(s_gzip, s_gzip.Length - 1), false },
        { "zeros follow", [.. s_gzip, .. new byte[1000]], true },
        { "something else follows", [.. s_gzip, .. "trailing words"u8], true },
        { "the first byte of a member follows", [.. s_gzip, 0x1F], true },
        { "half a member follows", [.. s_gzip, .. s_gzip[..1000]], false },
        { "a damaged member follows", [.. s_gzip, .. Damage(s_gzip, 40)], false },
        { "cut in the trailer", s_gzip[..^1], false },
        { "cut in the header", s_gzip[..5], false },
        { "nothing", [], false },
    };

    [Theory]
    [MemberData(nameof(Blobs))]
    public void Blob_is_taken_or_refused(string name, byte[] blob, bool isWhole)
    {
        foreach ((int input, int output) in ((int, int)[])[(1 << 20, 1 << 20), (4096, 5000), (1, 700), (700, 1)])
        {
            byte[] plain = Decode(new GzipDecoder(), blob, input, output, out bool whole, out _);
            Assert.True(isWhole == whole, $"{name}, {input} and {output} bytes at a time");
            if (!whole) continue;
            int members = plain.Length / s_plain.Length;
            byte[] expected = [.. Enumerable.Repeat(s_plain, members).SelectMany(b => b)];
            Assert.True(plain.AsSpan().SequenceEqual(expected), name);
        }
    }

    [Fact]
    public void Any_checkpoint_is_a_place_to_go_on_from()
    {
        byte[] blob = [.. Gzip(s_plain), .. Gzip(s_plain[..70_000])], plain = [.. s_plain, .. s_plain[..70_000]];
        Decode(new GzipDecoder(), blob, 500, 3000, out bool whole, out List<DecoderCheckpoint> checkpoints);
        Assert.True(whole);
        Assert.True(checkpoints.Count > 60, $"{checkpoints.Count} checkpoints");
        Assert.Contains(checkpoints, c => c.BitOffset > 0);
        Assert.Contains(checkpoints, c => c.MemberBytes < 0);
        Assert.Contains(checkpoints, c => c.Block is { MatchBytes: > 0 });
        Assert.Contains(checkpoints, c => c.Block is { MatchBytes: 0 });
        foreach (DecoderCheckpoint checkpoint in checkpoints)
        {
            int at = (int)checkpoint.PlainOffset;
            var decoder = new GzipDecoder(checkpoint, plain.AsSpan(Math.Max(0, at - 32768), Math.Min(at, 32768)));
            byte[] rest = Decode(
                decoder, blob[(int)checkpoint.CompressedOffset..], 1000, 4000, out whole,
                out List<DecoderCheckpoint> more);
            Assert.True(whole, $"{checkpoint}");
            Assert.True(rest.AsSpan().SequenceEqual(plain.AsSpan(at)), $"{checkpoint}");
            Assert.Equal(checkpoints[^1], more.Count > 0 ? more[^1] : checkpoint);
        }
    }

    private static byte[] Decode(
        GzipDecoder decoder, byte[] blob, int inputBytes, int outputBytes, out bool isWhole,
        out List<DecoderCheckpoint> checkpoints)
    {
        var plain = new MemoryStream();
        byte[] output = new byte[outputBytes];
        checkpoints = [];
        for (int at = 0; at < blob.Length;)
        {
            ReadOnlySpan<byte> input = blob.AsSpan(at, Math.Min(inputBytes, blob.Length - at));
            InflateStatus status = decoder.Decode(input, out int read, output, out int written);
            (at, isWhole) = (at + read, false);
            plain.Write(output, 0, written);
            // What is no longer ours has to be without meaning to the decoder.
            output.AsSpan().Fill(0xA5);
            if (status == InflateStatus.Malformed) return plain.ToArray();
            if (decoder.TryGetCheckpoint(out DecoderCheckpoint place)) checkpoints.Add(place);
        }
        // The last of the output may still be held back by a full buffer.
        for (InflateStatus status = InflateStatus.NeedsOutput; status == InflateStatus.NeedsOutput;)
        {
            status = decoder.Decode([], out _, output, out int rest);
            plain.Write(output, 0, rest);
        }
        isWhole = decoder.IsComplete;
        return plain.ToArray();
    }

    // A flush ends a block at a byte, the compressor itself anywhere.
    private static byte[] Gzip(byte[] plain)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
            for (int at = 0; at < plain.Length; at += 9000)
            {
                gzip.Write(plain.AsSpan(at, Math.Min(9000, plain.Length - at)));
                if (at % 45000 == 0) gzip.Flush();
            }
        return stream.ToArray();
    }

    // A member by hand: the header with these flags and fields, and its CRC if the flags say so.
    private static byte[] Member(byte flags, ReadOnlySpan<byte> fields, byte[] plain)
    {
        byte[] header = [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3, .. fields];
        if ((flags & 2) != 0) header = [.. header, .. BitConverter.GetBytes(Crc32.Append(0, header))[..2]];
        byte[] trailer = [.. BitConverter.GetBytes(Crc32.Append(0, plain)), .. BitConverter.GetBytes(plain.Length)];
        byte[] body = plain.Length == 0 ? [3, 0]
            : Streams.Deflate(plain, 6, ZLibCompressionStrategy.Default);
        return [.. header, .. body, .. trailer];
    }

    private static byte[] Damage(byte[] blob, int at)
    {
        byte[] damaged = [.. blob];
        damaged[at] ^= 0x10;
        return damaged;
    }
}
