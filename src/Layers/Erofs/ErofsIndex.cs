using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Erofs;

/// <summary>
/// A layer's index while its tar passes: the parser sees the bytes, the tree grows, and at the end the image is
/// written. The same tar always gives the same image, so an image can be checked, and made anew, from its tar.
/// </summary>
internal sealed class ErofsIndex : ITarVisitor
{
    private readonly LayerTree _tree;
    private readonly TarParser _parser;

    internal ErofsIndex(IngestLimits limits)
    {
        _tree = new LayerTree(limits: limits);
        _parser = new TarParser(this, limits);
    }

    /// <summary>Bytes taken so far.</summary>
    internal long Position => _parser.Position;

    /// <summary>Takes the next bytes of the tar.</summary>
    internal void Append(ReadOnlySpan<byte> tar) => _parser.Append(tar);

    /// <summary>The tar is complete: writes the image to an empty file and returns its length.</summary>
    internal long Write(Fd image)
    {
        _parser.Complete();
        // Linux 6.12 to 6.18 give EIO for a device's last block that its file does not fill.
        if (_parser.EndsWithoutPadding)
            throw new ImageException(
                "the tar ends without padding after its last file, which the EROFS store cannot keep");
        return ErofsWriter.Write(_tree, _parser.Position, image);
    }

    void ITarVisitor.Entry(TarEntry entry) => _tree.Apply(entry);

    void ITarVisitor.Data(ReadOnlySpan<byte> data) { }

    void ITarVisitor.EndOfData() { }
}
