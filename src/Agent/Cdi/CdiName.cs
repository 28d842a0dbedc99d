namespace Skiff.Agent.Cdi;

/// <summary>Names of devices: <c>vendor.com/class=name</c> (CDI specification, "Kind" and "CDI Devices").</summary>
/// <param name="Kind">Vendor and class.</param>
/// <param name="Device">What is unique among those of a kind.</param>
internal readonly record struct CdiName(string Kind, string Device)
{
    /// <summary>Reads a complete name; anything else, such as the path of a device node, is none.</summary>
    public static bool TryParse(string text, out CdiName name)
    {
        int equals = text.IndexOf('=');
        name = equals < 0 ? default : new CdiName(text[..equals], text[(equals + 1)..]);
        return equals > 0 && IsKind(name.Kind) && IsDevice(name.Device);
    }

    /// <summary>Whether it is a vendor and a class.</summary>
    public static bool IsKind(string text)
    {
        int slash = text.IndexOf('/');
        return slash > 0 && IsWord(text.AsSpan(0, slash)) && IsWord(text.AsSpan(slash + 1));
    }

    /// <summary>Whether it is the last part of a name, which may begin with a digit and have colons.</summary>
    public static bool IsDevice(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && EndsWell(text, "_-.:");

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}={Device}";

    private static bool IsWord(ReadOnlySpan<char> text) =>
        text.Length > 0 && char.IsAsciiLetter(text[0]) && EndsWell(text, "_-.");

    private static bool EndsWell(ReadOnlySpan<char> text, string also)
    {
        foreach (char c in text)
            if (!char.IsAsciiLetterOrDigit(c) && !also.Contains(c)) return false;
        return char.IsAsciiLetterOrDigit(text[^1]);
    }
}
