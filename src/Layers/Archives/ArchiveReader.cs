using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>
/// Takes images out of an archive that streams in: an OCI image layout or what `docker save` writes, as a tar, plain or
/// compressed, from a file or a pipe. Nothing of it is stored but the layers.
/// </summary>
/// <param name="store">Where the layers go; the caller keeps them from being removed.</param>
/// <param name="limits">What is refused for its size; null for the defaults.</param>
/// <param name="progress">Told about layers as they come.</param>
/// <param name="file">Where an archive is that will stay as it is: the EROFS store leaves layers there that are not
/// compressed. Null for one that need not last.</param>
public sealed class ArchiveReader(
    ISnapshotter store, IngestLimits? limits = null, ILayerProgress? progress = null, string? file = null)
{
    private readonly IngestLimits _limits = limits ?? IngestLimits.Default;

    /// <summary>As the other one, of a file or a pipe, at its first byte.</summary>
    public IReadOnlyList<LoadedImage> Read(Fd archive, Platform platform, CancellationToken cancellation) =>
        // Where the archive itself is compressed, nothing of it lies there as it is.
        Read(new FdStream(archive), platform, cancellation, file is not null && ArchiveInput.IsPlain(archive));

    /// <summary>Reads the whole archive; all layers of the images are in the store then.</summary>
    /// <param name="archive">At its first byte.</param>
    /// <param name="platform">Which image of several that stand under one name.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <exception cref="ImageException">No archive, or a damaged or hostile one. Layers that came before the fault may
    /// be in the store.</exception>
    public IReadOnlyList<LoadedImage> Read(Stream archive, Platform platform, CancellationToken cancellation) =>
        Read(archive, platform, cancellation, stays: false);

    private IReadOnlyList<LoadedImage> Read(
        Stream archive, Platform platform, CancellationToken cancellation, bool stays)
    {
        using var content = new ArchiveContent(store, _limits, progress);
        try
        {
            if (stays) content.File = file;
            // The archive may be longer than any layer; its content has limits of its own.
            var tar = new TarParser(content, _limits with { LayerBytes = IngestLimits.None.LayerBytes });
            ArchiveInput.Read(archive, tar.Append, _limits, cancellation);
            tar.Complete();
            return new ArchiveImages(content, platform).Read();
        }
        catch (ImageException e)
        {
            throw new ImageException($"cannot take images from the archive: {e.Message}", e)
            {
                Kind = ImageErrorKind.Invalid,
            };
        }
    }
}
