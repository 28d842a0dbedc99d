using Skiff.Interop;
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
    /// <param name="tar">The file with the tar, open for reading; its position does not matter.</param>
    /// <param name="start">Where the tar begins in it, a multiple of 512.</param>
    /// <param name="image">Where the image goes.</param>
    internal long Write(Fd tar, long start, Fd image)
    {
        _parser.Complete();
        return ErofsWriter.Write(_tree, _parser.Position, tar, start, image);
    }

    void ITarVisitor.Entry(TarEntry entry) => _tree.Apply(entry);

    void ITarVisitor.Data(long offset, ReadOnlySpan<byte> data) { }

    void ITarVisitor.EndOfData() { }
}
