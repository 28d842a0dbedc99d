using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Trust;

/// <summary>
/// Signatures as cosign 1 and 2 store them (cosign SIGNATURE_SPEC.md): a blob that names the image (containers/image
/// containers-signature.5), signed as it is; the signature is an annotation of the layer that the blob is.
/// </summary>
internal static class SimpleSigning
{
    /// <summary>The media type of such a layer.</summary>
    public const string MediaType = "application/vnd.dev.cosign.simplesigning.v1+json";

    /// <summary>The type of a manifest of such layers that is stored as a referrer.</summary>
    public const string ArtifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";

    /// <summary>The annotation with the signature, in base64.</summary>
    public const string Annotation = "dev.cosignproject.cosign/signature";

    private const string PayloadType = "cosign container image signature";

    /// <summary>Whether a signature is what is demanded.</summary>
    /// <param name="payload">The blob; hostile until the signature has been verified.</param>
    /// <param name="signature">The annotation, or null.</param>
    /// <param name="demand">What is demanded.</param>
    /// <param name="problem">Why not, to be read after "signature X ".</param>
    public static bool Counts(byte[] payload, string? signature, SignatureDemand demand, out string problem)
    {
        if (!demand.IsSigned(payload, signature, out problem)) return false;
        using JsonDocument? document = SignatureDemand.TryParse(payload);
        if (document is null)
        {
            problem = "is of what is not JSON";
            return false;
        }
        JsonElement root = document.RootElement;
        string? type = SignatureDemand.Text(root, "critical", "type");
        if (type != PayloadType)
        {
            problem = $"is a \"{type}\": expected \"{PayloadType}\"";
            return false;
        }
        return demand.IsOfImage(SignatureDemand.Text(root, "critical", "image", "docker-manifest-digest"), out problem)
            && IsOfRepository(
                SignatureDemand.Text(root, "critical", "identity", "docker-reference"), demand.Repository, out problem);
    }

    // cosign writes index.docker.io/library/busybox, and other tools a tag, too.
    private static bool IsOfRepository(string? signed, string? repository, out string problem)
    {
        problem = "";
        if (repository is null) return true;
        if (Reference.TryParse(signed ?? "", out Reference? reference, out _) && reference.Name == repository)
            return true;
        problem = $"is for {(string.IsNullOrEmpty(signed) ? "no repository" : signed)}: expected {repository}";
        return false;
    }
}
