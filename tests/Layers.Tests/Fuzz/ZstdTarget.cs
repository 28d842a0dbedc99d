using System.IO.Pipelines;
using System.Security.Cryptography;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// Frames of zstd through the stage of a pull. Oracles: the plain bytes, and the same of any pieces. Of output without
/// end the beginning is enough.
/// </summary>
internal sealed class ZstdTarget : FuzzTarget
{
    private const int EnoughBytes = 4 << 20, SegmentBytes = 4 << 10;

    private byte[] _plain = [];

    internal override string Name => "zstd";

    internal override byte[] Make(Random random)
    {
        List<byte> blob = [], plain = [];
        for (int frames = random.Next(1, 4); frames > 0; frames--)
        {
            if (random.Next(4) == 0) blob.AddRange(Skippable(random));
            byte[] piece = random.Next(6) == 0 ? [] : InflateTarget.Plain(random);
            // Frames that end where a segment of the output does.
            if (random.Next(3) == 0) piece = piece[..(piece.Length / SegmentBytes * SegmentBytes)];
            plain.AddRange(piece);
            blob.AddRange(Compress(piece, random));
        }
        _plain = [.. plain];
        return [.. blob];
    }

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        string once = Decompress(input, () => int.MaxValue, out byte[] plain);
        int most = InflateTarget.Size(random);
        Assert.Equal(once, Decompress(input, () => random.Next(1, most + 1), out _));
        if (isWhole) Assert.True(once != "refused" && _plain.AsSpan().SequenceEqual(plain), once);
    }

    private static string Decompress(byte[] blob, Func<int> nextPiece, out byte[] plain)
    {
        var compressed = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        for (int at = 0, piece; at < blob.Length; at += piece)
        {
            piece = Math.Min(nextPiece(), blob.Length - at);
            blob.AsSpan(at, piece).CopyTo(compressed.Writer.GetSpan(piece));
            compressed.Writer.Advance(piece);
            compressed.Writer.FlushAsync().AsTask().Wait();
        }
        compressed.Writer.Complete();
        var output = new Pipe(new PipeOptions(minimumSegmentSize: SegmentBytes));
        Task<byte[]> reading = Task.Run(() => ReadAsync(output.Reader));
        string text = "taken";
        try
        {
            DecompressStage.Run(
                compressed.Reader, output.Writer, null, new CheckpointQueue(int.MaxValue), IngestLimits.Default,
                CancellationToken.None);
        }
        catch (ImageException e)
        {
            Refusals.AssertReadable(e);
            text = e.Message;
        }
        finally
        {
            output.Writer.Complete();
            plain = reading.Result;
        }
        if (plain.Length == EnoughBytes) return "more than enough";
        // How much comes out before a fault depends on the pieces.
        return text == "taken" ? $"taken {plain.Length} {Convert.ToHexString(SHA256.HashData(plain))}" : "refused";
    }

    private static async Task<byte[]> ReadAsync(PipeReader reader)
    {
        var plain = new MemoryStream();
        while (true)
        {
            ReadResult result = await reader.ReadAsync();
            foreach (ReadOnlyMemory<byte> segment in result.Buffer) plain.Write(segment.Span);
            reader.AdvanceTo(result.Buffer.End);
            if (plain.Length >= EnoughBytes || result.IsCompleted) break;
        }
        await reader.CompleteAsync();
        return plain.Length > EnoughBytes ? plain.ToArray()[..EnoughBytes] : plain.ToArray();
    }

    private static byte[] Compress(byte[] plain, Random random)
    {
        using var compressor = new Compressor(random.Next(-5, 10));
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, random.Next(2));
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_contentSizeFlag, random.Next(2));
        if (random.Next(2) == 0) compressor.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, random.Next(10, 21));
        return compressor.Wrap(plain).ToArray();
    }

    private static byte[] Skippable(Random random)
    {
        int length = random.Next(50);
        byte[] head = [(byte)(0x50 + random.Next(16)), 0x2A, 0x4D, 0x18];
        return [.. head, .. BitConverter.GetBytes(length), .. new byte[length]];
    }
}
