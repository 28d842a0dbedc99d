namespace Skiff.Layers.Compression;

/// <summary>How a layer blob is compressed.</summary>
public enum CompressionKind
{
    /// <summary>Not at all: a plain tar.</summary>
    None,

    /// <summary>RFC 1952, one member or several.</summary>
    Gzip,

    /// <summary>RFC 8878, any number of frames.</summary>
    Zstd,
}
