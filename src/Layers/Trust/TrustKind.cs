namespace Skiff.Layers.Trust;

/// <summary>What becomes of an image.</summary>
internal enum TrustKind
{
    /// <summary>It is refused.</summary>
    Reject,

    /// <summary>It is taken as it is.</summary>
    Accept,

    /// <summary>It is taken when somebody whose key is known has signed it with cosign.</summary>
    Cosign,
}
