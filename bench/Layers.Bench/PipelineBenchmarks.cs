using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Bench;

/// <summary>A whole layer from memory: digest, inflate and DiffId overlapping, beside the platform's inflate.</summary>
[MemoryDiagnoser]
public class PipelineBenchmarks
{
    /// <summary>The engine's pipeline into a store that keeps nothing.</summary>
    [Throughput, Benchmark]
    public void Pipeline()
    {
        var pipeline = new LayerPipeline(new Nowhere(), _ => new Memory(), new Silence());
        pipeline.RunAsync(SampleLayer.Descriptor, SampleLayer.DiffId, CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>The platform's inflate of the same bytes.</summary>
    [Throughput, Benchmark(Baseline = true)]
    public long InflateAlone()
    {
        using var gzip = new GZipStream(new MemoryStream(SampleLayer.Gzip), CompressionMode.Decompress);
        var buffer = new byte[128 << 10];
        long total = 0;
        for (int count; (count = gzip.Read(buffer)) > 0;)
            total += count;
        return total;
    }

    private sealed class Memory : IBlobSource
    {
        public ValueTask<Stream> OpenAsync(long offset, CancellationToken cancellation) =>
            new(new MemoryStream(SampleLayer.Gzip) { Position = offset });

        public bool LeaveLast(string why) => false;

        public bool LeaveAll(string why) => false;
    }

    private sealed class Silence : ILayerProgress
    {
        public void Report(in LayerProgress progress)
        {
        }
    }

    private sealed class Nowhere : ISnapshotter, ILayerIngest
    {
        public string Name => "nowhere";

        public bool Contains(Digest diffId) => false;

        public ILayerIngest Begin(Digest? diffId, bool replace, IngestLimits? limits) => this;

        public ILayerIngest? Resume(
            Digest diffId, Digest blob, TarDigest tar, out ResumePoint point, CancellationToken cancellation,
            IngestLimits? limits)
        {
            point = default;
            return null;
        }

        public IEnumerable<PartialLayer> Partials() => [];

        public long DropPartials(TimeSpan unusedFor) => 0;

        public bool Keep(in ResumePoint point) => false;

        public void Suspend(in ResumePoint point)
        {
        }

        public IReadOnlyList<string> LowerDirectories(IReadOnlyList<Digest> diffIds) => [];

        public void Release(IReadOnlySet<Digest> inUse)
        {
        }

        public void Remove(IReadOnlyCollection<Digest> diffIds)
        {
        }

        public IEnumerable<(Digest DiffId, long Bytes)> List() => [];

        public IEnumerable<(Digest DiffId, long Bytes)> ListPreloaded() => [];

        public Stream OpenTar(Digest diffId) => Stream.Null;

        public LayerDefect? Check(Digest diffId, Action<long> read, CancellationToken cancellation) => null;

        public void Rebuild(Digest diffId)
        {
        }

        public IReadOnlyList<string> Strays(IReadOnlySet<Digest> needed) => [];

        public void RemoveStrays(IReadOnlySet<Digest> needed)
        {
        }

        public void Append(ReadOnlySpan<byte> tar)
        {
        }

        public void Commit(Digest? diffId)
        {
        }

        public void Dispose()
        {
        }
    }
}
