using System.Buffers;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Skiff.Layers.Compression;
using ZstdSharp;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Bench;

/// <summary>Decompressing the sample layer's zstd form from memory.</summary>
[MemoryDiagnoser]
public class ZstdBenchmarks
{
    private readonly byte[] _buffer = new byte[128 << 10];

    /// <summary>The library's stream, 128 KiB at a time.</summary>
    [Throughput, Benchmark(Baseline = true)]
    public long Library()
    {
        using var zstd = new DecompressionStream(new MemoryStream(SampleLayer.Zstd));
        long total = 0;
        for (int count; (count = zstd.Read(_buffer)) > 0;) total += count;
        return total;
    }

    /// <summary>The engine's stage from one pipe to the next.</summary>
    [Throughput, Benchmark]
    public void Stage() => DecompressStage.Run(
        PipeReader.Create(new ReadOnlySequence<byte>(SampleLayer.Zstd)), PipeWriter.Create(Stream.Null),
        null, new CheckpointQueue(int.MaxValue), IngestLimits.Default, default);
}
