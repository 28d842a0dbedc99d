using Skiff.Agent.Containers;
using Skiff.Agent.Events;
using Skiff.Agent.Images;
using Skiff.Agent.Monitor;
using Skiff.Agent.Monitor.Logs;
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

    /// <summary>What happens.</summary>
    public EventJournal Events => Containers.Events;

    /// <summary>The layer store that this host can use.</summary>
    public ISnapshotter Snapshotter => _snapshotter ??= OpenSnapshotter();

    /// <summary>Images by name.</summary>
    public ImageStore Images => _images ??= OpenImages();

    /// <summary>Told in words what is wrong and keeps nothing from going on.</summary>
    public Action<string> Warn { get; init; } = static _ => { };

    /// <summary>The log driver of containers for which nobody has chosen one.</summary>
    public string DefaultLogDriver { get; init; } = LogOptions.DefaultDriver;

    /// <summary>What the agent keeps of running containers; null in other processes.</summary>
    public TerminalKeeper? Terminals { get; set; }

    /// <summary>How registries are reached, without the images.</summary>
    public Registries Registries => _registries ??= new Registries(Roots);

    /// <summary>Networks.</summary>
    public NetworkModule Networks => _networks ??= new NetworkModule(Roots)
    {
        Report = report => Events.Write(NetworkEvents.Of(report)),
    };

    /// <summary>Volumes.</summary>
    public VolumeModule Volumes => _volumes ??= new VolumeModule(Roots);

    private ISnapshotter OpenSnapshotter()
    {
        string name = Snapshotters.NameFor(Roots.Root, Roots.RunRoot, Roots.LayerStore);
        new ArchiveRoots(Roots, name, Warn).Make();
        return Snapshotters.Open(
            Roots.Root, Roots.RunRoot, name, Roots.Preloaded, SelinuxLabels.PrepareLayers(Roots.Root));
    }

    private ImageStore OpenImages()
    {
        IReadOnlyList<string> preloaded = PreloadedArchive.Roots(Roots.Preloaded, Roots.Root, Snapshotter.Name);
        return new ImageStore(
            Roots with { Preloaded = preloaded }, Snapshotter, new ContentStore(Roots.Root, preloaded));
    }
}
