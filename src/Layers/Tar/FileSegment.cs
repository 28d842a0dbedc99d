namespace Skiff.Layers.Tar;

/// <summary>A part of a sparse file that has data; what lies between two of them is a hole.</summary>
/// <param name="Offset">Where in the file it starts.</param>
/// <param name="Length">Bytes of data, at least 1.</param>
internal readonly record struct FileSegment(long Offset, long Length)
{
    /// <summary>Where in the file it ends.</summary>
    internal long End => Offset + Length;
}
