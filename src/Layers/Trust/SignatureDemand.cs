using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Trust;

/// <summary>What a signature has to say, and by whom, for an image to be trusted.</summary>
/// <param name="Keys">One of their owners has to have made it.</param>
/// <param name="Digests">The image's names: of its manifest, and of the index that it was chosen from.</param>
/// <param name="Repository">The repository (<c>docker.io/library/busybox</c>) that it has to name; null: any.</param>
internal sealed record SignatureDemand(
    IReadOnlyList<VerificationKey> Keys, IReadOnlyList<Digest> Digests, string? Repository)
{
    // RSA with 16384 bits has 2048 bytes.
    private const int MaxSignatureChars = 4096;

    private static readonly JsonDocumentOptions s_json = new() { AllowDuplicateProperties = false };

    /// <summary>Whether a signature is by one of the keys.</summary>
    /// <param name="data">What is signed.</param>
    /// <param name="signature">In base64.</param>
    /// <param name="problem">Why not, to be read after "signature X ".</param>
    public bool IsSigned(ReadOnlySpan<byte> data, string? signature, out string problem)
    {
        problem = "";
        if (string.IsNullOrEmpty(signature)) problem = "is missing";
        else if (signature.Length > MaxSignatureChars)
            problem = $"has {signature.Length} characters: expected {MaxSignatureChars} at most";
        if (problem.Length > 0) return false;
        byte[] bytes = new byte[signature!.Length];
        if (!Convert.TryFromBase64String(signature, bytes, out int length))
        {
            problem = "is not base64";
            return false;
        }
        foreach (VerificationKey key in Keys)
            if (key.Verifies(data, bytes.AsSpan(0, length))) return true;
        problem = "is by none of the keys, or what it signs was changed";
        return false;
    }

    /// <summary>Whether this digest, as a signed document gives it, is one of the image's.</summary>
    public bool IsOfImage(string? digest, out string problem)
    {
        bool isIts = Digest.TryParse(digest, out Digest parsed) && Digests.Contains(parsed);
        problem = isIts ? "" : $"is for {digest ?? "nothing"}: expected {string.Join(" or ", Digests)}";
        return isIts;
    }

    /// <summary>Reads a document whose members are there once; null when it is none.</summary>
    public static JsonDocument? TryParse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, s_json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The string at the end of a way of members; null when the document has none there.</summary>
    public static string? Text(JsonElement element, params ReadOnlySpan<string> way)
    {
        foreach (string name in way)
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Bytes that are not UTF-8, or half of a surrogate pair.
            return null;
        }
    }
}
