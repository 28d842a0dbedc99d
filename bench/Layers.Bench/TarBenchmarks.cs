using BenchmarkDotNet.Attributes;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Bench;

/// <summary>
/// Parsing a layer's tar that arrives in pieces, beside the platform's own reader. Our parser lives on from one
/// invocation to the next, as if the layer had no end, so Allocated is what the entries cost.
/// </summary>
[MemoryDiagnoser]
public class TarBenchmarks
{
    private readonly ReadOnlyMemory<byte>[] _pieces = SampleLayer.Pieces(SampleLayer.Entries);
    private readonly Nobody _visitor = new();
    private readonly TarParser _parser;

    /// <summary>Starts the parser.</summary>
    public TarBenchmarks() => _parser = new TarParser(
        _visitor, IngestLimits.Default with { Entries = int.MaxValue, LayerBytes = long.MaxValue / 2 });

    /// <summary>Our parser with a visitor that counts.</summary>
    [Throughput, Benchmark]
    public int Parse()
    {
        foreach (ReadOnlyMemory<byte> piece in _pieces) _parser.Append(piece.Span);
        return _visitor.Entries;
    }

    /// <summary>System.Formats.Tar over the same bytes, file data skipped.</summary>
    [Throughput, Benchmark(Baseline = true)]
    public int PlatformReader()
    {
        using var reader = new System.Formats.Tar.TarReader(new MemoryStream(SampleLayer.Tar));
        var entries = 0;
        while (reader.GetNextEntry() is not null)
            entries++;
        return entries;
    }
}
