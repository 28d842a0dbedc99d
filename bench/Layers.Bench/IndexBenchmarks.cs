using BenchmarkDotNet.Attributes;
using Skiff.Interop;
using Skiff.Layers.Erofs;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Bench;

/// <summary>
/// From a tar that arrives in pieces to the EROFS image that makes it mountable. A new index each time: Allocated is
/// the whole tree, which lives until the image is written.
/// </summary>
[MemoryDiagnoser]
public class IndexBenchmarks
{
    private readonly ReadOnlyMemory<byte>[] _pieces = SampleLayer.Pieces(SampleLayer.Tar);
    private readonly string _path = $"/dev/shm/skiff-bench-{Guid.NewGuid():N}";

    /// <summary>The tree of all entries.</summary>
    [Throughput, Benchmark]
    public long Tree() => Read().Position;

    /// <summary>The tree, and the image into a file in memory.</summary>
    [Throughput, Benchmark(Baseline = true)]
    public long Image()
    {
        const OpenFlags NewFile = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC;
        using Fd image = Files.Open(_path, NewFile, 0x180);
        using Fd unread = Files.Open("/dev/null", OpenFlags.O_RDONLY); // Nothing of this tar has to be copied.
        return Read().Write(unread, 0, image);
    }

    /// <summary>Leaves nothing.</summary>
    [GlobalCleanup]
    public void CleanUp() => File.Delete(_path);

    private ErofsIndex Read()
    {
        var index = new ErofsIndex(IngestLimits.Default);
        foreach (ReadOnlyMemory<byte> piece in _pieces) index.Append(piece.Span);
        return index;
    }
}
