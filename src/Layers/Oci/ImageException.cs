namespace Skiff.Layers.Oci;

/// <summary>Bad image data or a registry that answered wrongly: the text says what was expected and what
/// came.</summary>
public sealed class ImageException : Exception
{
    /// <summary>With a text for the user.</summary>
    public ImageException(string message) : base(message) { }

    /// <summary>With a text for the user and what caused it.</summary>
    public ImageException(string message, Exception inner) : base(message, inner) { }
}
