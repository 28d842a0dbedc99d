using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>
/// A digest as image-spec descriptor.md has it; only <c>sha256</c> is supported, the one algorithm in use. Also used
/// for DiffIds, which name an uncompressed layer tar.
/// </summary>
[JsonConverter(typeof(DigestConverter))]
public readonly record struct Digest
{
    private const string Prefix = "sha256:";

    private Digest(string hex) => Hex = hex;

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Hex { get; }

    /// <summary>From a finished SHA-256, 32 bytes.</summary>
    public static Digest FromBytes(ReadOnlySpan<byte> sha256) => new(Convert.ToHexStringLower(sha256));

    /// <summary>Parses <c>sha256:</c> and 64 lower-case hexadecimal digits; anything else is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text?.Length != Prefix.Length + 64 || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        string hex = text[Prefix.Length..];
        if (hex.AsSpan().IndexOfAnyExcept("0123456789abcdef") >= 0) return false;
        digest = new Digest(hex);
        return true;
    }

    /// <summary>Parses as <see cref="TryParse"/> or throws <see cref="ImageException"/>.</summary>
    public static Digest Parse(string? text) =>
        TryParse(text, out Digest digest)
            ? digest
            : throw new ImageException($"bad digest \"{text}\": expected sha256: and 64 hexadecimal digits");

    /// <summary>True for the value that no digest has (a missing JSON member, <c>default</c>).</summary>
    public bool IsEmpty => Hex is null;

    /// <summary>The first 12 digits, as people are shown ids.</summary>
    public string Short => Hex[..12];

    /// <summary><c>sha256:…</c>.</summary>
    public override string ToString() => Prefix + Hex;
}
