using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Api;

/// <summary>Names of images, and platforms, as parameters have them.</summary>
internal static class NameText
{
    /// <summary>A name and its tag, which may be a digest; a name with a digest has no use for a tag.</summary>
    /// <exception cref="ImageException">They are none.</exception>
    public static Reference Of(string name, string? tag)
    {
        // `docker pull -a` may leave a colon behind.
        Reference reference = Reference.Parse(name.TrimEnd(':'));
        return tag is null or "" || reference.Digest is not null ? reference
            : Digest.TryParse(tag, out Digest digest) ? reference.WithDigest(digest) : reference.WithTag(tag);
    }

    /// <summary>The parameters <c>repo</c> and <c>tag</c>; null without a repo.</summary>
    public static Reference? OfTarget(Exchange x) => x.Request.Query.Value("repo") is { Length: > 0 } repo
        ? Of(repo, x.Request.Query.Value("tag")) : null;

    /// <summary>The parameter <c>platform</c> as JSON (OCIPlatform), or null.</summary>
    public static Platform? PlatformOf(Exchange x) =>
        x.Request.Query.Value("platform") is { Length: > 0 } text ? PlatformOf(text) : null;

    /// <summary>A platform as JSON.</summary>
    public static Platform PlatformOf(string json)
    {
        using JsonDocument document = JsonBody.Parse(System.Text.Encoding.UTF8.GetBytes(json));
        JsonElement root = document.RootElement;
        string variant = JsonBody.Text(root, "variant");
        return Platform.Parse($"{JsonBody.Text(root, "os")}/{JsonBody.Text(root, "architecture")}"
            + (variant.Length > 0 ? "/" + variant : ""));
    }
}
