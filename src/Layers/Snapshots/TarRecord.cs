namespace Skiff.Layers.Snapshots;

/// <summary>
/// What a record says, step by step. A record is one zstd frame with a checksum; in it each step starts with a varint
/// (LEB128) whose low two bits are one of these and whose rest is the step's number.
/// </summary>
internal static class TarRecord
{
    /// <summary>The number says how many bytes of the tar follow.</summary>
    internal const int Literal = 0;

    /// <summary>
    /// Content comes from another file. The number is the length of its path, which follows; then a varint with its
    /// inode number in the layer's <see cref="LayerTree"/>, which names it should it have been moved aside.
    /// </summary>
    internal const int File = 1;

    /// <summary>
    /// The number says how many bytes of the tar are in the file; a varint follows: where they start in it.
    /// </summary>
    internal const int Content = 2;

    /// <summary>The end; a varint follows: how many bytes the whole tar has.</summary>
    internal const int End = 3;

    internal const int KindBits = 2, KindMask = (1 << KindBits) - 1;

    /// <summary>Longest varint: ten groups of seven bits.</summary>
    internal const int MaxVarintBytes = 10;
}
