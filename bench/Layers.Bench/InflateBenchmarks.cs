using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using Skiff.Layers.Compression;

namespace Skiff.Layers.Bench;

/// <summary>Inflating the sample layer from memory, 128 KiB at a time.</summary>
[MemoryDiagnoser]
public class InflateBenchmarks
{
    private readonly byte[] _buffer = new byte[128 << 10];

    /// <summary>The platform's zlib.</summary>
    [Throughput, Benchmark(Baseline = true)]
    public long Platform()
    {
        using var gzip = new GZipStream(new MemoryStream(SampleLayer.Gzip), CompressionMode.Decompress);
        long total = 0;
        for (int count; (count = gzip.Read(_buffer)) > 0;) total += count;
        return total;
    }

    /// <summary>The engine's decoder.</summary>
    [Throughput, Benchmark]
    public long Engine()
    {
        var decoder = new GzipDecoder();
        long total = 0;
        for (int at = 0; ;)
        {
            InflateStatus status = decoder.Decode(SampleLayer.Gzip.AsSpan(at), out int read, _buffer, out int written);
            (at, total) = (at + read, total + written);
            if (status is InflateStatus.NeedsInput or InflateStatus.Malformed) return total;
        }
    }
}
