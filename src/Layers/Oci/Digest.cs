using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>
/// A digest as image-spec descriptor.md has it. What is stored is named by <c>sha256</c>, the one algorithm that
/// registries and images use, and so are DiffIds, which name an uncompressed layer tar. A <see cref="Reference"/> may
/// also name a manifest by <c>sha512</c>.
/// </summary>
[JsonConverter(typeof(DigestConverter))]
public readonly record struct Digest
{
    private const string Sha256 = "sha256:", Sha512 = "sha512:";

    private Digest(string hex) => Hex = hex;

    /// <summary>64 lower-case hexadecimal digits, or 128 for sha512.</summary>
    public string Hex { get; }

    /// <summary>From a finished SHA-256, 32 bytes.</summary>
    public static Digest FromBytes(ReadOnlySpan<byte> sha256) => new(Convert.ToHexStringLower(sha256));

    /// <summary>Parses <c>sha256:</c> and 64 lower-case hexadecimal digits; anything else is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest) =>
        TryParse(text, Sha256, 64, out digest);

    /// <summary>As <see cref="TryParse(string, out Digest)"/>, and <c>sha512:</c> with 128 digits too.</summary>
    public static bool TryParseAny([NotNullWhen(true)] string? text, out Digest digest) =>
        TryParse(text, out digest) || TryParse(text, Sha512, 128, out digest);

    /// <summary>Parses as <see cref="TryParse(string, out Digest)"/> or throws <see cref="ImageException"/>.</summary>
    public static Digest Parse(string? text) =>
        TryParse(text, out Digest digest)
            ? digest
            : throw new ImageException($"bad digest \"{text}\": expected sha256: and 64 hexadecimal digits");

    /// <summary>True for the value that no digest has (a missing JSON member, <c>default</c>).</summary>
    public bool IsEmpty => Hex is null;

    /// <summary>The first 12 digits, as people are shown ids.</summary>
    public string Short => Hex[..12];

    /// <summary>The digest of <paramref name="bytes"/> by the same algorithm as this one.</summary>
    public Digest OfSameKind(ReadOnlySpan<byte> bytes) => IsSha512
        ? new Digest(Convert.ToHexStringLower(SHA512.HashData(bytes)))
        : FromBytes(SHA256.HashData(bytes));

    /// <summary><c>sha256:…</c>.</summary>
    public override string ToString() => (IsSha512 ? Sha512 : Sha256) + Hex;

    private bool IsSha512 => Hex?.Length == 128;

    private static bool TryParse(string? text, string prefix, int digits, out Digest digest)
    {
        digest = default;
        if (text?.Length != prefix.Length + digits || !text.StartsWith(prefix, StringComparison.Ordinal)) return false;
        string hex = text[prefix.Length..];
        if (hex.AsSpan().IndexOfAnyExcept("0123456789abcdef") >= 0) return false;
        digest = new Digest(hex);
        return true;
    }
}
