using System.Buffers;
using System.Globalization;
using System.Text;

namespace Skiff.Layers.Oci;

/// <summary>
/// Names and values that came from an image or a registry, for messages. What could make a terminal or a log show
/// something else (control characters, changes of writing direction, bytes that are no UTF-8) is escaped.
/// </summary>
internal static class ShownText
{
    private const int MaxBytes = 200, MaxLine = 1000;

    /// <summary>The bytes as text for between quotes, cut to a readable length; NULs at the end are left out.</summary>
    internal static string Of(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.TrimEnd((byte)0);
        var text = new StringBuilder();
        ReadOnlySpan<byte> rest = bytes[..Math.Min(bytes.Length, MaxBytes)];
        while (!rest.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(rest, out Rune rune, out int length);
            if (status == OperationStatus.Done) Append(text, rune);
            else foreach (byte b in rest[..length]) text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
            rest = rest[length..];
        }
        return text.Append(bytes.Length > MaxBytes ? "..." : "").ToString();
    }

    /// <summary>A whole message: quotes stay as they are, and what is escaped already.</summary>
    internal static string Line(string message)
    {
        var text = new StringBuilder();
        foreach (Rune rune in message.EnumerateRunes())
        {
            if (text.Length > MaxLine) return text.Append("...").ToString();
            if (IsShown(Rune.GetUnicodeCategory(rune))) text.Append(rune.ToString());
            else Append(text, rune);
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, Rune rune)
    {
        if (rune.Value is '"' or '\\') text.Append('\\').Append((char)rune.Value);
        else if (rune.Value == '\n') text.Append("\\n");
        else if (IsShown(Rune.GetUnicodeCategory(rune))) text.Append(rune.ToString());
        else text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
    }

    private static bool IsShown(UnicodeCategory category) => category is not (UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
