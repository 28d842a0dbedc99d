using System.Buffers;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// What is kept is the tree so far with its record, from which the tar so far can be rebuilt. The tree is ahead of the
/// point that was noted, by files that nobody could tell from the others; so the tar up to that point is taken in once
/// more, into a new tree, which then takes the old one's place.
/// </summary>
internal sealed partial class OverlayIngest
{
    private const int PieceBytes = 1 << 20;

    // With both, disposal leaves the directory for the next one.
    private bool _isKept, _isSuspended;

    // What the filesystem refuses of a layer, such as too many links to a file, it would refuse again.
    private bool _isRefused;

    /// <summary>See <see cref="ISnapshotter.Resume"/>.</summary>
    internal static OverlayIngest? Resume(
        LayerStore store, Digest diffId, int threads, Digest blob, TarDigest tar, out ResumePoint point,
        IngestLimits limits, CancellationToken cancellation)
    {
        if (!store.TryTakeKept(diffId, blob, out string kept, out FileLock? held, out point)) return null;
        using (held)
        {
            var ingest = new OverlayIngest(store, diffId, threads, limits, store.NewIngest());
            try
            {
                if (ingest.TryReplay(kept, point, tar, cancellation))
                {
                    ingest.TakePlaceOf(kept, held!, point);
                    return ingest;
                }
            }
            catch
            {
                ingest.Dispose();
                throw;
            }
            ingest.Dispose();
            store.DiscardHeld(kept, held!);
            return null;
        }
    }

    public bool Keep(in ResumePoint point)
    {
        if (!LayerStore.IsPartial(_path)) return false;
        Note(point);
        return true;
    }

    public void Suspend(in ResumePoint point)
    {
        _isSuspended = !_isRefused;
        if (_isSuspended && LayerStore.IsPartial(_path)) Note(point);
        Dispose();
    }

    private static bool MayPass(Errno errno) => errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EIO or Errno.EROFS
        or Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE or Errno.EINTR;

    private void Note(in ResumePoint point)
    {
        _record.Flush();
        _files.Settle();
        _store.WriteResumePoint(_path, point);
        _isKept = true;
    }

    // False when it is not what it was; then what is there is of no use.
    private bool TryReplay(string kept, in ResumePoint point, TarDigest tar, CancellationToken cancellation)
    {
        long bytes = point.Place.PlainOffset;
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            using var rebuilt = new RebuiltTar(_diffId!.Value, kept);
            while (tar.Length < bytes)
            {
                cancellation.ThrowIfCancellationRequested();
                int count = rebuilt.Read(piece.AsSpan(0, (int)Math.Min(PieceBytes, bytes - tar.Length)));
                if (count == 0) return false;
                Append(piece.AsSpan(0, count));
                tar.Replay(piece.AsSpan(0, count));
            }
            return tar.Current() == point.Tar;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    // At any moment one of the two can be taken up.
    private void TakePlaceOf(string kept, FileLock held, in ResumePoint point)
    {
        Note(point);
        Errno errno = Files.TryExchange(_path, kept);
        if (errno != Errno.None) throw new LinuxException(errno, "renameat2", $"{_path} <-> {kept}");
        (string old, _path) = (_path, kept);
        _store.DiscardHeld(old, held);
    }
}
