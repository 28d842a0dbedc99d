namespace Skiff.Layers.Snapshots;

/// <summary>
/// A layer on its way in. One caller feeds the uncompressed tar in order; nothing is visible before
/// <see cref="Commit"/>. Disposing without commit removes everything.
/// </summary>
public interface ILayerIngest : IDisposable
{
    /// <summary>Takes the next bytes of the uncompressed tar. The buffer is the caller's again when the call
    /// returns.</summary>
    /// <exception cref="Oci.ImageException">The tar is malformed or hostile.</exception>
    void Append(ReadOnlySpan<byte> tar);

    /// <summary>
    /// Called once after the last byte, when the DiffId has been verified: flushes to disk (one flush per layer), and
    /// makes the layer visible by one rename.
    /// </summary>
    void Commit();
}
