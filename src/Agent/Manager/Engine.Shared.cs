using Skiff.Agent.Containers;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Manager;

/// <summary>What containers share on the host, and what crashes leave on it.</summary>
internal sealed partial class Engine
{
    /// <summary>
    /// Unmounts layers and volumes that no running container uses. When none runs at all, also takes away the bridges,
    /// the rules and the parent cgroups, so that nothing of the engine is left on the host but its files. The next
    /// start makes again what it needs.
    /// </summary>
    /// <returns>The number of running containers; 0 says that everything was given back.</returns>
    public int Release()
    {
        using FileLock turn = StartLock.Take(Roots, exclusive: true);
        var inUse = new HashSet<Digest>();
        int running = 0;
        foreach (var (config, _) in List(all: false))
        {
            running++;
            foreach (string diffId in config.AllDiffIds) inUse.Add(Digest.Parse(diffId));
        }
        Snapshotter.Release(inUse);
        Volumes.Release();
        if (running > 0) return running;
        if (!RootlessMode.IsOn) Networks.RemoveAll();
        RemoveCgroups();
        if (RootlessMode.Directory == Roots.RunRoot) UserNamespaceHolder.End();
        return 0;
    }

    /// <summary>
    /// Puts right what processes that were killed, or a power cut, have left: containers whose monitor is gone, those
    /// that should have been removed at their end, creates cut short, addresses and ports of nobody.
    /// </summary>
    public void Reconcile()
    {
        List(all: true);
        Trees.Remove(Path.Combine(Roots.RunRoot, "ended"));
        if (RootlessMode.IsOn) new PastaNetworks(Roots).Prune(IsLive);
        else Networks.Prune(IsLive);

        bool IsLive(string id) => Files.Exists(Containers.RunDirectory(id));
    }

    // Another state root may have containers below the same parent: it stays then.
    private static void RemoveCgroups()
    {
        if (ContainerCgroup.Root() is not { } root) return;
        string parent = Path.Combine(root, ContainerCgroup.DefaultParent);
        Files.TryUnlinkAt(Fd.Cwd, Path.Combine(parent, "monitor"), directoryEntry: true);
        Files.TryUnlinkAt(Fd.Cwd, parent, directoryEntry: true);
    }
}
