using Skiff.Layers.Compression;

namespace Skiff.Layers.Oci;

/// <summary>Media types of image-spec media-types.md and of Docker's image manifest version 2, schema 2.</summary>
public static class MediaTypes
{
    /// <summary>OCI image index.</summary>
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";

    /// <summary>OCI image manifest.</summary>
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>OCI image config.</summary>
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";

    /// <summary>OCI layer, uncompressed tar.</summary>
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";

    /// <summary>OCI layer, gzip.</summary>
    public const string OciLayerGzip = OciLayer + "+gzip";

    /// <summary>OCI layer, zstd.</summary>
    public const string OciLayerZstd = OciLayer + "+zstd";

    /// <summary>Docker manifest list.</summary>
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Docker manifest, schema 2.</summary>
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>Docker image config.</summary>
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    /// <summary>Docker layer, gzip.</summary>
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    /// <summary>Docker layer that its registry does not hand out (Windows base layers).</summary>
    public const string DockerForeignLayer = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

    /// <summary>The Accept header of a manifest request: everything that can be pulled.</summary>
    public const string AcceptManifests =
        OciIndex + ", " + OciManifest + ", " + DockerManifestList + ", " + DockerManifest;

    private const string OciNonDistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    private const string DockerLayerPrefix = "application/vnd.docker.image.rootfs.diff.tar";

    /// <summary>An index in either spelling.</summary>
    public static bool IsIndex(string? mediaType) => mediaType is OciIndex or DockerManifestList;

    /// <summary>An image manifest in either spelling.</summary>
    public static bool IsManifest(string? mediaType) => mediaType is OciManifest or DockerManifest;

    /// <summary>Docker's schema 1, signed or not; deprecated since 2019 and refused.</summary>
    public static bool IsSchema1(string? mediaType) =>
        mediaType is "application/vnd.docker.distribution.manifest.v1+json"
            or "application/vnd.docker.distribution.manifest.v1+prettyjws";

    /// <summary>The config of a container image (not of some other artifact).</summary>
    public static bool IsConfig(string? mediaType) => mediaType is OciConfig or DockerConfig;

    /// <summary>A filesystem layer, whatever its compression: that is found out from its first bytes.</summary>
    public static bool IsLayer(string mediaType) =>
        mediaType.StartsWith(OciLayer, StringComparison.Ordinal)
        || mediaType.StartsWith(DockerLayerPrefix, StringComparison.Ordinal)
        || IsForeignLayer(mediaType);

    /// <summary>The type of a layer so compressed, in OCI's or Docker's spelling; Docker has none for zstd.</summary>
    public static string Layer(CompressionKind kind, bool docker) => kind switch
    {
        CompressionKind.None => docker ? DockerLayerPrefix : OciLayer,
        CompressionKind.Gzip => docker ? DockerLayerGzip : OciLayerGzip,
        _ => OciLayerZstd,
    };

    /// <summary>How a layer of this type is compressed.</summary>
    public static CompressionKind CompressionOf(string layer) =>
        layer.EndsWith("gzip", StringComparison.Ordinal) ? CompressionKind.Gzip
        : layer.EndsWith("zstd", StringComparison.Ordinal) ? CompressionKind.Zstd
        : CompressionKind.None;

    /// <summary>A layer that must be fetched from its own URLs; not supported.</summary>
    public static bool IsForeignLayer(string mediaType) =>
        mediaType == DockerForeignLayer || mediaType.StartsWith(OciNonDistributable, StringComparison.Ordinal);
}
