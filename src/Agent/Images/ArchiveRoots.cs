using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Trust;

namespace Skiff.Agent.Images;

/// <summary>
/// Makes of each preloaded archive, when it is first met, the state root that its images are used by: documents, names
/// and layers, which in the EROFS store are indexes into the archive. Locked among processes; there as a whole or not.
/// </summary>
/// <param name="roots">Where archives and roots are.</param>
/// <param name="layerStore">The form of layers.</param>
/// <param name="warn">Told about an archive that cannot be used, which keeps nobody from using the others.</param>
internal sealed class ArchiveRoots(StateRoots roots, string layerStore, Action<string> warn)
{
    private const string Link = "archive", Making = "making";

    private readonly string _directory = PreloadedArchive.DirectoryIn(roots.Root);

    /// <summary>Makes what is missing.</summary>
    public void Make()
    {
        foreach (PreloadedArchive archive in PreloadedArchive.Find(roots.Preloaded, roots.Root, layerStore))
            if (!archive.IsReady) TryMake(archive);
    }

    private void TryMake(PreloadedArchive archive)
    {
        try
        {
            Files.MakeDirectories(_directory, 0x1C0);
            using StoreLock alone = StoreLock.Take(_directory, exclusive: true);
            if (archive.IsReady) return;
            RemoveOld(archive);
            string making = Path.Join(_directory, Making);
            Trees.Remove(making);
            Load(archive.File, making);
            AtomicFile.SyncDirectory(making);
            Files.Rename(making, archive.Root);
            AtomicFile.SyncDirectory(_directory);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            warn($"Warning: the images of {archive.File} are left out: {e.Message}");
        }
    }

    // Whoever has put the archive there is trusted.
    private void Load(string archive, string root)
    {
        var below = new StateRoots(root, roots.RunRoot, layerStore, roots.Limits) { Preloaded = [] };
        ISnapshotter layers = Snapshotters.Open(root, roots.RunRoot, layerStore);
        var store = new ImageStore(below, layers, new ContentStore(root)) { Trust = TrustPolicy.AcceptAll };
        using Fd file = Files.Open(archive, OpenFlags.O_RDONLY);
        new ImageArchives(store).Load(file, archive, Platform.Host, new NoProgress(warn));
        Errno errno = Files.TrySymlinkAt(archive, Fd.Cwd, Path.Join(root, Link));
        if (errno != Errno.None) throw new LinuxException(errno, "symlink", Path.Join(root, Link));
    }

    // What was made of an earlier state of this archive, or of one that is gone.
    private void RemoveOld(PreloadedArchive archive)
    {
        Errno errno = Files.TryListDirectory(_directory, out List<string> names);
        if (errno != Errno.None) throw new LinuxException(errno, "getdents64", _directory);
        foreach (string name in names)
        {
            string root = Path.Join(_directory, name);
            if (!Files.TryReadLink(Path.Join(root, Link), out string file)) continue;
            bool isEarlier = file == archive.File && name.Contains($"-{layerStore}-", StringComparison.Ordinal);
            if (isEarlier || !Files.Exists(file)) Trees.Remove(root);
        }
    }
}
