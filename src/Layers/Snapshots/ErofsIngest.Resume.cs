using System.Buffers;
using Skiff.Interop;
using Skiff.Layers.Erofs;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// What is kept is <c>layer.tar</c> as it is. Its index is made anew from it: it has to be read anyway, to know that it
/// is still what it was.
/// </summary>
internal sealed partial class ErofsIngest
{
    private const int PieceBytes = 1 << 20;

    // With both, disposal leaves the directory for the next one.
    private bool _isKept, _isSuspended;

    private ErofsIngest(LayerStore store, Digest diffId, string path, FileLock held, Fd tar, IngestLimits limits)
    {
        (_store, _diffId, _path, _lock, _tar, _isKept, _isSuspended) = (store, diffId, path, held, tar, true, true);
        _index = new ErofsIndex(limits);
    }

    /// <summary>See <see cref="ISnapshotter.Resume"/>.</summary>
    internal static ErofsIngest? Resume(
        LayerStore store, Digest diffId, Digest blob, TarDigest tar, out ResumePoint point, IngestLimits limits,
        CancellationToken cancellation)
    {
        if (!store.TryTakeKept(diffId, blob, out string path, out FileLock? held, out point)) return null;
        string file = Path.Combine(path, ErofsSnapshotter.Tar);
        if (Files.TryOpenAt(Fd.Cwd, file, OpenFlags.O_RDWR, 0, out Fd? fd) != Errno.None)
        {
            held!.Dispose();
            return null;
        }
        var ingest = new ErofsIngest(store, diffId, path, held!, fd!, limits);
        try
        {
            ingest._isKept = ingest.TryReplay(point, tar, cancellation);
        }
        catch
        {
            ingest.Dispose();
            throw;
        }
        ingest._isSuspended = false;
        if (ingest._isKept) return ingest;
        ingest.Dispose();
        return null;
    }

    public bool Keep(in ResumePoint point)
    {
        if (!LayerStore.IsPartial(_path)) return false;
        Files.Fdatasync(_tar);
        _store.WriteResumePoint(_path, point);
        return _isKept = true;
    }

    public void Suspend(in ResumePoint point)
    {
        _isSuspended = true;
        // A full disk is a reason to end early, and the note needs room too.
        Files.Ftruncate(_tar, point.Place.PlainOffset);
        Keep(point);
        Dispose();
    }

    // False when it is not what it was; then what is there is of no use.
    private bool TryReplay(in ResumePoint point, TarDigest tar, CancellationToken cancellation)
    {
        long bytes = point.Place.PlainOffset;
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (tar.Length < bytes)
            {
                cancellation.ThrowIfCancellationRequested();
                int most = (int)Math.Min(PieceBytes, bytes - tar.Length);
                int count = Files.Read(_tar, piece.AsSpan(0, most));
                if (count == 0) return false;
                _index.Append(piece.AsSpan(0, count));
                tar.Replay(piece.AsSpan(0, count));
            }
            if (tar.Current() != point.Tar) return false;
            Files.Ftruncate(_tar, bytes);
            Files.TryUnlinkAt(Fd.Cwd, Path.Combine(_path, ErofsSnapshotter.Image)); // Of a commit that failed.
            _writeBehind = new WriteBehind(bytes);
            return true;
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
}
