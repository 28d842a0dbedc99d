using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// Tags that stand for what belongs to an image and not for an image: <c>sha256-HEX</c> for its referrers
/// (distribution-spec "Referrers Tag Schema"), and cosign's with an ending, <c>sha256-HEX.sig</c> and others.
/// </summary>
public static class ReferrerTag
{
    private const string Start = "sha256-";

    /// <summary>The tag for the referrers of a manifest.</summary>
    public static string Of(Digest digest) => Start + digest.Hex;

    /// <summary>Whether a tag is one of these.</summary>
    public static bool Is(string tag) => tag.StartsWith(Start, StringComparison.Ordinal)
        && Digest.TryParse("sha256:" + tag[Start.Length..].Split('.')[0], out _);
}
