using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>What an image runs on (image-spec image-index.md, "platform"), with Go's names:
/// <c>linux/arm64/v8</c>.</summary>
public sealed record Platform
{
    /// <summary><c>linux</c>.</summary>
    [JsonPropertyName("os")] public string Os { get => field ?? ""; init; } = "";

    /// <summary>GOARCH: <c>amd64</c>, <c>arm64</c>, <c>arm</c>, …</summary>
    [JsonPropertyName("architecture")] public string Architecture { get => field ?? ""; init; } = "";

    /// <summary><c>v7</c> and the like, or null.</summary>
    [JsonPropertyName("variant")] public string? Variant { get; init; }

    /// <summary>Only used by Windows images.</summary>
    [JsonPropertyName("os.version")] public string? OsVersion { get; init; }

    /// <summary>The machine that this process was built for.</summary>
    public static Platform Host { get; } = Normalise("linux", RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    }, null);

    /// <summary>Parses <c>os/arch[/variant]</c>, <c>arch</c> alone, and the other names that architectures go
    /// by.</summary>
    /// <exception cref="ImageException">Not of that form.</exception>
    public static Platform Parse(string text)
    {
        string[] parts = text.Split('/');
        foreach (string part in parts)
            if (part.Length == 0 || part.AsSpan().ContainsAnyExcept(Allowed))
                throw Bad(text);
        return parts.Length switch
        {
            1 when parts[0] is "linux" => Host,
            1 => Normalise("linux", parts[0], null),
            2 => Normalise(parts[0], parts[1], null),
            3 => Normalise(parts[0], parts[1], parts[2]),
            _ => throw Bad(text),
        };
    }

    /// <summary>
    /// How well an image for <paramref name="offered"/> suits this platform: 0 not at all, larger is better. An arm v7
    /// machine also runs v6 and v5, best first; amd64 v3 runs v2 and v1; arm64 without variant is v8.
    /// </summary>
    public int Suits(Platform offered)
    {
        Platform want = Normalise(Os, Architecture, Variant);
        Platform have = Normalise(offered.Os, offered.Architecture, offered.Variant);
        if (want.Os != have.Os || want.Architecture != have.Architecture) return 0;
        if (want.Variant == have.Variant) return 100;
        int wanted = Level(want), had = Level(have);
        return wanted < 0 || had < 0 || had > wanted ? 0 : 1 + had;
    }

    /// <summary><c>os/arch[/variant]</c>.</summary>
    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private const string Allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    private static ImageException Bad(string text) =>
        new($"bad platform \"{text}\": expected os/architecture[/variant]", ImageErrorKind.Invalid);

    private static Platform Normalise(string os, string architecture, string? variant)
    {
        (architecture, variant) = (architecture.ToLowerInvariant(), variant?.ToLowerInvariant()) switch
        {
            ("x86_64" or "x86-64" or "amd64", "v1" or "" or null) => ("amd64", null),
            ("x86_64" or "x86-64", var v) => ("amd64", v),
            ("i386" or "i686" or "x86", _) => ("386", null),
            ("aarch64" or "arm64", "8" or "v8" or "" or null) => ("arm64", null),
            ("aarch64", var v) => ("arm64", v),
            ("armhf", _) => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", "" or null or "7") => ("arm", "v7"),
            ("arm", "5" or "6" or "8") => ("arm", "v" + variant),
            (var a, "") => (a, null),
            var same => same,
        };
        return new Platform { Os = os.ToLowerInvariant(), Architecture = architecture, Variant = variant };
    }

    // Variants are ordered within an architecture: v<number>, none being the lowest of its kind.
    private static int Level(Platform platform) => platform.Variant switch
    {
        null => platform.Architecture == "arm64" ? 8 : 1,
        ['v', var digit and >= '1' and <= '9'] => digit - '0',
        _ => -1,
    };
}
