using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using Skiff.Layers.Compression;

namespace Skiff.Layers.Bench;

/// <summary>
/// Inflating one gzip blob from memory, 128 KiB at a time: SKIFF_BENCH_GZIP names one, else it is the sample layer.
/// </summary>
[MemoryDiagnoser]
public class InflateBenchmarks
{
    private readonly byte[] _gzip = Environment.GetEnvironmentVariable("SKIFF_BENCH_GZIP") is { Length: > 0 } path
        ? File.ReadAllBytes(path) : SampleLayer.Gzip;

    private readonly byte[] _buffer = new byte[128 << 10];

    /// <summary>The platform's zlib.</summary>
    [Benchmark(Baseline = true)]
    public long Platform()
    {
        using var gzip = new GZipStream(new MemoryStream(_gzip), CompressionMode.Decompress);
        long total = 0;
        for (int count; (count = gzip.Read(_buffer)) > 0;) total += count;
        return total;
    }

    /// <summary>The engine's decoder.</summary>
    [Benchmark]
    public long Engine()
    {
        var decoder = new GzipDecoder();
        long total = 0;
        for (int at = 0; ;)
        {
            InflateStatus status = decoder.Decode(_gzip.AsSpan(at), out int read, _buffer, out int written);
            (at, total) = (at + read, total + written);
            if (status is InflateStatus.NeedsInput or InflateStatus.Malformed) return total;
        }
    }
}
