using Skiff.Layers.Compression;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Compression;

/// <summary>What all decoders do with places to go on from.</summary>
public class BlobDecoderTests
{
    private static readonly byte[] s_plain = TestImage.Tar(300_000);

    // A skippable frame of four bytes.
    private static readonly byte[] s_skippable = [0x5A, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 0x28, 0xB5, 0x2F, 0xFD];

    public static TheoryData<string, byte[], int> Blobs => new()
    {
        { "plain", s_plain, 50 },
        { "gzip", Streams.Tool("gzip -9c", s_plain), 60 },
        { "gzip in one block", TestImage.Gzip(s_plain), 60 },
        { "gzip of stored blocks", Streams.Gzip(s_plain, 0), 60 },
        { "gzip of long matches", Streams.Gzip(new byte[300_000], 9), 70 },
        { "zstd in one frame", TestImage.Zstd(s_plain), 1 },
        { "zstd frames", [.. Frames(90_000)], 4 },
        { "zstd frames that fill the output", [.. Frames(4000)], 70 },
        { "zstd frames and skippable ones", [.. s_skippable, .. Frames(70_000), .. s_skippable, .. s_skippable], 6 },
        { "frames with checksum", [.. Streams.Tool("zstd -c --check", s_plain[..100]),
            .. Streams.Tool("zstd -19 -c --check", s_plain[100..])], 2 },
        { "frames without content size, of repeated bytes", [.. Streams.Tool("zstd -c --no-check", new byte[200_000]),
            .. Streams.Tool("zstd -c --no-check", [])], 1 },
    };

    [Theory]
    [MemberData(nameof(Blobs))]
    public void Any_checkpoint_is_a_place_to_go_on_from(string name, byte[] blob, int expected)
    {
        IBlobDecoder whole = BlobDecoder.For(CompressionMagic.Detect(blob), IngestLimits.Default);
        byte[] plain = Decode(whole, blob, out List<DecoderCheckpoint> places);
        Assert.True(whole.IsComplete, name);
        Assert.True(places.Count >= expected, $"{name}: {places.Count} places");
        foreach (DecoderCheckpoint place in places)
        {
            int at = (int)place.PlainOffset, window = Math.Min(at, 32 << 10);
            IBlobDecoder decoder = BlobDecoder.At(
                place, plain.AsSpan(at - window, window), IngestLimits.Default);
            byte[] rest = Decode(decoder, blob[(int)place.CompressedOffset..], out List<DecoderCheckpoint> more);
            Assert.True(rest.AsSpan().SequenceEqual(plain.AsSpan(at)), $"{name}: {place}");
            Assert.Equal(places[^1], more.Count > 0 ? more[^1] : place);
            // At its very end a blob has nothing left to say whether it is whole.
            Assert.True(decoder.IsComplete || place == places[^1], $"{name}: {place}");
        }
    }

    private static byte[] Decode(IBlobDecoder decoder, byte[] blob, out List<DecoderCheckpoint> places)
    {
        var plain = new MemoryStream();
        byte[] output = new byte[4000];
        places = [];
        InflateStatus status = InflateStatus.NeedsInput;
        for (int at = 0; at < blob.Length || status == InflateStatus.NeedsOutput;)
        {
            status = decoder.Decode(
                blob.AsSpan(at, Math.Min(3000, blob.Length - at)), out int read, output, out int written);
            Assert.True(status != InflateStatus.Malformed, decoder.Fault);
            at += read;
            plain.Write(output, 0, written);
            if (decoder.TryGetCheckpoint(out DecoderCheckpoint place)) places.Add(place);
        }
        return plain.ToArray();
    }

    private static IEnumerable<byte> Frames(int plainBytes)
    {
        for (int at = 0; at < s_plain.Length; at += plainBytes)
            foreach (byte value in TestImage.Zstd(s_plain.AsSpan(at, Math.Min(plainBytes, s_plain.Length - at))))
                yield return value;
    }
}
