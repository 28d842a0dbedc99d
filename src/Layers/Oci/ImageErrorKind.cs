namespace Skiff.Layers.Oci;

/// <summary>What is wrong with an image, for whoever answers with a status rather than with words.</summary>
public enum ImageErrorKind
{
    /// <summary>Bytes, or a registry, are not as they have to be.</summary>
    Bad,

    /// <summary>There is no such image, here or in its registry.</summary>
    NotFound,

    /// <summary>The image is needed by others.</summary>
    Conflict,

    /// <summary>What was asked for makes no sense: no reference, no platform, no archive.</summary>
    Invalid,

    /// <summary>The registry wants a login, or another one.</summary>
    Denied,
}
