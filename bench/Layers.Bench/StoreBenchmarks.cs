using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Bench;

/// <summary>A layer from memory into each store and out again, beside GNU tar and rm doing the same.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    // Not /tmp: EROFS cannot be mounted from files on tmpfs.
    private readonly string _directory = $"/var/tmp/skiff-bench-{Guid.NewGuid():N}";
    private string _tar = "";

    /// <summary>Puts the tar where GNU tar finds it.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        Directory.CreateDirectory(_directory);
        _tar = Path.Combine(_directory, "layer.tar");
        File.WriteAllBytes(_tar, SampleLayer.Tar);
    }

    /// <summary>Leaves nothing.</summary>
    [GlobalCleanup]
    public void CleanUp() => Directory.Delete(_directory, recursive: true);

    /// <summary>The EROFS store: write, index, flush, mount, unmount, remove.</summary>
    [Throughput, Benchmark]
    public void Erofs() => RoundTrip("erofs");

    /// <summary>The overlay store: extract, flush, remove.</summary>
    [Throughput, Benchmark]
    public void Overlay() => RoundTrip("overlay");

    /// <summary>tar -x, sync and rm -rf.</summary>
    [Throughput, Benchmark(Baseline = true)]
    public void GnuTar()
    {
        string tree = Path.Combine(_directory, "tree");
        using Process shell = Process.Start("sh",
            ["-c", "mkdir \"$2\" && tar -xpf \"$1\" -C \"$2\" && sync -f \"$2\" && rm -rf \"$2\"", "sh", _tar, tree]);
        shell.WaitForExit();
        if (shell.ExitCode != 0) throw new InvalidOperationException($"tar ended with {shell.ExitCode}");
    }

    private void RoundTrip(string kind)
    {
        ISnapshotter store = Snapshotters.Open(_directory, Path.Combine(_directory, "run"), kind);
        using (ILayerIngest ingest = store.Begin(SampleLayer.DiffId))
        {
            ingest.Append(SampleLayer.Tar);
            ingest.Commit();
        }
        store.LowerDirectories([SampleLayer.DiffId]);
        store.Release(new HashSet<Digest>());
        store.Remove([SampleLayer.DiffId]);
    }
}
