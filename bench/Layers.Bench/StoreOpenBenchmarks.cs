using BenchmarkDotNet.Attributes;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Bench;

/// <summary>What a start asks of the layer store, which must not grow with the number of layers in it.</summary>
[MemoryDiagnoser]
public class StoreOpenBenchmarks
{
    // Not /tmp: EROFS cannot be mounted from files on tmpfs.
    private readonly string _directory = $"/var/tmp/skiff-bench-{Guid.NewGuid():N}";

    /// <summary>Layers in the store.</summary>
    [Params(1, 100, 1000)]
    public int Layers { get; set; }

    /// <summary>Fills the store with layers that have a root directory only.</summary>
    [GlobalSetup]
    public void Fill()
    {
        Directory.CreateDirectory(_directory);
        ISnapshotter store = OpenStore();
        for (int i = 0; i < Layers; i++)
        {
            using ILayerIngest ingest = store.Begin(DiffId(i));
            ingest.Append(new byte[1024]);
            ingest.Commit();
        }
        store.LowerDirectories([DiffId(0)]);
    }

    /// <summary>Leaves nothing.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        OpenStore().Release(new HashSet<Digest>());
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Open the store and look for a layer, as a pull does.</summary>
    [Benchmark]
    public bool OpenAndFind() => OpenStore().Contains(DiffId(Layers - 1));

    /// <summary>Open the store and get the directory of a mounted layer, as a start does.</summary>
    [Benchmark]
    public int OpenAndUse() => OpenStore().LowerDirectories([DiffId(0)]).Count;

    private ISnapshotter OpenStore() => Snapshotters.Open(_directory, Path.Combine(_directory, "run"));

    private static Digest DiffId(int i) => Digest.Parse($"sha256:{i:x64}");
}
