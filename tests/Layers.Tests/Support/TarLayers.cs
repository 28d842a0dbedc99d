using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Tests.Support;

/// <summary>The simplest layer store that keeps the contract: a directory of tars. It says what it was asked
/// for.</summary>
public sealed class TarLayers : ISnapshotter
{
    private readonly string _directory;

    public TarLayers(string directory)
    {
        _directory = directory;
        System.IO.Directory.CreateDirectory(directory);
    }

    public string Directory => _directory;

    public string Name => "tar";

    /// <summary>Called with the running total before every append, to be slow or to fail.</summary>
    public Action<long>? OnAppend { get; set; }

    public HashSet<Digest> Released { get; private set; } = [];

    public bool Contains(Digest diffId) => File.Exists(PathOf(diffId));

    public byte[] Read(Digest diffId) => File.ReadAllBytes(PathOf(diffId));

    public ILayerIngest Begin(Digest? diffId, bool replace = false, IngestLimits? limits = null) =>
        new Ingest(this, diffId);

    public ILayerIngest? Resume(
        Digest diffId, Digest blob, TarDigest tar, out ResumePoint point, CancellationToken cancellation,
        IngestLimits? limits)
    {
        point = default;
        return null;
    }

    public IEnumerable<PartialLayer> Partials() => [];

    public long DropPartials(TimeSpan unusedFor) => 0;

    public IReadOnlyList<string> LowerDirectories(IReadOnlyList<Digest> diffIds) => throw new NotSupportedException();

    public Stream OpenTar(Digest diffId) => File.OpenRead(PathOf(diffId));

    public LayerDefect? Check(Digest diffId, Action<long> read, CancellationToken cancellation) =>
        !Contains(diffId) ? new LayerDefect($"{PathOf(diffId)} is missing", TarIsSound: false)
            : TestRegistry.Sha(Read(diffId)) == diffId ? null : new LayerDefect("damaged", TarIsSound: false);

    public void Rebuild(Digest diffId) => throw new NotSupportedException();

    public IReadOnlyList<string> Strays(IReadOnlySet<Digest> needed) => [];

    public void RemoveStrays(IReadOnlySet<Digest> needed) { }

    public void Release(IReadOnlySet<Digest> inUse) => Released = [.. inUse];

    public void Remove(IReadOnlyCollection<Digest> diffIds)
    {
        foreach (Digest diffId in diffIds) File.Delete(PathOf(diffId));
    }

    public IEnumerable<(Digest DiffId, long Bytes)> List() =>
        from path in System.IO.Directory.EnumerateFiles(_directory)
        where !path.EndsWith(".ingest", StringComparison.Ordinal)
        select (Digest.Parse("sha256:" + Path.GetFileName(path)), new FileInfo(path).Length);

    public IEnumerable<(Digest DiffId, long Bytes)> ListPreloaded() => [];

    /// <summary>Ingests that were neither committed nor disposed of.</summary>
    public int Leftovers => System.IO.Directory.GetFiles(_directory, "*.ingest").Length;

    private string PathOf(Digest diffId) => Path.Join(_directory, diffId.Hex);

    private sealed class Ingest(TarLayers store, Digest? begun) : ILayerIngest
    {
        private readonly string _path = $"{store.Directory}/{Guid.NewGuid():N}.ingest";
        private FileStream? _file;
        private long _total;

        public void Append(ReadOnlySpan<byte> tar)
        {
            _file ??= File.Create(_path);
            store.OnAppend?.Invoke(_total);
            _file.Write(tar);
            _total += tar.Length;
        }

        public bool Keep(in ResumePoint point) => false;

        public void Suspend(in ResumePoint point) { }

        public void Commit(Digest? diffId)
        {
            _file ??= File.Create(_path);
            _file.Dispose();
            File.Move(_path, store.PathOf((begun ?? diffId)!.Value), overwrite: true);
        }

        public void Dispose()
        {
            _file?.Dispose();
            File.Delete(_path);
        }
    }
}
