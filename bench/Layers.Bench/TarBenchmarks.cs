using BenchmarkDotNet.Attributes;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Bench;

/// <summary>Parsing a layer's tar that arrives in pieces of 128 KiB, beside the platform's own reader.</summary>
[MemoryDiagnoser]
public class TarBenchmarks
{
    private const int Piece = 128 << 10;

    /// <summary>Our parser with a visitor that counts.</summary>
    [Benchmark]
    public int Parse()
    {
        var counter = new Counter();
        var parser = new TarParser(counter);
        for (var at = 0; at < SampleLayer.Tar.Length; at += Piece)
            parser.Append(SampleLayer.Tar.AsSpan(at, Math.Min(Piece, SampleLayer.Tar.Length - at)));
        parser.Complete();
        return counter.Entries;
    }

    /// <summary>System.Formats.Tar over the same bytes, file data skipped.</summary>
    [Benchmark(Baseline = true)]
    public int PlatformReader()
    {
        using var reader = new System.Formats.Tar.TarReader(new MemoryStream(SampleLayer.Tar));
        var entries = 0;
        while (reader.GetNextEntry() is not null)
            entries++;
        return entries;
    }

    private sealed class Counter : ITarVisitor
    {
        public int Entries { get; private set; }

        public void Entry(TarEntry entry) => Entries++;

        public void Data(ReadOnlySpan<byte> data)
        {
        }

        public void EndOfData()
        {
        }
    }
}
