using Skiff.Layers.Oci;

namespace Skiff.Layers.Archives;

/// <summary>
/// Names in an archive of images: an OCI image layout (image-spec image-layout.md) that is Docker's archive as well, as
/// `docker save` has written it since version 25.
/// </summary>
internal static class ArchiveNames
{
    /// <summary>Says that it is an OCI layout, and of which version.</summary>
    internal const string Layout = "oci-layout";

    /// <summary>The layout's images.</summary>
    internal const string Index = "index.json";

    /// <summary>Docker's list of images.</summary>
    internal const string DockerManifest = "manifest.json";

    /// <summary>In which the layout's index gives an image's full name; containerd's.</summary>
    internal const string ImageName = "io.containerd.image.name";

    /// <summary>In which it gives the tag, and skopeo the whole name.</summary>
    internal const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>In which our archives give repository and digest by which a registry knows the image.</summary>
    internal const string Origin = "skiff.origin";

    internal const string Blobs = "blobs/", Sha256Blobs = Blobs + "sha256/";

    /// <summary>Where a blob is.</summary>
    internal static string Blob(Digest digest) => Sha256Blobs + digest.Hex;

    /// <summary>
    /// What people know a layer by: the beginning of the digest that its path has somewhere, as in
    /// <c>blobs/sha256/HEX</c>, <c>HEX/layer.tar</c> and <c>HEX.tar</c>, or else the path.
    /// </summary>
    internal static string LayerId(string path)
    {
        foreach (string name in path.Split('/'))
        {
            string hex = name.EndsWith(".tar", StringComparison.Ordinal) ? name[..^".tar".Length] : name;
            if (Digest.TryParse("sha256:" + hex, out Digest digest)) return digest.Short;
        }
        return path;
    }
}
