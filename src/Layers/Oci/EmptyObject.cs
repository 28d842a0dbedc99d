namespace Skiff.Layers.Oci;

/// <summary>The <c>{}</c> of Go's <c>map[string]struct{}</c>, by which configs write sets.</summary>
public sealed record EmptyObject
{
    /// <summary>The one value there is.</summary>
    public static EmptyObject Instance { get; } = new();
}
