using Skiff.Layers.Oci;

namespace Skiff.Layers.Tar;

/// <summary>
/// How much a layer may be and may ask for while it comes in. The defaults are far above what images in use have and
/// keep a small device from being filled or starved by a blob that somebody made for that. <c>SKIFF_LIMITS</c> and
/// <c>--limits</c> change them by the names that the errors give.
/// </summary>
public sealed record IngestLimits
{
    /// <summary>What holds when nothing is said.</summary>
    public static IngestLimits Default { get; } = new();

    /// <summary>For bytes that were taken before, by whatever limits held then.</summary>
    internal static IngestLimits None { get; } = new()
    {
        LayerBytes = MaxLayerBytes, Entries = int.MaxValue, MetadataBytes = MaxMetadataBytes,
        PathDepth = TarPath.MaxBytes, HeaderBytes = MaxHeaderBytes, XattrBytes = MaxXattrBytes,
    };

    /// <summary>EROFS counts blocks of 512 bytes in 32 bits.</summary>
    private const long MaxLayerBytes = (1L << 41) - (1L << 20);

    // One array holds an extended header.
    private const long MaxHeaderBytes = 1 << 30;

    // EROFS counts an inode's attributes in units of four bytes in 16 bits.
    private const long MaxXattrBytes = (1 << 18) - 64;

    // One array holds all names.
    private const long MaxMetadataBytes = 1 << 30;

    // What zstd's format lets a decoder refuse on every platform.
    private const long MaxZstdWindowBytes = 1L << 31;

    private static readonly Row[] s_rows =
    [
        new("layer-bytes", MaxLayerBytes, (limits, value) => limits with { LayerBytes = value }),
        new("layer-ratio", 1 << 20, (limits, value) => limits with { LayerRatio = value }),
        new("layer-ratio-bytes", MaxLayerBytes, (limits, value) => limits with { LayerRatioBytes = value }),
        new("layer-entries", 1 << 30, (limits, value) => limits with { Entries = value }),
        new("path-depth", TarPath.MaxBytes, (limits, value) => limits with { PathDepth = value }),
        new("path-bytes", TarPath.MaxBytes, (limits, value) => limits with { PathBytes = value }),
        new("header-bytes", MaxHeaderBytes, (limits, value) => limits with { HeaderBytes = value }),
        new("xattr-bytes", MaxXattrBytes, (limits, value) => limits with { XattrBytes = value }),
        new("metadata-bytes", MaxMetadataBytes, (limits, value) => limits with { MetadataBytes = value }),
        new("zstd-window", MaxZstdWindowBytes, (limits, value) => limits with { ZstdWindowBytes = value }),
    ];

    private readonly record struct Row(string Name, long Max, Func<IngestLimits, long, IngestLimits> With);

    /// <summary><c>layer-bytes</c>: most bytes of an uncompressed layer.</summary>
    public long LayerBytes { get; init; } = 64L << 30;

    /// <summary>
    /// <c>layer-ratio</c>: a layer of more than <see cref="LayerRatioBytes"/> may be this many times as long as its
    /// blob. Layers are two to five times as long; gzip goes up to 1,032, zstd to any number.
    /// </summary>
    public long LayerRatio { get; init; } = 200;

    /// <summary><c>layer-ratio-bytes</c>: up to so many bytes the ratio does not matter.</summary>
    public long LayerRatioBytes { get; init; } = 512L << 20;

    /// <summary><c>layer-entries</c>: most entries of a layer's tar.</summary>
    public long Entries { get; init; } = 1 << 20;

    /// <summary><c>path-depth</c>: most components of an entry's path.</summary>
    public long PathDepth { get; init; } = 256;

    /// <summary><c>path-bytes</c>: most bytes of an entry's path.</summary>
    public long PathBytes { get; init; } = TarPath.MaxBytes;

    /// <summary>
    /// <c>header-bytes</c>: most bytes of the extended headers of one entry: what Go's archive/tar, and so Docker,
    /// takes for one of them.
    /// </summary>
    public long HeaderBytes { get; init; } = 1 << 20;

    /// <summary>
    /// <c>xattr-bytes</c>: most bytes of an entry's extended attributes, names, values and 64 for each. One value has
    /// 65,535 at the most and all names together 65,536, whatever is set here (XATTR_LIST_MAX and the image's format).
    /// </summary>
    public long XattrBytes { get; init; } = 128 << 10;

    /// <summary>
    /// <c>metadata-bytes</c>: most memory for the names and attributes of a layer, about 200 bytes a file, which are
    /// kept until it is complete.
    /// </summary>
    public long MetadataBytes { get; init; } = 96 << 20;

    /// <summary>
    /// <c>zstd-window</c>: most memory that a zstd frame may ask for; the default is what <c>zstd -d</c> gives.
    /// </summary>
    public long ZstdWindowBytes { get; init; } = 1 << 27;

    private string LayerRule { get; init; } = "layer-bytes";

    /// <summary>These limits with one changed; null when there is none of this name.</summary>
    /// <param name="name">As errors give it.</param>
    /// <param name="value">The new limit, at least 1.</param>
    /// <param name="max">The highest value that the limit can have; the result then is the old limits.</param>
    public IngestLimits? With(string name, long value, out long max)
    {
        max = 0;
        foreach (Row row in s_rows)
            if (row.Name == name)
            {
                max = row.Max;
                return value >= 1 && value <= max ? row.With(this, value) : this;
            }
        return null;
    }

    /// <summary>All names, for messages.</summary>
    public static string Names => string.Join(", ", s_rows.Select(row => row.Name));

    /// <summary>The limits for a layer whose blob has so many bytes.</summary>
    internal IngestLimits ForBlob(long compressedBytes)
    {
        long byRatio = Math.Max(LayerRatioBytes, (long)Math.Min((double)compressedBytes * LayerRatio, MaxLayerBytes));
        return byRatio >= LayerBytes ? this : this with { LayerBytes = byRatio, LayerRule = "layer-ratio" };
    }

    /// <summary>What to throw for a layer that is longer than it may be.</summary>
    internal ImageException TooLong(string what) => LayerRule == "layer-bytes" ? Exceeded(LayerRule, LayerBytes, what)
        : Exceeded(LayerRule, LayerRatio, $"{what}: {LayerBytes} bytes are taken of a blob of this length");

    /// <summary>What to throw for what is beyond a limit: the rule, its value, how to change it.</summary>
    internal static ImageException Exceeded(string rule, long limit, string what) =>
        new($"{what}; the limit {rule} is {limit}, SKIFF_LIMITS={rule}=NUMBER changes it");
}
