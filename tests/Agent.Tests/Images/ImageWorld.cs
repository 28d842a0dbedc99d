using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>A state root, a registry, and an image store between them.</summary>
internal sealed class ImageWorld : IDisposable
{
    private readonly ScratchDirectory _root = new();

    /// <param name="settings">A folder with registries.json and policy.json, which are read when they are first needed;
    /// null for neither.</param>
    public ImageWorld(ScratchDirectory? settings = null)
    {
        Layers = new TarLayers(_root["layers"]);
        Content = new ContentStore(_root.Path);
        var roots = new StateRoots(_root.Path, _root["run"],
            RegistriesFile: settings?["registries.json"], PolicyFile: settings?["policy.json"]);
        Store = new ImageStore(roots, Layers, Content);
        Puller = new ImagePuller(Store, new RegistryOptions { RetryDelayMs = 1 });
    }

    public TestRegistry Registry { get; } = new();
    public TarLayers Layers { get; }
    public ContentStore Content { get; }
    public ImageStore Store { get; }
    public ImagePuller Puller { get; }
    public ImageLog Progress { get; } = new();
    public List<ImageUse> Uses { get; } = [];
    public string Root => _root.Path;

    public string Ref(string rest) => $"{Registry.Host}/{rest}";

    public Task<PullResult> PullAsync(string rest, Platform? platform = null, CancellationToken cancellation =
        default) =>
        Puller.PullAsync(Reference.Parse(Ref(rest)), platform, Progress, cancellation);

    public List<string> Remove(string text, bool force = false) =>
        new ImageRemoval(Store, () => Uses).Remove(text, force);

    public void Dispose()
    {
        Registry.Dispose();
        _root.Dispose();
    }
}
