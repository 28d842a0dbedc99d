using System.IO.Pipelines;
using System.Security.Cryptography;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Compression;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// Frames of zstd through the stage of a pull. Oracles: the plain bytes, the largest window, and the same of any
/// pieces. Of output without end the beginning is enough.
/// </summary>
internal sealed class ZstdTarget : FuzzTarget
{
    private const int EnoughBytes = 4 << 20, SegmentBytes = 4 << 10;

    private byte[] _plain = [];
    private long _windowBytes;

    internal override string Name => "zstd";

    internal override byte[] Make(Random random)
    {
        List<byte> blob = [], plain = [];
        _windowBytes = 0;
        for (int frames = random.Next(1, 4); frames > 0; frames--)
        {
            if (random.Next(4) == 0) blob.AddRange(RandomZstd.Skippable(random));
            byte[] tail = random.Next(4) == 0 ? [] : InflateTarget.Plain(random);
            // Frames that end where a segment of the output does.
            RandomZstd.Frame frame = RandomZstd.Make(random, tail, random.Next(3) == 0 ? SegmentBytes : 1);
            plain.AddRange(frame.Plain);
            blob.AddRange(frame.Bytes);
            _windowBytes = Math.Max(_windowBytes, frame.WindowBytes);
        }
        if (random.Next(4) == 0) blob.AddRange(RandomZstd.Skippable(random));
        _plain = [.. plain];
        return [.. blob];
    }

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        IngestLimits limits = IngestLimits.Default;
        if (random.Next(2) == 0) limits = limits with { ZstdWindowBytes = Math.Max(1, _windowBytes - random.Next(2)) };
        string once = Decompress(input, limits, () => int.MaxValue, out byte[] plain);
        int most = InflateTarget.Size(random);
        Assert.Equal(once, Decompress(input, limits, () => random.Next(1, most + 1), out _));
        if (!isWhole) return;
        if (_windowBytes > limits.ZstdWindowBytes) Assert.Equal("beyond the limit", once);
        else Assert.True(once.StartsWith("taken") && _plain.AsSpan().SequenceEqual(plain), once);
    }

    private static string Decompress(
        byte[] blob, IngestLimits limits, Func<int> nextPiece, out byte[] plain)
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
                compressed.Reader, output.Writer, null, new CheckpointQueue(int.MaxValue), limits,
                CancellationToken.None);
        }
        catch (ImageException e)
        {
            Refusals.AssertReadable(e);
            text = e.Message.Contains("zstd-window") ? "beyond the limit" : "refused";
        }
        finally
        {
            output.Writer.Complete();
            plain = reading.Result;
        }
        if (plain.Length == EnoughBytes) return "more than enough";
        // How much comes out before a fault depends on the pieces.
        return text == "taken" ? $"taken {plain.Length} {Convert.ToHexString(SHA256.HashData(plain))}" : text;
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
}
