namespace Skiff.Agent.Images;

/// <summary>Which part of the store is damaged.</summary>
internal enum StoreDefectKind
{
    /// <summary>The file of a name.</summary>
    Name,

    /// <summary>The record of an image.</summary>
    Record,

    /// <summary>A manifest, an index or a config.</summary>
    Document,

    /// <summary>The bytes of a layer.</summary>
    Layer,

    /// <summary>What was made from a layer's bytes, which are sound.</summary>
    Index,

    /// <summary>Something that does not belong there.</summary>
    Stray,
}
