using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// Blobs whose decoding is broken off and taken up again by another decoder, as a pull does. Oracle: the decoder that
/// was not broken off.
/// </summary>
internal sealed class ResumeTarget : FuzzTarget
{
    private const int WindowBytes = 32 << 10, MostPlaces = 4;

    // Of output without end the beginning is enough.
    private const int EnoughBytes = 4 << 20;

    private readonly FuzzTarget[] _blobs = [new GzipTarget(), new ZstdTarget()];

    internal override string Name => "resume";

    internal override byte[] Make(Random random) => _blobs[random.Next(_blobs.Length)].Make(random);

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        IBlobDecoder whole = BlobDecoder.For(CompressionMagic.Detect(input), IngestLimits.Default);
        List<DecoderCheckpoint> places = [];
        bool complete = Decode(whole, input, random, places, out byte[] plain);
        if (isWhole) Assert.True(complete, whole.Fault);
        if (plain.Length >= EnoughBytes) return;
        foreach (DecoderCheckpoint place in places)
        {
            int at = (int)place.PlainOffset;
            ReadOnlySpan<byte> window = plain.AsSpan(Math.Max(0, at - WindowBytes)..at);
            IBlobDecoder decoder = BlobDecoder.At(place, window, IngestLimits.Default);
            bool completes = Decode(decoder, input[(int)place.CompressedOffset..], random, [], out byte[] rest);
            // At its very end a blob has nothing left to say whether it is whole.
            if (place.CompressedOffset < input.Length) Assert.True(complete == completes, $"{place}: {decoder.Fault}");
            if (complete) Assert.True(rest.AsSpan().SequenceEqual(plain.AsSpan(at)), $"{place}: other bytes");
        }
    }

    /// <summary>In pieces; places are taken every now and then.</summary>
    private static bool Decode(
        IBlobDecoder decoder, byte[] blob, Random random, List<DecoderCheckpoint> places, out byte[] plain)
    {
        using var owned = decoder as IDisposable;
        var stream = new MemoryStream();
        byte[] output = new byte[InflateTarget.Size(random)];
        int most = InflateTarget.Size(random), at = 0;
        try
        {
            InflateStatus status;
            do
            {
                ReadOnlySpan<byte> piece = blob.AsSpan(at, Math.Min(random.Next(1, most + 1), blob.Length - at));
                status = decoder.Decode(piece, out int read, output, out int written);
                at += read;
                stream.Write(output, 0, written);
                if (random.Next(5) > 0 || !decoder.TryGetCheckpoint(out DecoderCheckpoint place)) continue;
                if (places.Count == MostPlaces) places.RemoveAt(random.Next(MostPlaces));
                places.Add(place);
            }
            while (stream.Length < EnoughBytes && (status == InflateStatus.NeedsOutput
                || (status == InflateStatus.NeedsInput && at < blob.Length)));
            return status != InflateStatus.Malformed && decoder.IsComplete;
        }
        catch (ImageException e)
        {
            Refusals.AssertReadable(e);
            return false;
        }
        finally
        {
            plain = stream.ToArray();
        }
    }
}
