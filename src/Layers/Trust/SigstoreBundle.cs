using System.Text;
using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Trust;

/// <summary>
/// Signatures as cosign 3 stores them (cosign BUNDLE_SPEC.md): a bundle of sigstore's version 0.3 with a DSSE envelope
/// (secure-systems-lab/dsse, protocol.md) around an in-toto statement that names the image. What else a bundle may
/// have, such as certificates and entries of a transparency log, is not looked at: the key decides.
/// </summary>
internal static class SigstoreBundle
{
    /// <summary>The media type of the bundle, and the type of the artifact that it is the one layer of.</summary>
    public const string MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

    private const string PayloadType = "application/vnd.in-toto+json";
    private const string StatementType = "https://in-toto.io/Statement/v1";
    private const string PredicateType = "https://sigstore.dev/cosign/sign/v1";
    private const int MaxSignatures = 8;

    /// <summary>Whether a bundle's signature is what is demanded.</summary>
    /// <param name="bundle">The blob; hostile until the signature has been verified.</param>
    /// <param name="demand">What is demanded.</param>
    /// <param name="problem">Why not, to be read after "signature X ".</param>
    public static bool Counts(byte[] bundle, SignatureDemand demand, out string problem)
    {
        problem = "is a bundle without a DSSE envelope";
        using JsonDocument? document = SignatureDemand.TryParse(bundle);
        if (document is null || document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("dsseEnvelope", out JsonElement envelope)) return false;
        string? type = SignatureDemand.Text(envelope, "payloadType");
        byte[]? payload = FromBase64(SignatureDemand.Text(envelope, "payload"));
        if (type != PayloadType || payload is null)
        {
            problem = $"has a payload of type \"{type}\": expected {PayloadType}, in base64";
            return false;
        }
        return IsSigned(envelope, PreAuthenticated(payload), demand, out problem)
            && Names(payload, demand, out problem);
    }

    private static bool IsSigned(JsonElement envelope, byte[] signed, SignatureDemand demand, out string problem)
    {
        problem = "is missing";
        if (!envelope.TryGetProperty("signatures", out JsonElement signatures)
            || signatures.ValueKind != JsonValueKind.Array) return false;
        int seen = 0;
        foreach (JsonElement one in signatures.EnumerateArray())
            if (seen++ < MaxSignatures
                && demand.IsSigned(signed, SignatureDemand.Text(one, "sig"), out problem)) return true;
        return false;
    }

    // Statements of other types say other things about an image: that it was scanned, or how it was built.
    private static bool Names(byte[] payload, SignatureDemand demand, out string problem)
    {
        using JsonDocument? statement = SignatureDemand.TryParse(payload);
        JsonElement root = statement?.RootElement ?? default;
        string? type = SignatureDemand.Text(root, "_type"), predicate = SignatureDemand.Text(root, "predicateType");
        problem = $"is a statement \"{type}\" of \"{predicate}\": expected {StatementType} of {PredicateType}";
        if (type != StatementType || predicate != PredicateType) return false;
        problem = "names no image";
        if (!root.TryGetProperty("subject", out JsonElement subjects) || subjects.ValueKind != JsonValueKind.Array)
            return false;
        foreach (JsonElement subject in subjects.EnumerateArray())
            if (demand.IsOfImage("sha256:" + SignatureDemand.Text(subject, "digest", "sha256"), out problem))
                return IsOfAnyRepository(demand, out problem);
        return false;
    }

    private static bool IsOfAnyRepository(SignatureDemand demand, out string problem)
    {
        problem = demand.Repository is null ? ""
            : $"names no repository, as cosign 3 signs: expected one that names {demand.Repository}";
        return demand.Repository is null;
    }

    // What DSSE signs: "DSSEv1", and type and payload behind their lengths in bytes.
    private static byte[] PreAuthenticated(byte[] payload) =>
        [.. Encoding.ASCII.GetBytes($"DSSEv1 {PayloadType.Length} {PayloadType} {payload.Length} "), .. payload];

    private static byte[]? FromBase64(string? text)
    {
        if (text is null) return null;
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) ? bytes[..length] : null;
    }
}
