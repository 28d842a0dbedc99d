using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// The directories that both stores share: <c>ROOT/layers/HEX</c> for committed layers and
/// <c>ROOT/ingest/layer-*</c> for those on their way, each of which its maker holds locked while it lives. A layer
/// is there when its directory has <paramref name="marker"/> in it.
/// </summary>
/// <param name="root">The state root.</param>
/// <param name="marker">The file or directory that appears last.</param>
/// <param name="besides">A directory that only some layers of this form have.</param>
/// <param name="preloaded">State roots whose layers are there too, and are only read.</param>
internal sealed partial class LayerStore(
    string root, string marker, string? besides = null, IReadOnlyList<string>? preloaded = null)
{
    private const string Stale = "stale";
    private const OpenFlags Directory = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY;
    private static int s_serial;

    private readonly SpaceReserve _reserve = new(root);

    internal string Layers { get; } = Path.Combine(root, "layers");

    internal string Ingests { get; } = Path.Combine(root, "ingest");

    internal string PathOf(Digest diffId) => Path.Combine(Layers, diffId.Hex);

    internal string MarkerOf(Digest diffId) => Path.Combine(Layers, diffId.Hex, marker);

    /// <summary>Whether the layer is there, be it in a preloaded root.</summary>
    internal bool Contains(Digest diffId) => IsOwn(diffId) || Preloaded(diffId) is not null;

    internal bool IsOwn(Digest diffId) => Files.Exists(MarkerOf(diffId));

    /// <summary>Where a layer is read: its own directory, or that of a preloaded root which has it.</summary>
    internal string Locate(Digest diffId) =>
        IsOwn(diffId) ? PathOf(diffId) : Preloaded(diffId) ?? PathOf(diffId);

    internal IEnumerable<Digest> Committed()
    {
        foreach (string name in Names(Layers))
            if (Digest.TryParse("sha256:" + name, out Digest diffId) && IsOwn(diffId)) yield return diffId;
    }

    /// <summary>The layers of preloaded roots that are not there besides.</summary>
    internal IEnumerable<Digest> Preloaded()
    {
        HashSet<Digest> seen = [];
        foreach (string place in preloaded ?? [])
            foreach (string name in Names(Path.Combine(place, "layers")))
                if (Digest.TryParse("sha256:" + name, out Digest diffId) && seen.Add(diffId) && !IsOwn(diffId)
                    && Preloaded(diffId) is not null)
                    yield return diffId;
    }

    private string? Preloaded(Digest diffId)
    {
        foreach (string place in preloaded ?? [])
            if (Path.Combine(place, "layers", diffId.Hex) is var path && Files.Exists(Path.Combine(path, marker)))
                return path;
        return null;
    }

    /// <summary>Makes a directory for an ingest and locks it; also clears away those of processes that died.</summary>
    /// <param name="replace">It will change places with a layer that containers may be using: what is in it after that
    /// stays until the next boot, unless its maker knows better.</param>
    internal (string Path, FileLock Lock) NewIngest(bool replace = false)
    {
        Files.MakeDirectories(Layers, 0x1C0);
        Files.MakeDirectories(Ingests, 0x1C0);
        Sweep();
        while (true)
        {
            string path = Path.Combine(Ingests, NewName(replace ? $"replaced-{BootId.Read()}" : "layer"));
            if (Files.TryMkdirAt(Fd.Cwd, path, 0x1C0) is var errno and not Errno.None)
                throw new LinuxException(errno, "mkdir", path);
            // A sweep may come between making and locking; then the directory is gone, or about to be.
            Errno opened = Files.TryOpenAt(Fd.Cwd, path, Directory, 0, out Fd? fd);
            if (opened == Errno.ENOENT) continue;
            if (opened != Errno.None) throw new LinuxException(opened, "openat", path);
            FileLock? held = FileLock.TryTake(fd!);
            if (held is not null && Files.Exists(path)) return (path, held);
            held?.Dispose();
        }
    }

    /// <summary>Removes ingests that nobody holds: their process died. What can be taken up again stays.</summary>
    internal void Sweep()
    {
        foreach (string name in Names(Ingests))
        {
            // What is kept is not even locked for a moment: its next owner may be about to.
            if (!IsSwept(name) || IsKept(name)) continue;
            string path = Path.Combine(Ingests, name);
            if (Files.TryOpenAt(Fd.Cwd, path, Directory, 0, out Fd? fd) != Errno.None) continue;
            using FileLock? held = FileLock.TryTake(fd!);
            if (held is null || IsKept(name)) continue;
            ErofsProbe.Unmount(path);
            DiscardHeld(path, held);
        }
    }

    private static bool IsSwept(string name) => name.StartsWith("layer-", StringComparison.Ordinal)
        || name.StartsWith(PartialPrefix, StringComparison.Ordinal)
        || (name.StartsWith("replaced-", StringComparison.Ordinal)
            && !name.StartsWith($"replaced-{BootId.Read()}-", StringComparison.Ordinal));

    private static string NewName(string kind) =>
        $"{kind}-{Environment.ProcessId}-{Interlocked.Increment(ref s_serial)}-{Random.Shared.Next():x}";

    /// <summary>Removes an ingest, whatever is in it.</summary>
    internal void Discard(string ingest)
    {
        IReadOnlyList<LinuxException> failures = TreeRemoval.Remove(Path.Combine(Ingests, ingest));
        if (failures.Count > 0) throw failures[0].While($"cannot remove {ingest}");
    }

    /// <summary>
    /// Makes an ingest, whose content is on disk already, the committed layer. When another process was faster, its
    /// layer stays and this one is left for <see cref="Discard"/>.
    /// </summary>
    internal void Publish(string ingest, Digest diffId)
    {
        AtomicFile.SyncDirectory(ingest);
        Errno errno = Files.TryRenameAt(Fd.Cwd, ingest, Fd.Cwd, PathOf(diffId), noReplace: true);
        if (errno is Errno.EEXIST or Errno.ENOTEMPTY) Merge(ingest, diffId);
        else if (errno != Errno.None) throw new LinuxException(errno, "renameat2", $"{ingest} -> {PathOf(diffId)}");
        AtomicFile.SyncDirectory(Layers);
    }

    /// <summary>
    /// As <see cref="Publish"/>, but what is there changes places with the ingest, which then holds the old layer.
    /// </summary>
    internal void Replace(string ingest, Digest diffId)
    {
        AtomicFile.SyncDirectory(ingest);
        Errno errno = Files.TryExchange(ingest, PathOf(diffId));
        if (errno == Errno.ENOENT) Publish(ingest, diffId);
        else if (errno != Errno.None) throw new LinuxException(errno, "renameat2", $"{ingest} <-> {PathOf(diffId)}");
        AtomicFile.SyncDirectory(Layers);
    }

    /// <summary>
    /// The directory is there: the layer is committed, or another kind of store has it in its own form.
    /// </summary>
    private void Merge(string ingest, Digest diffId)
    {
        if (IsOwn(diffId)) return;
        MoveStale(ingest, diffId);
        foreach (string name in Names(ingest))
            if (name != marker && name != Stale)
                Files.Rename(Path.Combine(ingest, name), Path.Combine(PathOf(diffId), name));
        AtomicFile.SyncDirectory(PathOf(diffId));
        string made = Path.Combine(ingest, marker);
        Errno errno = Files.TryRenameAt(Fd.Cwd, made, Fd.Cwd, MarkerOf(diffId), noReplace: true);
        if (errno is not (Errno.None or Errno.EEXIST)) throw new LinuxException(errno, "renameat2", MarkerOf(diffId));
        AtomicFile.SyncDirectory(PathOf(diffId));
    }

    /// <summary>
    /// A merge or a repair by hand that was cut off may have left what no file can be moved over, and what would be
    /// taken for a part of this layer.
    /// </summary>
    private void MoveStale(string ingest, Digest diffId)
    {
        if (besides is null) return;
        string from = Path.Combine(PathOf(diffId), besides), to = Path.Combine(ingest, Stale);
        Errno errno = Files.TryRenameAt(Fd.Cwd, from, Fd.Cwd, to);
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "renameat2", $"{from} -> {to}");
    }

    /// <summary>
    /// Takes layers out of sight by a rename each and one flush, then deletes them; a crash in between leaves ingests
    /// to sweep. Works on a full disk: it makes nothing, and a directory that has to grow for the new names may do so
    /// at the reserve's cost.
    /// </summary>
    internal void Remove(IReadOnlyCollection<Digest> diffIds)
    {
        List<(string Path, Fd Lock)> hidden = [];
        try
        {
            foreach (Digest diffId in diffIds) Hide(diffId, hidden);
            if (hidden.Count == 0) return;
            AtomicFile.SyncDirectory(Layers);
            foreach ((string path, _) in hidden) Discard(path);
        }
        finally
        {
            foreach ((_, Fd held) in hidden) held.Dispose();
        }
        _reserve.Ensure();
    }

    private void Hide(Digest diffId, List<(string Path, Fd Lock)> hidden)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, PathOf(diffId), Directory, 0, out Fd? layer);
        if (errno == Errno.ENOENT) return;
        if (errno != Errno.None) throw new LinuxException(errno, "openat", PathOf(diffId));
        // Held under its new name already, so that no sweep works on it at the same time.
        Files.TryFlock(layer!, exclusive: true, wait: false);
        string path = Path.Combine(Ingests, NewName("layer"));
        hidden.Add((path, layer!));
        _reserve.Spend(() =>
        {
            Files.MakeDirectories(Ingests, 0x1C0);
            Files.Rename(PathOf(diffId), path);
        });
    }

    /// <summary>What is in <see cref="Layers"/> and is neither a layer nor needed.</summary>
    internal List<string> Strays(IReadOnlySet<Digest> needed)
    {
        List<string> strays = [];
        foreach (string name in Names(Layers))
        {
            bool isLayer = Digest.TryParse("sha256:" + name, out Digest diffId);
            if (!isLayer || (!IsOwn(diffId) && !needed.Contains(diffId))) strays.Add(Path.Combine(Layers, name));
        }
        return strays;
    }

    /// <summary>
    /// Removes what <see cref="Strays"/> finds, and ingests of processes that died; the caller holds the whole store.
    /// </summary>
    internal void RemoveStrays(IReadOnlySet<Digest> needed)
    {
        Sweep();
        foreach (string stray in Strays(needed)) Discard(stray);
    }

    /// <summary>Whether the layer at <paramref name="index"/> is in the list once more, further up.</summary>
    internal static bool ComesAgain(IReadOnlyList<Digest> diffIds, int index)
    {
        for (int i = index + 1; i < diffIds.Count; i++)
            if (diffIds[i] == diffIds[index]) return true;
        return false;
    }

    /// <summary>
    /// What of an image's layers, base first, can be seen: a root that is opaque hides all below it, which overlayfs
    /// does not look for in the root of a lower directory.
    /// </summary>
    internal static List<string> Visible(List<string> trees)
    {
        for (int i = trees.Count - 1; i > 0; i--)
            if (Xattrs.TryGet(trees[i], OverlayMarks.OpaqueName, out _) == Errno.None) return trees[i..];
        return trees;
    }

    /// <summary>What to throw for a layer that should be there.</summary>
    internal static ImageException Missing(Digest diffId) =>
        new($"layer {diffId} is not in the store: pull the image again");

    /// <summary>Names in a directory; none when it is missing.</summary>
    internal static IReadOnlyList<string> Names(string directory)
    {
        Errno errno = Files.TryListDirectory(directory, out List<string> names);
        return errno is Errno.None or Errno.ENOENT ? names : throw new LinuxException(errno, "getdents64", directory);
    }
}
