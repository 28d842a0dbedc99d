using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Ingests that can be taken up again: <c>ROOT/ingest/partial-HEX</c>, one a layer. It is an ingest like any other
/// while somebody has it locked; without its owner it is kept if it has a <c>resume</c> file, which says how far it
/// got.
/// </summary>
internal sealed partial class LayerStore
{
    private const string PartialPrefix = "partial-", ResumeFile = "resume";

    /// <summary>
    /// Makes an empty directory for an ingest of this layer and locks it. It can be kept, and takes the place of what
    /// was kept before, unless another process has that.
    /// </summary>
    internal (string Path, FileLock Lock) NewIngest(Digest diffId)
    {
        // It gets its name when it is locked already, so that nobody takes it for one without an owner.
        (string path, FileLock held) = NewIngest();
        string partial = PartialOf(diffId);
        Errno errno;
        while ((errno = Files.TryRenameAt(Fd.Cwd, path, Fd.Cwd, partial, noReplace: true)) == Errno.EEXIST)
            if (!TryDiscardPartial(partial)) return (path, held);
        if (errno == Errno.None) return (partial, held);
        Discard(path);
        held.Dispose();
        throw new LinuxException(errno, "renameat2", $"{path} -> {partial}");
    }

    /// <summary>
    /// Takes what was kept of a layer, and locks it. False when there is none, or not of this blob, or another process
    /// has it.
    /// </summary>
    internal bool TryTakeKept(Digest diffId, Digest blob, out string path, out FileLock? held, out ResumePoint point)
    {
        path = PartialOf(diffId);
        (held, point) = (null, default);
        if (Files.TryOpenAt(Fd.Cwd, path, Directory, 0, out Fd? fd) != Errno.None) return false;
        held = FileLock.TryTake(fd!);
        if (held is null) return false;
        if (IsAt(path, held.Fd) && Files.TryReadAllBytes(held.Fd, ResumeFile, out byte[] json) == Errno.None
            && ResumePoint.TryParse(json, out point) && point.Blob == blob) return true;
        held.Dispose();
        return false;
    }

    /// <summary>Whether an ingest in this directory can be kept.</summary>
    internal static bool IsPartial(string ingest) =>
        Path.GetFileName(ingest.AsSpan()).StartsWith(PartialPrefix, StringComparison.Ordinal);

    /// <summary>Notes how far an ingest got, whose bytes are on disk; durable.</summary>
    internal void WriteResumePoint(string ingest, in ResumePoint point)
    {
        string file = Path.Combine(ingest, ResumeFile);
        bool isFirst = !Files.Exists(file);
        byte[] content = point.ToJson();
        _reserve.Spend(() => AtomicFile.Replace(file, content, durable: true, mode: 0x180));
        if (isFirst) AtomicFile.SyncDirectory(Ingests);
    }

    /// <summary>Forgets how far an ingest got: it is about to be a layer.</summary>
    internal static void RemoveResumePoint(string ingest)
    {
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, Path.Combine(ingest, ResumeFile));
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "unlink", ingest);
    }

    /// <summary>Removes an ingest, if it is still in its place: as a layer it belongs to others.</summary>
    internal void DiscardHeld(string ingest, FileLock held)
    {
        if (IsAt(ingest, held.Fd)) Discard(ingest);
    }

    /// <summary>What was kept, and what of it somebody is adding to.</summary>
    internal IEnumerable<PartialLayer> Partials()
    {
        foreach (string name in Names(Ingests))
        {
            string path = Path.Combine(Ingests, name);
            if (TryGetDiffId(name, out Digest diffId) && TimeOf(path) is { } time)
                yield return new PartialLayer(diffId, TreeSize.Of(path), time);
        }
    }

    /// <summary>Removes what was kept and not added to for so long, if nobody has it; returns the bytes.</summary>
    internal long DropPartials(TimeSpan unusedFor)
    {
        long bytes = 0;
        foreach (string name in Names(Ingests))
        {
            string path = Path.Combine(Ingests, name);
            if (!TryGetDiffId(name, out _) || TimeOf(path) is not { } time
                || DateTimeOffset.UtcNow - time < unusedFor) continue;
            long size = TreeSize.Of(path);
            if (TryDiscardPartial(path)) bytes += size;
        }
        return bytes;
    }

    // False when somebody has it.
    private bool TryDiscardPartial(string path)
    {
        if (Files.TryOpenAt(Fd.Cwd, path, Directory, 0, out Fd? fd) != Errno.None) return true;
        using FileLock? held = FileLock.TryTake(fd!);
        if (held is null) return false;
        DiscardHeld(path, held);
        return true;
    }

    private string PartialOf(Digest diffId) => Path.Combine(Ingests, PartialPrefix + diffId.Hex);

    // Whether a directory without an owner, which the caller has locked, is worth keeping.
    private bool IsKept(string name) => TryGetDiffId(name, out Digest diffId) && !Contains(diffId)
        && Files.Exists(Path.Combine(Ingests, name, ResumeFile));

    private static bool TryGetDiffId(string name, out Digest diffId)
    {
        diffId = default;
        return name.StartsWith(PartialPrefix, StringComparison.Ordinal)
            && Digest.TryParse("sha256:" + name[PartialPrefix.Length..], out diffId);
    }

    private static DateTimeOffset? TimeOf(string partial) => Files.TryStatAt(
        Fd.Cwd, Path.Combine(partial, ResumeFile), AtFlags.None, out FileStatus status) == Errno.None
        ? DateTimeOffset.FromUnixTimeSeconds(status.MtimeSeconds) : null;

    // It may have been renamed or removed between being opened and locked.
    private static bool IsAt(string path, Fd held) =>
        Files.TryStatAt(Fd.Cwd, path, AtFlags.AT_SYMLINK_NOFOLLOW, out FileStatus there) == Errno.None
        && there.Ino == Files.Stat(held).Ino;
}
