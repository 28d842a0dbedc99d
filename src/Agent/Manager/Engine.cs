using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Monitor;
using Skiff.Agent.Networks;
using Skiff.Agent.Volumes;
using Skiff.Interop.Cgroups;
using Skiff.Layers.Content;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Manager;

/// <summary>
/// The resource manager: opens the modules on one state root, each only when a verb needs it, and turns requests into
/// calls on
/// them. It moves no bytes and speaks to no kernel interface itself.
/// </summary>
internal sealed partial class Engine(StateRoots roots)
{
    private ImageStore? _images;
    private ISnapshotter? _snapshotter;
    private Registries? _registries;
    private NetworkModule? _networks;
    private VolumeModule? _volumes;

    /// <summary>Where state lives.</summary>
    public StateRoots Roots { get; } = roots;

    /// <summary>Container records.</summary>
    public ContainerStore Containers { get; } = new(roots);

    /// <summary>The layer store that this host can use.</summary>
    public ISnapshotter Snapshotter => _snapshotter ??=
        Snapshotters.Open(Roots.Root, Roots.RunRoot, Roots.LayerStore, Roots.Preloaded);

    /// <summary>Images by name.</summary>
    public ImageStore Images => _images ??=
        new ImageStore(Roots, Snapshotter, new ContentStore(Roots.Root, Roots.Preloaded));

    /// <summary>How registries are reached, without the images.</summary>
    public Registries Registries => _registries ??= new Registries(Roots);

    /// <summary>Networks.</summary>
    public NetworkModule Networks => _networks ??= new NetworkModule(Roots);

    /// <summary>Volumes.</summary>
    public VolumeModule Volumes => _volumes ??= new VolumeModule(Roots);
}
