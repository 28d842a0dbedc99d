using System.Globalization;

namespace Skiff.Interop.Cgroups;

/// <summary>
/// The "flat keyed" files of cgroup v2: one <c>KEY VALUE</c> per line (<c>cgroup.events</c>, <c>cpu.stat</c>).
/// </summary>
internal static class FlatKeyed
{
    /// <summary>The value of <paramref name="key"/>, or null when the file has no such line.</summary>
    internal static long? Find(ReadOnlySpan<char> text, ReadOnlySpan<char> key)
    {
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key, StringComparison.Ordinal))
                return Number(line[(key.Length + 1)..]);
        return null;
    }

    /// <summary>One number; <c>max</c> reads as <see cref="long.MaxValue"/>.</summary>
    internal static long Number(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> trimmed = text.Trim();
        if (trimmed.SequenceEqual("max")) return long.MaxValue;
        return long.TryParse(trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new FormatException($"cgroup value \"{trimmed}\" is no number");
    }
}
