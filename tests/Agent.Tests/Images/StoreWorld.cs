using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>A registry and an image store with real layers, in either form.</summary>
internal sealed class StoreWorld : IDisposable, ICheckProgress
{
    private static readonly RegistryOptions s_options = new() { RetryDelayMs = 1, Retries = 2, IdleTimeoutMs = 300 };
    private readonly bool _ownsRoot;

    /// <param name="store">erofs or overlay.</param>
    /// <param name="root">A directory to be in, which stays; null for one of its own.</param>
    public StoreWorld(string store, string? root = null)
    {
        _ownsRoot = root is null;
        Base = root ?? $"/var/tmp/skiff-store-{Guid.NewGuid():N}";
        Directory.CreateDirectory(Base);
        Kind = store;
        Roots = new StateRoots(Path.Join(Base, "root"), Path.Join(Base, "run"), store);
        Layers = Snapshotters.Open(Roots.Root, Roots.RunRoot, store);
        Store = new ImageStore(Roots, Layers, new ContentStore(Roots.Root));
    }

    public string Base { get; }
    public string Kind { get; }
    public StateRoots Roots { get; }
    public TestRegistry Registry { get; } = new();
    public ISnapshotter Layers { get; }
    public ImageStore Store { get; }
    public ImageLog Progress { get; } = new();
    public List<ImageUse> Uses { get; } = [];
    public List<(Digest Layer, int Number, int Count)> Checked { get; } = [];
    public long BytesRead { get; private set; }

    public string Ref(string rest) => $"{Registry.Host}/{rest}";

    public Task<PullResult> PullAsync(string rest, CancellationToken cancellation = default) =>
        new ImagePuller(Store, s_options)
            .PullAsync(Reference.Parse(Ref(rest)), null, Progress, cancellation);

    public StoreReport Check(bool repair = false)
    {
        StoreRepair? healing = repair ? new StoreRepair(Store, Progress, s_options, default) : null;
        return new StoreCheck(Store, () => Uses, this, healing).Run(default);
    }

    public void AssertClean()
    {
        StoreReport report = Check();
        Assert.True(report.IsClean, string.Join('\n', report.Defects));
    }

    public string LayerFile(Digest diffId, string name) => Path.Join(Roots.Root, "layers", diffId.Hex, name);

    public string DocumentFile(Digest digest) => Path.Join(Roots.Root, "content/sha256", digest.Hex);

    public string[] Ingests() => Directory.Exists(Path.Join(Roots.Root, "ingest"))
        ? Directory.GetFileSystemEntries(Path.Join(Roots.Root, "ingest")) : [];

    /// <summary>The layer's tar as the store gives it out.</summary>
    public byte[] Read(Digest diffId)
    {
        using Stream tar = Layers.OpenTar(diffId);
        using var bytes = new MemoryStream();
        tar.CopyTo(bytes);
        return bytes.ToArray();
    }

    void ICheckProgress.Layer(Digest diffId, int number, int count) => Checked.Add((diffId, number, count));

    void ICheckProgress.Read(long bytes, long totalBytes) => BytesRead = bytes;

    public void Dispose()
    {
        Registry.Dispose();
        Layers.Release(new HashSet<Digest>());
        if (_ownsRoot) Directory.Delete(Base, recursive: true);
    }
}
