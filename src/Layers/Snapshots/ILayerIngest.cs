using Skiff.Layers.Oci;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// A layer on its way in. One caller feeds the uncompressed tar in order; nothing is visible before
/// <see cref="Commit"/>. Disposing without <see cref="Commit"/> or <see cref="Suspend"/> removes everything.
/// </summary>
public interface ILayerIngest : IDisposable
{
    /// <summary>Takes the next bytes of the uncompressed tar. The buffer is the caller's again when the call
    /// returns.</summary>
    /// <exception cref="ImageException">The tar is malformed or hostile.</exception>
    void Append(ReadOnlySpan<byte> tar);

    /// <summary>
    /// Makes durable what was appended up to <paramref name="point"/> at least, then the point itself. From now on,
    /// also after a death of the process or a power cut, <see cref="ISnapshotter.Resume"/> can go on from there.
    /// </summary>
    /// <param name="point">Not behind what was appended, nor before an earlier one.</param>
    /// <returns>False when that is not possible just now, or at all, since another ingest of the same layer is the one
    /// that is kept.</returns>
    bool Keep(in ResumePoint point);

    /// <summary>As <see cref="Keep"/>, and ends the ingest for now; what was appended behind the point is lost. Also
    /// after a failed <see cref="Append"/> or <see cref="Commit"/>.</summary>
    void Suspend(in ResumePoint point);

    /// <summary>
    /// Called once after the last byte, when the DiffId has been verified: flushes to disk (one flush per layer), and
    /// makes the layer visible by one rename.
    /// </summary>
    /// <param name="diffId">The layer, when <see cref="ISnapshotter.Begin"/> was not told.</param>
    void Commit(Digest? diffId = null);
}
