using System.Security.Cryptography;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tests.Snapshots;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>
/// Every row of <see cref="HostileTable"/> as a pull of one layer: it is taken with the effect that the row states or
/// refused with the error that it asks for, and nothing outside of the layer is touched.
/// </summary>
public abstract class HostileContract : IDisposable
{
    private static readonly RegistryOptions s_once = new() { Retries = 1, RetryDelayMs = 1 };
    private static readonly TimeSpan s_hangs = TimeSpan.FromMinutes(1);

    private readonly Sandbox _sandbox = new();

    private protected Sandbox Sandbox => _sandbox;

    private protected abstract ISnapshotter Open();

    public void Dispose() => _sandbox.Dispose();

    public static TheoryData<string> Names => [.. HostileTable.All.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Hostile_layer_is_confined_or_refused(string name)
    {
        HostileRow row = HostileTable.All.Single(row => row.Name == name);
        ISnapshotter store = Open();
        if (store.Name == "overlay" && row.Overlay is { } other) row = row with
        {
            Tree = other.Tree, Says = other.Says,
        };
        HostileBlob blob = row.Make();
        var outside = new Outside(_sandbox.Base);
        try
        {
            if (row.Tree is null) await AssertRefusedAsync(store, row, blob);
            else await AssertTakenAsync(store, row, blob);
        }
        finally
        {
            outside.AssertUntouched();
        }
        string ingest = Path.Combine(_sandbox.Root, "ingest");
        Assert.Empty(Path.Exists(ingest) ? Directory.GetFileSystemEntries(ingest) : []);
    }

    private static async Task AssertRefusedAsync(ISnapshotter store, HostileRow row, HostileBlob blob)
    {
        Exception? e = await Record.ExceptionAsync(() => PullAsync(store, row, blob));
        Assert.True(e is ImageException or LinuxException, $"expected a refusal, got {e?.ToString() ?? "none"}");
        string layer = e is ImageException ? $"layer {blob.Describe().Digest}: " : blob.Layer.ToString();
        foreach (string text in (string[])[layer, .. row.Says]) Assert.Contains(text, e!.Message);
        Assert.All(e!.Message, c => Assert.False(char.IsControl(c), $"control character in {e.Message}"));
        Assert.Empty(store.List());
    }

    private static async Task AssertTakenAsync(ISnapshotter store, HostileRow row, HostileBlob blob)
    {
        await PullAsync(store, row, blob);
        using (Stream rebuilt = store.OpenTar(blob.Layer))
            Assert.Equal(blob.Layer, Digest.FromBytes(await SHA256.HashDataAsync(rebuilt)));
        string tree = store.LowerDirectories([blob.Layer])[0];
        Assert.Equal(row.Tree, LayerText.Of(tree, row.Tree!.EndsWith(" files")));
        if (row.Xattrs is not null) Assert.Equal(row.Xattrs, LayerText.Xattrs(tree));
        Assert.Null(store.Check(blob.Layer, static _ => { }, CancellationToken.None));
    }

    private static Task PullAsync(ISnapshotter store, HostileRow row, HostileBlob blob)
    {
        var pipeline = new LayerPipeline(
            store, _ => new MemoryBlob(blob.Bytes), new ProgressLog(), s_once, row.Limits);
        return pipeline.RunAsync(blob.Describe(), blob.Layer, CancellationToken.None).WaitAsync(s_hangs);
    }
}
