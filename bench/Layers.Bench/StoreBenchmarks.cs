using BenchmarkDotNet.Attributes;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Bench;

/// <summary>Storing one layer, flushed to disk: the tar with its EROFS index beside extracted folders.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private const int Piece = 128 << 10;
    private string _folder = "";
    private ISnapshotter _store = null!;

    /// <summary>Which store.</summary>
    [Params("erofs", "overlay")]
    public string Store { get; set; } = "";

    /// <summary>Opens the store in a new folder.</summary>
    [GlobalSetup]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("skiff-bench-").FullName;
        _store = Snapshotters.Open(Path.Combine(_folder, "root"), Path.Combine(_folder, "run"), Store);
    }

    /// <summary>Deletes it.</summary>
    [GlobalCleanup]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    /// <summary>Takes the layer in, commits it and removes it again.</summary>
    [Benchmark]
    public void IngestCommitRemove()
    {
        using (var ingest = _store.Begin(SampleLayer.DiffId))
        {
            for (var at = 0; at < SampleLayer.Tar.Length; at += Piece)
                ingest.Append(SampleLayer.Tar.AsSpan(at, Math.Min(Piece, SampleLayer.Tar.Length - at)));
            ingest.Commit();
        }
        _store.Remove(SampleLayer.DiffId);
    }
}
