using Skiff.Layers.Oci;

namespace Skiff.Layers.Tar;

/// <summary>
/// Names of tar entries as paths below the layer's root, by Docker's rules: lexically cleaned, absolute names are
/// taken as relative to the root, and a relative name that climbs above the root is refused.
/// </summary>
public static class TarPath
{
    /// <summary>PATH_MAX less its NUL: longer names could not be opened anyway.</summary>
    public const int MaxBytes = 4095;

    /// <summary>NAME_MAX: longest component.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>
    /// Writes the clean form of <paramref name="name"/>: components joined by single slashes; empty for the root
    /// itself.
    /// </summary>
    /// <exception cref="ImageException">The name leaves the root, has a NUL, or is too long or too deep.</exception>
    internal static void Clean(ReadOnlySpan<byte> name, ByteBuffer clean, IngestLimits limits)
    {
        clean.Clear();
        int depth = 0;
        if (name.Length > MaxBytes) throw Refuse(name, $"it has {name.Length} bytes, at most {MaxBytes} are taken");
        if (name.Contains((byte)0)) throw Refuse(name, "it has a NUL inside");
        bool absolute = name.StartsWith((byte)'/');
        foreach (Range range in name.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = name[range];
            if (component.IsEmpty || component.SequenceEqual("."u8)) continue;
            if (component.SequenceEqual(".."u8))
            {
                if (clean.Length == 0 && !absolute) throw Refuse(name, "it leaves the layer");
                depth = Math.Max(0, depth - 1);
                clean.Truncate(Math.Max(0, clean.Span.LastIndexOf((byte)'/')));
                continue;
            }
            if (component.Length > MaxNameBytes)
                throw Refuse(name, $"a component has {component.Length} bytes, at most {MaxNameBytes} are taken");
            if (clean.Length > 0) clean.Append((byte)'/');
            clean.Append(component);
            depth++;
        }
        if (clean.Length > limits.PathBytes)
            throw IngestLimits.Exceeded(
                "path-bytes", limits.PathBytes, $"bad name in tar \"{Show(name)}\": it has {clean.Length} bytes");
        if (depth > limits.PathDepth)
            throw IngestLimits.Exceeded(
                "path-depth", limits.PathDepth, $"bad name in tar \"{Show(name)}\": it has {depth} components");
    }

    private static ImageException Refuse(ReadOnlySpan<byte> name, string why) =>
        new($"bad name in tar \"{Show(name)}\": {why}");

    /// <summary>Bytes from an image for a message; see <see cref="ShownText"/>.</summary>
    internal static string Show(ReadOnlySpan<byte> bytes) => ShownText.Of(bytes);
}
