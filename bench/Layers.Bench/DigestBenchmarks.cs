using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;

namespace Skiff.Layers.Bench;

/// <summary>SHA-256 of the tar: what every byte of a layer costs for its DiffId.</summary>
[MemoryDiagnoser]
public class DigestBenchmarks
{
    private readonly ReadOnlyMemory<byte>[] _pieces = SampleLayer.Pieces(SampleLayer.Tar);

    /// <summary>In one call.</summary>
    [Throughput, Benchmark(Baseline = true)]
    public byte[] Whole() => SHA256.HashData(SampleLayer.Tar);

    /// <summary>Piece by piece, as the pipeline does.</summary>
    [Throughput, Benchmark]
    public byte[] Pieces()
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ReadOnlyMemory<byte> piece in _pieces) sha256.AppendData(piece.Span);
        return sha256.GetHashAndReset();
    }
}
