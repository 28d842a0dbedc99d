namespace Skiff.Layers.Oci;

/// <summary>
/// Bad image data or a registry that answered wrongly: the text says what was expected and what came. Words of the
/// image or the registry in it cannot act upon a terminal or begin another line of a log: such characters are escaped.
/// </summary>
public sealed class ImageException : Exception
{
    /// <summary>With a text for the user.</summary>
    public ImageException(string message, ImageErrorKind kind = ImageErrorKind.Bad) : base(ShownText.Line(message)) =>
        Kind = kind;

    /// <summary>With a text for the user and what caused it, whose kind it has.</summary>
    public ImageException(string message, Exception inner) : base(ShownText.Line(message), inner) =>
        Kind = (inner as ImageException)?.Kind ?? ImageErrorKind.Bad;

    /// <summary>What kind of error it is.</summary>
    public ImageErrorKind Kind { get; init; }
}
